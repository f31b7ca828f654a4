"""What is left running when a bulk run ends in another way than by itself.

Runs that are cancelled, and the tasks that are left, are of the asynchronous world alone.
"""

from __future__ import annotations

import asyncio
import errno
import hashlib
import os
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import Connect
from tests.transfer.folders import finished_in, unfinished_in
from threekit_async import (
    AsyncThreekit,
    DiskFullError,
    Hooks,
    Layer,
    Progress,
    ThreekitError,
    UsageError,
)
from threekit_async.emulator import EmulatorSettings, EmulatorThread


@pytest.fixture
def filled(server: EmulatorThread) -> EmulatorThread:
    """20 layers with files whose bytes are slow to come."""
    server.fill(layers=20, file_bytes=1000)
    server.faults.add(effect="delay", seconds=0.5, path="/content$", after=2)
    return server


def client(server: EmulatorThread) -> AsyncThreekit:
    return AsyncThreekit(token=server.private_token, host=server.url)


async def test_leaving_the_results_early_leaves_nothing(
    connect: Connect, filled: EmulatorThread, tmp_path: Path
) -> None:
    tk = connect(filled)
    results = tk.layers.iter_downloads(tk.layers.list(), to=tmp_path, name="{id}")
    await anext(results)
    await results.aclose()
    assert "<Gate 0 of" in repr(tk)
    assert unfinished_in(tmp_path) == []


async def test_leaving_the_results_early_leaves_no_task(
    filled: EmulatorThread, tmp_path: Path
) -> None:
    async with client(filled) as tk:
        before = asyncio.all_tasks()
        results = tk.layers.iter_downloads(tk.layers.list(), to=tmp_path, name="{id}")
        await anext(results)
        await results.aclose()
        assert not asyncio.all_tasks() - before


async def test_a_cancelled_run_leaves_no_task_and_no_part(
    filled: EmulatorThread, tmp_path: Path
) -> None:
    async with client(filled) as tk:
        before = asyncio.all_tasks()
        ended: list[Any] = []
        run = asyncio.create_task(
            tk.layers.download_all(
                tk.layers.list(), to=tmp_path, name="{id}", progress=ended.append
            )
        )
        while not ended:
            await asyncio.sleep(0)
        run.cancel()
        with pytest.raises(asyncio.CancelledError):
            await run
        assert not asyncio.all_tasks() - before
        assert unfinished_in(tmp_path) == []


async def test_an_error_of_the_progress_callback_ends_the_run_with_a_note(
    connect: Connect, filled: EmulatorThread, tmp_path: Path
) -> None:
    def refuse(_progress: object) -> None:
        raise LookupError("no more")

    before = asyncio.all_tasks()
    tk = connect(filled)
    with pytest.raises(LookupError, match="no more") as failed:
        await tk.layers.download_all(tk.layers.list(), to=tmp_path, name="{id}", progress=refuse)
    assert "Running again does only what is missing" in failed.value.__notes__[0]
    assert not asyncio.all_tasks() - before


async def test_closing_the_client_ends_a_run_that_is_under_way(
    connect: Connect, filled: EmulatorThread, tmp_path: Path
) -> None:
    loop, ended = asyncio.get_running_loop(), asyncio.Event()
    hooks = Hooks(file_ended=lambda _: loop.call_soon_threadsafe(ended.set))
    tk = connect(filled, hooks=hooks)
    filled.faults.clear()
    filled.faults.add(effect="delay", seconds=60, path="/content$", after=2)
    run = asyncio.create_task(tk.layers.download_all(tk.layers.list(), to=tmp_path, name="{id}"))
    await ended.wait()
    await tk.aclose()
    with pytest.raises((ThreekitError, asyncio.CancelledError)):
        await asyncio.wait_for(run, timeout=30)


async def test_items_are_taken_only_as_workers_get_free(
    server: EmulatorThread, tmp_path: Path
) -> None:
    server.fill(layers=1, file_bytes=10)
    taken = 0

    async with client(server) as tk:
        layer = (await tk.layers.list().first()).items[0]

        def source() -> Any:
            nonlocal taken
            for number in range(1000):
                taken += 1
                yield Layer(id=str(number), file_id=layer.file_id)

        results = tk.layers.iter_downloads(source(), to=tmp_path, name="{id}", concurrency=3)
        await anext(results)
        await results.aclose()
    # Three workers, three results that wait, and one more in each worker's hands. To the
    # synchronous client, items cross many at a time.
    assert taken <= 10


async def test_an_item_that_is_no_layer_ends_the_run(
    connect: Connect, server: EmulatorThread, tmp_path: Path
) -> None:
    before = asyncio.all_tasks()
    with pytest.raises(UsageError, match="Pass layers"):
        await connect(server).layers.download_all(["5b0f3f8e"], to=tmp_path)
    assert not asyncio.all_tasks() - before


@pytest.mark.parametrize("small", [True, False])
async def test_a_full_disk_stops_the_run_once_and_the_next_one_goes_on(
    connect: Connect, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, small: bool
) -> None:
    size, write = 100_000 if small else 1_200_000, os.write
    room = [size * 10]

    def filling(descriptor: int, data: memoryview) -> int:
        if len(data) < 10_000:  # notes, and lines of the manifest
            return write(descriptor, data)
        room[0] -= len(data)
        # Of larger files, there is room for a beginning.
        if room[0] < 0 and (small or os.lseek(descriptor, 0, os.SEEK_CUR)):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return write(descriptor, data)

    with EmulatorThread(EmulatorSettings(ranges=True, etags=True)) as server:
        server.fill(layers=40, file_bytes=size)
        tk = connect(server)
        layers = await tk.layers.list().all()
        with monkeypatch.context() as patch:
            patch.setattr(os, "write", filling)
            report = await tk.layers.download_all(layers, to=tmp_path, name="{id}", concurrency=4)
        assert isinstance(report.stopped, DiskFullError)
        [failure] = report.failures
        assert failure.error is report.stopped
        assert report.downloaded + report.unfinished < 14
        assert len(finished_in(tmp_path)) == report.downloaded
        left = [name for name in unfinished_in(tmp_path) if name.endswith(".json")]
        again = await tk.layers.download_all(layers, to=tmp_path, name="{id}")
        assert (again.skipped, again.resumed) == (report.downloaded, len(left))
        assert again.downloaded == 40 - again.skipped - again.resumed
        assert small or left
        for layer in layers:
            record = await tk.files.get(layer.file_id or "")
            digits = hashlib.sha256((tmp_path / layer.id).read_bytes()).hexdigest()
            assert record.hash == f"sha256-{digits}"
    assert unfinished_in(tmp_path) == []


async def test_a_watcher_that_fails_while_bytes_come_fails_no_file(
    connect: Connect, server: EmulatorThread, tmp_path: Path
) -> None:
    server.fill(layers=1, file_bytes=1_000_000)
    server.faults.add(effect="drip", bytes=100_000, interval=0.02, path="/content$")

    def refuse(progress: Progress) -> None:
        assert not progress.files
        raise LookupError("no more")

    tk = connect(server)
    with pytest.raises(LookupError, match="no more"):
        await tk.layers.download_all(tk.layers.list(), to=tmp_path, name="{id}", progress=refuse)
    assert len(finished_in(tmp_path)) == 1


async def test_a_cancelled_run_keeps_what_it_has_for_the_next(tmp_path: Path) -> None:
    with EmulatorThread(EmulatorSettings(ranges=True, etags=True)) as server:
        server.fill(layers=4, file_bytes=10_000_000)
        server.faults.add(effect="drip", bytes=50_000, interval=0.02, path="/content$")
        async with client(server) as tk:
            layers, told = await tk.layers.list().all(), list[Progress]()
            running = asyncio.create_task(
                tk.layers.download_all(layers, to=tmp_path, name="{id}", progress=told.append)
            )
            while not told or told[-1].received < 800_000:
                await asyncio.sleep(0)
            running.cancel()
            with pytest.raises(asyncio.CancelledError):
                await running
            assert finished_in(tmp_path) == []
            assert (told[-1].ended, told[-1].files) == (True, 0)
            server.faults.clear()
            begun = unfinished_in(tmp_path)[::2]
            had = sum((tmp_path / name).stat().st_size for name in begun)
            before = tk.stats.bytes_received
            again = await tk.layers.download_all(layers, to=tmp_path, name="{id}")
            assert (again.resumed, again.downloaded) == (len(begun), 4 - len(begun))
            assert 800_000 <= had < 40_000_000
            assert tk.stats.bytes_received - before == 40_000_000 - had
    assert unfinished_in(tmp_path) == []
