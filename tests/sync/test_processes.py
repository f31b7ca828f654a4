"""Whole processes: interruption, fork, and exit with things left open."""

from __future__ import annotations

import os
import signal
import subprocess
import sys

import pytest

from threekit_async.emulator import EmulatorThread

pytestmark = pytest.mark.skipif(os.name == "nt", reason="signals and fork are those of POSIX")

BEGIN = """
import os, signal, sys
signal.signal(signal.SIGINT, signal.default_int_handler)  # a background job inherits "ignore"
from threekit_async import Threekit, UnprocessableError, UsageError
tk = Threekit(token=os.environ["TOKEN"], org_id=os.environ["ORG_ID"], host=os.environ["HOST"])
"""
SECONDS = 20


@pytest.fixture
def filled(server: EmulatorThread) -> EmulatorThread:
    server.fill(layers=950, file_bytes=100)
    return server


def started(server: EmulatorThread, script: str) -> subprocess.Popen[str]:
    environment = {
        **os.environ,
        "TOKEN": server.private_token,
        "ORG_ID": server.org_id,
        "HOST": server.url,
    }
    return subprocess.Popen(  # our own interpreter and script
        # The forgotten client is told of, once; any other warning ends the process.
        [sys.executable, "-W", "error", "-W", "always::ResourceWarning", "-c", BEGIN + script],
        env=environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def ended(process: subprocess.Popen[str], seconds: float = SECONDS) -> tuple[int, str, str]:
    try:
        out, err = process.communicate(timeout=seconds)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)  # its children, too
        process.communicate()
        pytest.fail("the process hangs")
    return process.returncode, out, err


def ran(server: EmulatorThread, script: str) -> tuple[int, str, str]:
    return ended(started(server, script))


FORGOTTEN = (
    "<string>:5: ResourceWarning: A synchronous client was forgotten: it was made at <string>:5 "
    "and is closed only now. Use `with Threekit(...) as tk:`, or call close().\n"
)


@pytest.mark.parametrize(
    "script",
    [
        "tk.layers.list().first()",
        "walk = iter(tk.layers.list()); next(walk)",
        "pages = tk.layers.list(per_page=5).pages(); next(pages)",
        "walk = iter(tk.layers.list()); next(walk); del tk",
        "twin = tk.with_options(deadline=5); twin.layers.list().first(); del tk",
        "import builtins; builtins.kept = tk; tk.layers.list().first()",
        (
            "import tempfile\n"
            "folder = tempfile.TemporaryDirectory()\n"
            "results = tk.layers.iter_downloads(tk.layers.list(), to=folder.name, name='{id}')\n"
            "next(results)\n"
            "results.close()\n"
            "folder.cleanup()"
        ),
    ],
)
def test_a_process_ends_with_one_warning_whatever_it_left_open(
    filled: EmulatorThread, script: str
) -> None:
    assert ran(filled, script) == (0, "", FORGOTTEN)


@pytest.mark.parametrize(
    "script",
    [
        "",
        "tk.layers.list().first(); tk.close()",
        "walk = iter(tk.layers.list()); next(walk); tk.close()",
        "with tk: tk.layers.list().first()",
    ],
)
def test_a_process_ends_quietly_with_a_client_that_is_unused_or_closed(
    filled: EmulatorThread, script: str
) -> None:
    assert ran(filled, script) == (0, "", "")


def test_a_process_ends_as_it_means_to_even_where_warnings_are_errors(
    filled: EmulatorThread,
) -> None:
    script = "import warnings; warnings.simplefilter('error'); tk.layers.list().first()"
    code, out, err = ran(filled, script)
    assert (code, out) == (0, "")
    assert FORGOTTEN.partition(": ")[2] in err
    assert not running(filled)


def test_an_error_of_the_script_comes_out_with_everything_open(filled: EmulatorThread) -> None:
    code, _, err = ran(filled, "tk.layers.list().first(); sys.exit(3)")
    assert (code, err) == (3, FORGOTTEN)


def test_a_forked_child_is_told_to_make_its_own_client(filled: EmulatorThread) -> None:
    script = """
tk.layers.list().first()
child = os.fork()
if not child:
    try:
        tk.layers.list().first()
    except UsageError as error:
        os._exit(7 if "before the process forked" in str(error) else 8)
    os._exit(9)
_, status = os.waitpid(child, 0)
print(os.waitstatus_to_exitcode(status), len(tk.layers.list().all()))
tk.close()
"""
    assert ran(filled, script) == (0, "7 950\n", "")


def test_a_forked_child_can_use_a_client_of_its_own_and_exits_as_usual(
    filled: EmulatorThread,
) -> None:
    script = """
tk.layers.list().first()
child = os.fork()
if not child:
    with Threekit(token=os.environ["TOKEN"], host=os.environ["HOST"]) as own:
        sys.exit(len(own.layers.list().first().items))
_, status = os.waitpid(child, 0)
print(os.waitstatus_to_exitcode(status))
"""
    code, out, _ = ended(started(filled, script), seconds=8)
    assert (code, out) == (0, "100\n")


def test_a_client_not_yet_used_can_be_used_in_a_forked_child(filled: EmulatorThread) -> None:
    script = """
child = os.fork()
if not child:
    os._exit(len(tk.layers.list().first().items))
_, status = os.waitpid(child, 0)
print(os.waitstatus_to_exitcode(status), len(tk.layers.list().first().items))
tk.close()
"""
    assert ran(filled, script) == (0, "100 100\n", "")


def running(server: EmulatorThread) -> int:
    """How many requests are being answered now."""
    return server.call(lambda emulator: emulator.state.journal._running)


@pytest.mark.parametrize(
    "work",
    [
        "tk.layers.list().first()",
        "tk.layers.list().all()",
        "list(tk.layers.list())",
        "tk.layers.download_all(tk.layers.list(), to=folder)",
    ],
)
def test_an_interruption_ends_the_call_and_the_client_goes_on(
    filled: EmulatorThread, work: str
) -> None:
    script = f"""
import shutil, tempfile
folder = tempfile.mkdtemp()
assert len(tk.layers.list().first().items) == 100
print("ready", flush=True)
sys.stdin.readline()
try:
    {work}
except KeyboardInterrupt:
    print("interrupted", tk, flush=True)
try:
    tk.layers.get("not-an-id")
except UnprocessableError:
    print("goes on", flush=True)
tk.close()
assert os.listdir(folder) in ([], ["threekit-manifest.jsonl"])
shutil.rmtree(folder)
"""
    process = started(filled, script)
    assert process.stdin is not None
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    filled.faults.add(effect="delay", seconds=1, path="^/api/layers$")
    process.stdin.write("\n")
    process.stdin.flush()
    while not running(filled):
        assert process.poll() is None
    process.send_signal(signal.SIGINT)
    code, out, err = ended(process)
    assert (code, err) == (0, "")
    assert out.startswith("interrupted <Threekit ")
    assert "<Gate 0 of 32 in flight>" in out
    assert out.endswith("goes on\n")
    while running(filled):
        pass
