"""Descriptors, tasks and threads after many calls, ended in every way."""

from __future__ import annotations

import asyncio
import gc
import os
import sys
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import AT_ONCE
from threekit_async import AsyncThreekit, Threekit, ThreekitError
from threekit_async.emulator import EmulatorThread

LAYER = "11111111-1111-4111-8111-111111111111"

pytestmark = pytest.mark.skipif(
    not sys.platform.startswith("linux"), reason="descriptors are counted in /proc"
)


def descriptors() -> int:
    """Connections and files that are open; garbage is collected first."""
    gc.collect()
    return len(os.listdir("/proc/self/fd"))  # noqa: PTH208


def settings(server: EmulatorThread) -> dict[str, Any]:
    return {
        "token": server.private_token,
        "org_id": server.org_id,
        "host": server.url,
        "retry": AT_ONCE,
    }


@asynccontextmanager
async def nothing_left(server: EmulatorThread) -> AsyncIterator[AsyncThreekit]:
    """A client; afterwards as many descriptors and tasks are there as before."""
    files, tasks = descriptors(), asyncio.all_tasks()
    async with AsyncThreekit(**settings(server)) as tk:
        yield tk
        assert "<Gate 0 of" in repr(tk)
    for _ in range(2000):  # the server closes its ends a moment later
        if descriptors() <= files:
            break
        server.call(lambda _emulator: None)
    assert descriptors() <= files
    assert asyncio.all_tasks() == tasks


async def test_two_hundred_calls_leave_nothing(demo_server: EmulatorThread) -> None:
    async with nothing_left(demo_server) as tk:
        layer = (await tk.layers.list().first()).items[0]
        got = await asyncio.gather(*(tk.layers.get(layer.id) for _ in range(200)))
        assert {one.id for one in got} == {layer.id}


async def test_two_hundred_failures_leave_nothing(server: EmulatorThread) -> None:
    for effect in ("reset_before", "html", "malformed_json"):
        server.faults.add(effect=effect, path="/api/layers/", probability=0.4)
    server.faults.add(effect="truncate", bytes=5, path="/api/layers/", probability=0.5)
    async with nothing_left(server) as tk:
        calls = [tk.layers.get(LAYER) for _ in range(200)]
        ended = await asyncio.gather(*calls, return_exceptions=True)
        assert all(isinstance(one, ThreekitError) for one in ended)


@pytest.mark.parametrize("rounds", [0, 1, 2, 3, 5, 8, 13, 50])
async def test_cancelled_calls_leave_nothing_wherever_they_were(
    demo_server: EmulatorThread, rounds: int
) -> None:
    async with nothing_left(demo_server) as tk:
        calls = [asyncio.create_task(tk.layers.get(LAYER)) for _ in range(50)]
        for _ in range(rounds):
            await asyncio.sleep(0)
        for call in calls:
            call.cancel()
        await asyncio.gather(*calls, return_exceptions=True)
        assert (await tk.layers.list(per_page=1).first()).items


@pytest.mark.parametrize("rounds", [1, 5, 20, 100])
async def test_cancelled_downloads_leave_nothing_wherever_they_were(
    demo_server: EmulatorThread, tmp_path: Path, rounds: int
) -> None:
    async with nothing_left(demo_server) as tk:
        layers = await tk.layers.list().all(limit=100)
        run = asyncio.create_task(tk.layers.download_all(layers, to=tmp_path))
        for _ in range(rounds):
            await asyncio.sleep(0)
        was_over = run.done()
        run.cancel()
        await asyncio.wait({run})
        assert run.cancelled() or was_over
    assert not list(tmp_path.glob("*.part"))


async def test_a_bulk_run_leaves_nothing(demo_server: EmulatorThread, tmp_path: Path) -> None:
    async with nothing_left(demo_server) as tk:
        layers = await tk.layers.list().all(limit=200)
        report = await tk.layers.download_all(layers, to=tmp_path)
        assert report.downloaded == 200


def test_synchronous_clients_leave_no_thread_and_no_descriptor(
    demo_server: EmulatorThread,
) -> None:
    files, threads = descriptors(), set(threading.enumerate())
    for _ in range(10):
        with Threekit(**settings(demo_server)) as tk:
            assert tk.layers.list(per_page=5).first().items
            next(iter(tk.layers.list(per_page=5)))
    left = set(threading.enumerate()) - threads
    assert not [thread for thread in left if "threekit" not in thread.name and thread.is_alive()]
    # The server closes its ends a moment after the client has closed its own.
    assert descriptors() <= files + 5
