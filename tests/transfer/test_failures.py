"""What failed files leave behind: no bytes in memory, and none that count as received."""

from __future__ import annotations

import gc
import weakref
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import Connect
from tests.gone import gone
from tests.transfer.folders import finished_in, unfinished_in
from tests.transfer.shelf import CONTENT, Shelf, planted
from threekit_async import DownloadError, Limits, NotFoundError, Progress, TransportError
from threekit_async.emulator import EmulatorSettings, EmulatorThread
from threekit_async.transfer.destinations.receiving import Receiving
from threekit_async.transfer.results import without_frames

FILES, SIZE = 300, 40_000
GONE, LARGE = 1, 1_300_000
# Nobody waits for a server of which nothing comes.
AT_ONCE = Limits(adaptive=False)


def chain_of(error: BaseException | None) -> Iterator[BaseException]:
    """Walk an error, and all those it came from."""
    left, seen = [error], set[int]()
    while left:
        one = left.pop()
        if one is not None and id(one) not in seen:
            seen.add(id(one))
            yield one
            left += [one.__cause__, one.__context__]


async def received_in(folder: Path) -> list[weakref.ref[Receiving]]:
    """Find what has received files into a folder, and is held by anybody."""
    found = [
        weakref.ref(each)
        for each in gc.get_objects()
        if type(each) is Receiving and each.final.startswith(f"{folder}/")
    ]
    return [] if await gone(found) else found


async def test_three_hundred_failures_hold_no_bytes(
    connect: Connect, server: EmulatorThread, tmp_path: Path
) -> None:
    shelf = planted(server, [SIZE] * FILES)
    server.faults.add(effect="truncate", bytes=SIZE // 2, path=CONTENT)
    tk = connect(server, limits=AT_ONCE)
    report = await tk.layers.download_all(shelf.layers, to=tmp_path)
    assert report.failed == len(report.failures) == FILES
    errors = [error for failure in report.failures for error in chain_of(failure.error)]
    assert {type(failure.error) for failure in report.failures} == {TransportError}
    assert [error for error in errors if error.__traceback__ is not None] == []
    assert await received_in(tmp_path) == []


async def test_what_failures_came_from_is_told_and_holds_no_bytes_either(
    connect: Connect, server: EmulatorThread, tmp_path: Path
) -> None:
    shelf = planted(server, [SIZE, LARGE] * 5)
    for name in shelf.promised:
        (tmp_path / f"{name}.part").mkdir()
    layers = connect(server).layers
    results = [result async for result in layers.iter_downloads(shelf.layers, to=tmp_path)]
    for result in results:
        assert isinstance(result.error, DownloadError)
        assert isinstance(result.error.__cause__, IsADirectoryError)
        assert all(error.__traceback__ is None for error in chain_of(result.error))
    assert await received_in(tmp_path) == []


def test_frames_are_let_go_of_also_where_errors_came_from_each_other() -> None:
    one, other = LookupError("one"), LookupError("other")
    for error, came_from in ((one, other), (other, one)):
        with pytest.raises(LookupError):
            raise error from came_from
    assert without_frames(one) is one
    assert (one.__traceback__, other.__traceback__) == (None, None)
    assert one.__cause__ is other
    assert without_frames(None) is None


async def spoiled(tk: Any, shelf: Shelf, folder: Path, server: EmulatorThread) -> Progress:
    """Have one of the files come in part, and fail; say where the progress has ended."""
    path = f"{shelf.layers[GONE].file_id}{CONTENT}"
    server.faults.add(effect="truncate", bytes=LARGE * 2 // 3, path=path, times=1)
    server.faults.add(effect="status", status=404, path=path)
    told: list[Progress] = []
    report = await tk.layers.download_all(shelf.layers, to=folder, progress=told.append)
    assert (report.downloaded, report.failed) == (len(shelf.layers) - 1, 1)
    assert isinstance(report.failures[0].error, NotFoundError)
    assert told[-1].ended
    return told[-1]


@pytest.mark.parametrize("size", [LARGE, 500_000])
async def test_progress_goes_back_to_the_finished_files_when_one_has_failed(
    connect: Connect, server: EmulatorThread, tmp_path: Path, size: int
) -> None:
    shelf = planted(server, [SIZE, size, SIZE])
    last = await spoiled(connect(server, limits=AT_ONCE), shelf, tmp_path, server)
    assert last.received == 2 * SIZE
    assert unfinished_in(tmp_path) == []


async def test_progress_keeps_what_the_next_run_can_continue(
    connect: Connect, tmp_path: Path
) -> None:
    with EmulatorThread(EmulatorSettings(ranges=True, etags=True)) as server:
        shelf = planted(server, [SIZE, LARGE, SIZE])
        tk = connect(server, limits=AT_ONCE)
        last = await spoiled(tk, shelf, tmp_path, server)
        [part, _] = unfinished_in(tmp_path)
        assert last.received == 2 * SIZE + (tmp_path / part).stat().st_size
        server.faults.clear()
        told: list[Progress] = []
        again = await tk.layers.download_all(shelf.layers, to=tmp_path, progress=told.append)
        assert (again.resumed, again.skipped, told[-1].received) == (1, 2, LARGE)
    assert len(finished_in(tmp_path)) == 3


async def test_progress_goes_back_to_nothing_for_what_was_not_promised(
    connect: Connect, tmp_path: Path
) -> None:
    with EmulatorThread(EmulatorSettings(ranges=True, etags=True)) as server:
        shelf = planted(server, [LARGE])
        server.faults.add(effect="wrong_length", bytes=LARGE - 7, path=CONTENT)
        told: list[Progress] = []
        await connect(server).layers.download_all(
            shelf.layers, to=tmp_path, verify=True, progress=told.append
        )
    assert (told[-1].failed, told[-1].received) == (1, 0)
    assert unfinished_in(tmp_path) == []
