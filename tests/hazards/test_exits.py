"""The interpreter's exit waits for nothing of the caller's that never ends."""

from __future__ import annotations

import subprocess
import sys

import pytest

SECONDS = 20  # an exit that waits for a thread never comes

START = """
import asyncio, socket, threading
from threekit_async import AsyncThreekit, DeadlineError, Threekit

def never():
    threading.Event().wait()

def pieces():
    yield b"begun" * 20_000
    never()

listener = socket.create_server(("127.0.0.1", 0))
def serve():
    kept = []
    while True:
        kept.append(listener.accept()[0])
threading.Thread(target=serve, daemon=True).start()
url = f"http://127.0.0.1:{listener.getsockname()[1]}"
"""

BLOCKED = {
    "an upload": ("'tok'", "tk.files.upload(pieces(), filename='a.bin')"),
    "a token": ("never", "tk.layers.get('a')"),
}

ASYNC = """
async def main():
    async with AsyncThreekit(token={token}, org_id="o", host=url, deadline=0.3) as tk:
        try:
            await {call}
        except DeadlineError:
            print("deadline", flush=True)
asyncio.run(main())
print("done", flush=True)
"""

SYNC = """
with Threekit(token={token}, org_id="o", host=url, deadline=0.3) as tk:
    try:
        {call}
    except DeadlineError:
        print("deadline", flush=True)
print("done", flush=True)
"""


@pytest.mark.parametrize("world", [ASYNC, SYNC], ids=["async", "sync"])
@pytest.mark.parametrize("blocked", BLOCKED)
def test_what_blocks_for_ever_holds_up_no_exit(world: str, blocked: str) -> None:
    token, call = BLOCKED[blocked]
    script = START + world.format(token=token, call=call)
    ran = subprocess.run(
        [sys.executable, "-W", "error", "-c", script],
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )
    assert (ran.returncode, ran.stdout, ran.stderr) == (0, "deadline\ndone\n", "")
