"""One client, one loop, one process: what is said otherwise, and what is left behind.

Loops are the asynchronous client's affair: `Threekit` has one of its own, in a thread of its own,
and tests of that stand in `tests/sync/`.
"""

from __future__ import annotations

import asyncio
import gc
import os
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
import trustme

from tests.conftest import AT_ONCE, Connect
from tests.hazards.test_networks import secured, server_context
from tests.session.attempts import answer, answering_with, call_to, talking
from threekit_async import AsyncThreekit, UsageError
from threekit_async.emulator import EmulatorThread
from threekit_async.network import Network
from threekit_async.session.transport import Transport

LAYER = "11111111-1111-4111-8111-111111111111"
SECONDS = 20

# With its checks on, asyncio also tells of steps that take long, which is the machine's doing.
BEGIN = """
import asyncio, gc, logging, os, signal, sys, threading
signal.alarm(15)
logging.getLogger("asyncio").addFilter(lambda told: not told.msg.startswith("Executing"))
from threekit_async import AsyncThreekit, UsageError
from threekit_async.session.transport import Transport
from tests.session.attempts import answer, answering_with, call_to, talking
settings = {name: os.environ[name.upper()] for name in ("token", "org_id", "host")}
"""


def client(server: EmulatorThread) -> AsyncThreekit:
    return AsyncThreekit(
        token=server.private_token, org_id=server.org_id, host=server.url, retry=AT_ONCE
    )


def ran(server: EmulatorThread, script: str, *options: str) -> tuple[int, str, str]:
    """Run a program of its own, with all of Python's checks on."""
    environment = {
        **os.environ,
        "TOKEN": server.private_token,
        "ORG_ID": server.org_id,
        "HOST": server.url,
    }
    done = subprocess.run(
        [sys.executable, "-X", "dev", *(options or ("-W", "always")), "-c", BEGIN + script],
        env=environment,
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )
    return done.returncode, done.stdout, done.stderr


def test_a_client_of_another_loop_says_so(server: EmulatorThread) -> None:
    tk = client(server)
    with asyncio.Runner() as first:
        first.run(tk.layers.list().all())
        with pytest.raises(
            UsageError, match=r"first used in another event loop.*Make a client in each loop.*"
        ):
            asyncio.run(tk.layers.list().all())
        assert first.run(tk.layers.list().all()) == []
        first.run(tk.aclose())
    assert len(server.journal()) == 2


def test_a_client_of_a_loop_that_has_ended_says_so(server: EmulatorThread) -> None:
    tk = client(server)
    asyncio.run(tk.layers.list().all())
    with pytest.raises(UsageError, match="first used in another event loop"):
        asyncio.run(tk.layers.list().all())
    asyncio.run(tk.aclose())  # in a loop that is not its own, as most do


async def test_a_client_that_was_closed_says_so(connect: Connect, server: EmulatorThread) -> None:
    tk = connect(server)
    await tk.layers.list().all()
    await tk.aclose()
    with pytest.raises(UsageError, match=r"client is closed\. Make a new one; nothing was sent"):
        await tk.layers.list().all()
    assert len(server.journal()) == 1


@pytest.mark.skipif(not hasattr(os, "fork"), reason="fork is of POSIX")
def test_a_client_that_was_forked_says_so_and_goes_on_in_its_own_process(
    server: EmulatorThread,
) -> None:
    script = """
async def main():
    tk = AsyncThreekit(**settings)
    await asyncio.gather(*(tk.layers.list().all() for _ in range(5)))
    pid = os.fork()
    if pid == 0:
        signal.alarm(10)
        try:
            asyncio.run(tk.layers.list().all())
        except UsageError as error:
            print(error, flush=True)
        asyncio.run(tk.aclose())
        del tk
        gc.collect()
        os._exit(0)
    await asyncio.to_thread(os.waitpid, pid, 0)
    await asyncio.gather(*(tk.layers.list().all() for _ in range(5)))
    await tk.aclose()
    print("the parent went on", os.getpid())
asyncio.run(main())
"""
    status, out, err = ran(server, script)
    said, went_on = out.splitlines()
    pid = went_on.removeprefix("the parent went on ")
    assert said == (
        f"This client was first used in the process {pid}, and a forked process must not share "
        "its connections. Make a client in each process; nothing was sent."
    )
    assert status == 0
    assert "Unclosed" not in err
    assert len(server.journal()) == 10


@pytest.mark.skipif(not hasattr(os, "fork"), reason="fork is of POSIX")
def test_a_child_that_forgets_the_client_leaves_the_parents_connections_alone(
    server: EmulatorThread,
) -> None:
    script = """
line = Transport(user_agent="tests")
call = call_to(settings["host"])
loop = asyncio.new_event_loop()
loop.run_until_complete(line.exchange(call))
pid = os.fork()
if pid == 0:
    print("anything of the child's own?", line.abandon(), flush=True)
    del line
    gc.collect()
    os._exit(0)
os.waitpid(pid, 0)
for _ in range(3):
    loop.run_until_complete(asyncio.wait_for(line.exchange(call), 5))
loop.run_until_complete(line.aclose())
loop.close()
print("the parent went on")
"""
    status, out, err = ran(server, script)
    assert (status, out) == (0, "anything of the child's own? False\nthe parent went on\n")
    assert "Unclosed" not in err
    # The same connection all the time: the child has not hung up.
    assert len({entry.path for entry in server.journal()}) == 1


FORGOTTEN = {
    "inside its loop": """
async def main():
    line = Transport(user_agent="tests", made_at="shop.py:7")
    await line.exchange(call_to(settings["host"]))
    del line
    gc.collect()
    await asyncio.sleep(0)
asyncio.run(main())
""",
    "in a cycle": """
async def main():
    line = Transport(user_agent="tests", made_at="shop.py:7")
    await line.exchange(call_to(settings["host"]))
    line.itself = line
    del line
    gc.collect()
asyncio.run(main())
""",
    "after its loop has ended": """
line = Transport(user_agent="tests", made_at="shop.py:7")
asyncio.run(line.exchange(call_to(settings["host"])))
del line
gc.collect()
""",
    "while its loop rests": """
line = Transport(user_agent="tests", made_at="shop.py:7")
loop = asyncio.new_event_loop()
loop.run_until_complete(line.exchange(call_to(settings["host"])))
del line
gc.collect()
loop.run_until_complete(asyncio.sleep(0))
loop.close()
""",
    "in another thread": """
line = Transport(user_agent="tests", made_at="shop.py:7")
loop = asyncio.new_event_loop()
thread = threading.Thread(target=loop.run_forever)
thread.start()
asyncio.run_coroutine_threadsafe(line.exchange(call_to(settings["host"])), loop).result(5)
del line
gc.collect()
loop.call_soon_threadsafe(lambda: loop.call_soon(loop.stop))
thread.join()
loop.close()
""",
    "at the exit": """
line = Transport(user_agent="tests", made_at="shop.py:7")
asyncio.run(line.exchange(call_to(settings["host"])))
""",
    "at the exit, inside its loop": """
async def main():
    global line
    line = Transport(user_agent="tests", made_at="shop.py:7")
    await line.exchange(call_to(settings["host"]))
    sys.exit(0)
asyncio.run(main())
""",
}


@pytest.mark.parametrize("script", FORGOTTEN.values(), ids=FORGOTTEN.keys())
def test_forgotten_connections_are_warned_of_once_and_by_nobody_else(
    server: EmulatorThread, script: str
) -> None:
    status, _, err = ran(server, script)
    assert status == 0
    warned = [line for line in err.splitlines() if "Warning" in line or "nclosed" in line]
    assert len(warned) == 1, err
    assert "ResourceWarning: A client was forgotten: it was made at shop.py:7" in warned[0]
    assert "Traceback" not in err


@pytest.mark.parametrize(
    "script",
    [pytest.param(script, id=name) for name, script in FORGOTTEN.items() if name != "at the exit"],
)
def test_connections_that_are_abandoned_go_without_a_word(
    server: EmulatorThread, script: str
) -> None:
    script = script.replace(', made_at="shop.py:7"', "")
    script = script.replace("    sys.exit(0)", "    line.abandon()\n    sys.exit(0)")
    script = script.replace("del line\n", "assert line.abandon(); assert not line.abandon()\n")
    assert ran(server, script, "-W", "error") == (0, "", "")


def test_nothing_is_warned_of_when_nothing_was_opened(server: EmulatorThread) -> None:
    script = 'line = Transport(user_agent="tests", made_at="shop.py:7")\ndel line\ngc.collect()\n'
    assert ran(server, script, "-W", "error") == (0, "", "")


def test_a_forgotten_connection_is_closed_for_the_server_too() -> None:
    """Seen from the other side, also where no loop is left to close it."""
    left = threading.Event()

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(answer())
        await reader.read()
        left.set()

    async def served() -> None:
        async with talking(talk) as url:
            line = Transport(user_agent="tests")
            await asyncio.to_thread(asyncio.run, line.exchange(call_to(url)))
            assert line.abandon()
            await asyncio.to_thread(left.wait, 5)

    asyncio.run(served())
    assert left.is_set()


@pytest.mark.parametrize("ended", [True, False])
def test_connections_with_tls_are_abandoned_without_a_word(
    tmp_path: Path,
    ended: bool,
) -> None:
    authority = trustme.CA()
    ca_file = tmp_path / "ca.pem"
    authority.cert_pem.write_to_path(ca_file)

    def used(url: str) -> None:
        line = Transport(user_agent="tests", network=Network(ca_file=ca_file))
        loop = asyncio.new_event_loop()
        loop.run_until_complete(line.exchange(call_to(url)))
        if ended:
            loop.close()
        assert line.abandon()
        del line
        gc.collect()
        if not ended:
            loop.run_until_complete(asyncio.sleep(0))
            loop.close()

    async def served() -> None:
        async with secured(server_context(authority)) as server:
            await asyncio.to_thread(used, server.url)

    asyncio.run(served())
    gc.collect()


def test_closing_in_another_loop_closes_what_the_first_left(server: EmulatorThread) -> None:
    line = Transport(user_agent="tests")
    asyncio.run(line.exchange(call_to(server.url)))
    asyncio.run(line.aclose())
    gc.collect()
    assert repr(line) == "<Transport closed>"
    assert line.abandon() is False


def test_the_exit_waits_for_nothing(server: EmulatorThread) -> None:
    script = """
async def main():
    line = Transport(user_agent="tests", made_at="shop.py:7")
    await asyncio.gather(*(line.exchange(call_to(settings["host"])) for _ in range(20)))
    asyncio.get_running_loop().create_task(line.exchange(call_to(settings["host"])))
    await asyncio.sleep(0)
asyncio.run(main())
print("done", flush=True)
"""
    began = time.monotonic()
    status, out, _ = ran(server, script)
    assert (status, out) == (0, "done\n")
    assert time.monotonic() - began < SECONDS / 2


def test_an_open_answer_is_read_to_its_end_when_its_client_is_dropped() -> None:
    async def main() -> None:
        async with talking(answering_with(answer(b"x" * 1_000_000))) as url:
            line = Transport(user_agent="tests")
            with await line.exchange(call_to(url, buffered=False)) as reply:
                assert reply.open_body is not None
                del line
                gc.collect()
                read = b"".join([piece async for piece in reply.open_body.chunks()])
                assert len(read) == 1_000_000

    asyncio.run(main())
