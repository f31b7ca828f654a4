"""What is left running when a bulk run ends in another way than by itself."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from threekit_async import AsyncThreekit, Layer, ThreekitError, UsageError
from threekit_async.emulator import EmulatorThread


@pytest.fixture
def filled(server: EmulatorThread) -> EmulatorThread:
    """20 layers with files whose bytes are slow to come."""
    server.fill(layers=20, file_bytes=1000)
    server.faults.add(effect="delay", seconds=0.5, path="/content$", after=2)
    return server


def client(server: EmulatorThread) -> AsyncThreekit:
    return AsyncThreekit(token=server.private_token, host=server.url)


def names(folder: Path) -> list[str]:
    return [path.name for path in folder.iterdir()]


async def test_leaving_the_results_early_leaves_no_task(
    filled: EmulatorThread, tmp_path: Path
) -> None:
    async with client(filled) as tk:
        before = asyncio.all_tasks()
        results = tk.layers.iter_downloads(tk.layers.list(), to=tmp_path, name="{id}")
        await anext(results)
        await results.aclose()
        assert not asyncio.all_tasks() - before
        assert "<Gate 0 of" in repr(tk)
        assert not [name for name in names(tmp_path) if name.endswith(".part")]


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
        assert not [name for name in names(tmp_path) if name.endswith(".part")]


async def test_an_error_of_the_progress_callback_ends_the_run_with_a_note(
    filled: EmulatorThread, tmp_path: Path
) -> None:
    def refuse(_progress: object) -> None:
        raise LookupError("no more")

    async with client(filled) as tk:
        before = asyncio.all_tasks()
        with pytest.raises(LookupError, match="no more") as failed:
            await tk.layers.download_all(
                tk.layers.list(), to=tmp_path, name="{id}", progress=refuse
            )
        assert "Running again fetches only what is missing" in failed.value.__notes__[0]
        assert not asyncio.all_tasks() - before


async def test_closing_the_client_ends_a_run_that_is_under_way(
    filled: EmulatorThread, tmp_path: Path
) -> None:
    tk = client(filled)
    ended: list[Any] = []
    run = asyncio.create_task(
        tk.layers.download_all(tk.layers.list(), to=tmp_path, name="{id}", progress=ended.append)
    )
    while not ended:
        await asyncio.sleep(0)
    await tk.aclose()
    with pytest.raises((ThreekitError, asyncio.CancelledError)):
        await asyncio.wait_for(run, timeout=2)


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
    # Three workers, three results that wait, and one more in each worker's hands.
    assert taken <= 10


async def test_an_item_that_is_no_layer_ends_the_run(
    server: EmulatorThread, tmp_path: Path
) -> None:
    async with client(server) as tk:
        before = asyncio.all_tasks()
        wrong: Any = ["5b0f3f8e"]
        with pytest.raises(UsageError, match="Pass layers"):
            await tk.layers.download_all(wrong, to=tmp_path)
        assert not asyncio.all_tasks() - before
