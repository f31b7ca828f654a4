"""Scripts in processes of their own, with a client of the emulator: what they print, how they end.

What is waited for too long ends the script, with the stacks of its threads on standard error.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import NamedTuple

import pytest
from aiohttp import web

from threekit_async.emulator import Emulator, EmulatorThread

__all__ = (
    "BEGIN",
    "FORGOTTEN",
    "Ended",
    "answering",
    "connected",
    "each_ran",
    "ended",
    "go_on",
    "is_calm",
    "is_left",
    "ran",
    "said",
    "started",
)

BEGIN = """
import faulthandler, gc, os, signal, sys, threading, time, warnings
faulthandler.dump_traceback_later(20, exit=True)
signal.signal(signal.SIGINT, signal.default_int_handler)  # a background job inherits "ignore"
from threekit_async import *

def client(**settings):
    settings = {"host": os.environ["HOST"], "org_id": os.environ["ORG_ID"], **settings}
    return Threekit(token=os.environ["TOKEN"], **settings)

def threads(begin="threekit"):
    return [one.name for one in threading.enumerate() if one.name.startswith(begin)]

def seconds_to_end(seconds=4):
    faulthandler.dump_traceback_later(seconds, exit=True)

def left():
    # The threads beside the main one; those that were told to end do so a moment later.
    until = time.monotonic() + 10
    while (found := threads("")) != ["MainThread"] and time.monotonic() < until:
        time.sleep(0.001)
    return [one for one in found if one != "MainThread"]

def fork(seconds=10):
    # The thread that watches does not come along: the end of the child would wait for it.
    faulthandler.cancel_dump_traceback_later()
    signal.alarm(seconds)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # there are threads
        process = os.fork()
    if not process:
        signal.alarm(seconds // 2)
    return process

def status(process):
    return os.waitstatus_to_exitcode(os.waitpid(process, 0)[1])

tk = client()
"""

FORGOTTEN = (
    "<string>:9: ResourceWarning: A synchronous client was forgotten: it was made at <string>:9 "
    "and is closed only now. Use `with Threekit(...) as tk:`, or call close(); what its "
    "with_options() returns closes nothing.\n"
)
"""What a script says whose client was used and never closed."""

_EACH = """
import json, tempfile

def caught(file):
    with file:
        file.seek(0)
        return file.read()

ended = {}
for name, script in json.loads(sys.stdin.readline()).items():
    files = [tempfile.TemporaryFile("w+") for _ in range(2)]
    process = fork(40)
    if not process:
        for number, file in enumerate(files, 1):
            os.dup2(file.fileno(), number)
            file.close()
        seconds_to_end()
        tk = client()
        exec(compile(script, "<string>", "exec"))
        break
    ended[name] = [status(process), *map(caught, files)]
else:
    print(json.dumps(ended))
"""
_SECONDS = 100
_SECONDS_TO_HEAR = 10


class Ended(NamedTuple):
    """How a process ended."""

    status: int
    out: str
    err: str


def started(
    server: EmulatorThread, script: str, *, program: Path | None = None, folder: Path | None = None
) -> subprocess.Popen[str]:
    """Start a script behind `BEGIN`; warnings are errors, but for that of a forgotten client.

    :param program: the file the script is written to, without `BEGIN`, and run from.
    :param folder: where it runs.
    """
    what = ["-c", BEGIN + script]
    if program is not None:
        program.write_text(script, encoding="utf-8")
        what = [str(program)]
    return subprocess.Popen(
        [sys.executable, "-W", "error", "-W", "always::ResourceWarning", *what],
        env={
            **os.environ,
            "TOKEN": server.private_token,
            "ORG_ID": server.org_id,
            "HOST": server.url,
        },
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=folder,
        start_new_session=True,
    )


def ended(process: subprocess.Popen[str]) -> Ended:
    """Wait for the end of a process and its children."""
    try:
        out, err = process.communicate(timeout=_SECONDS)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        out, err = process.communicate()
        pytest.fail(f"the process hangs; it said {out!r}, {err!r}")
    return Ended(process.returncode, out, err)


def ran(
    server: EmulatorThread, script: str, *, program: Path | None = None, folder: Path | None = None
) -> Ended:
    """Run a script to its end; see `started`."""
    return ended(started(server, script, program=program, folder=folder))


def each_ran(
    server: EmulatorThread, scripts: Mapping[str, str], *, folder: Path | None = None
) -> dict[str, Ended]:
    """Run each script to its end, by name, in a process of its own that is forked before it.

    That spares each the import. A script has four seconds, less than any wait gives up after.
    """
    process = started(server, _EACH, folder=folder)
    assert process.stdin is not None
    process.stdin.write(json.dumps(dict(scripts)) + "\n")
    status, out, err = ended(process)
    assert (status, err) == (0, "")
    return {name: Ended(*values) for name, values in json.loads(out).items()}


def said(process: subprocess.Popen[str]) -> str:
    """Return the next line of what a script prints; what it died of, when there is none."""
    assert process.stdout is not None
    line = b""
    # No more than the line: what a buffer takes beyond it, `communicate` never sees.
    while not line.endswith(b"\n"):
        more = os.read(process.stdout.fileno(), 1)
        if not more:
            pytest.fail(f"the process has ended after {line!r}: {ended(process)}")
        line += more
    return line.decode().rstrip("\n")


def go_on(process: subprocess.Popen[str]) -> None:
    """Let a script go on that reads a line."""
    assert process.stdin is not None
    process.stdin.write("\n")
    process.stdin.flush()


def answering(server: EmulatorThread) -> int:
    """How many connections wait for an answer now; one that was given up does not."""
    return server.call(
        lambda emulator: sum(
            connection._current_request is not None and connection.transport is not None
            for connection in _web_server(emulator).connections
        )
    )


def connected(server: EmulatorThread) -> int:
    """How many connections are open."""
    return server.call(
        lambda emulator: sum(
            connection.transport is not None for connection in _web_server(emulator).connections
        )
    )


def _web_server(emulator: Emulator) -> web.Server:
    assert emulator._runner is not None
    assert emulator._runner.server is not None
    return emulator._runner.server


def is_calm(server: EmulatorThread) -> bool:
    """Nobody waits for an answer any more; it may take a moment until the server hears of it."""
    return _comes_true(lambda: not answering(server))


def is_left(server: EmulatorThread) -> bool:
    """Nobody is connected any more; it may take a moment until the server hears of it."""
    return _comes_true(lambda: not connected(server))


def _comes_true(condition: Callable[[], bool]) -> bool:
    until = time.monotonic() + _SECONDS_TO_HEAR
    while not condition():
        if time.monotonic() > until:
            return False
    return True
