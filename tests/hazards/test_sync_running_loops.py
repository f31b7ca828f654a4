"""The synchronous client where an event loop runs: it works, and says what it costs."""

from __future__ import annotations

import os

import pytest

from tests.hazards.scripts import each_ran
from threekit_async.emulator import EmulatorThread

pytestmark = pytest.mark.skipif(os.name == "nt", reason="the scripts are forked")

WARNED = """import asyncio
warnings.simplefilter("default", BlockingCallWarning)

async def view():
    for _ in range(3):
        assert tk.layers.list().first().items == []
        tk.layers.list().all()

asyncio.run(view())
asyncio.run(view())
tk.close()
print("works")
"""
RAISED = """import asyncio

async def view():
    for call in (
        lambda: tk.layers.list().first(),
        lambda: list(tk.layers.list()),
        lambda: tk.files.upload(b"a", filename="a.bin"),
    ):
        try:
            call()
        except BlockingCallWarning as warning:
            print("asyncio.to_thread" in str(warning))

asyncio.run(view())
print(tk.stats.requests, threads())
"""
INTERACTIVE = """import asyncio
sys.ps1 = ">>> "

async def cell():
    assert len(list(tk.layers.list())) == 0
    return tk.layers.list().first().items

print(asyncio.run(cell()))
tk.close()
"""
ELSEWHERE = """import asyncio

async def view():
    await asyncio.to_thread(lambda: list(tk.layers.list()))
    loop = asyncio.get_running_loop()
    return await loop.run_in_executor(None, lambda: tk.layers.list().all())

print(asyncio.run(view()))
tk.close()
"""
CLOSED_IN_IT = """import asyncio
tk.layers.list().first()

async def view():
    with tk:
        pass

asyncio.run(view())
print(left())
"""
INTERLEAVED = """import asyncio
from contextlib import closing
warnings.simplefilter("ignore", BlockingCallWarning)

async def view():
    async with AsyncThreekit(
        token=os.environ["TOKEN"], org_id=os.environ["ORG_ID"], host=os.environ["HOST"]
    ) as other:
        async for _ in other.layers.list():
            with closing(tk.layers.list().pages()) as pages:
                next(pages)
        return len(tk.layers.list().all()), len(await other.layers.list().all())

print(asyncio.run(view()))
tk.close()
"""


def test_a_call_in_a_coroutine_works_and_warns_once_for_each_line(server: EmulatorThread) -> None:
    status, out, err = each_ran(server, {"it": WARNED})["it"]
    assert (status, out) == (0, "works\n")
    first, second = err.splitlines()
    assert first.startswith("<string>:6: BlockingCallWarning: Pager.first")
    assert second.startswith("<string>:7: BlockingCallWarning: Pager.all")
    for line in (first, second):
        assert "`await`" in line
        assert "AsyncThreekit" in line
        assert "`await asyncio.to_thread(...)`" in line


def test_it_is_raised_before_anything_is_sent_where_warnings_are_errors(
    server: EmulatorThread,
) -> None:
    out = "True\nTrue\nTrue\n0 []\n"
    assert each_ran(server, {"it": RAISED}) == {"it": (0, out, "")}
    assert server.requests == ()


def test_nothing_is_said_where_nobody_waits(server: EmulatorThread) -> None:
    scripts = {
        "an interactive session": INTERACTIVE,
        "a thread beside the loop": ELSEWHERE,
        "closing": CLOSED_IN_IT,
    }
    assert each_ran(server, scripts) == {
        "an interactive session": (0, "[]\n", ""),
        "a thread beside the loop": (0, "[]\n", ""),
        "closing": (0, "[]\n", ""),
    }


def test_both_clients_may_be_used_in_turns(server: EmulatorThread) -> None:
    server.fill(layers=20)
    assert each_ran(server, {"it": INTERLEAVED}) == {"it": (0, "(20, 20)\n", "")}
