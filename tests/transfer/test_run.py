"""Workers, results and how a run ends: with work that a test controls."""

# ruff: noqa: PT012
from __future__ import annotations

import asyncio
import os
import resource
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any, cast

import pytest

from tests.transfer.folders import opened_in
from threekit_async import DiskFullError, DownloadError, FileResult, Progress, UsageError
from threekit_async.paging.walked import Walked
from threekit_async.session.session import Session
from threekit_async.transfer.affordable import affordable
from threekit_async.transfer.bulk import Run, reported
from threekit_async.transfer.progress import Meter

FULL = DiskFullError("There is no space left.")


class Tasks:
    """All that a run needs of a session."""

    def __init__(self) -> None:
        self.made: list[asyncio.Task[Any]] = []

    def in_background(self, work: Any) -> asyncio.Task[Any]:
        self.made.append(asyncio.ensure_future(work))
        return self.made[-1]


class Work:
    """Work on numbers: `fails` says with what, `held` that it does not end by itself."""

    def __init__(self, *, fails: dict[int, Exception] | None = None, held: int = 10**9) -> None:
        self.fails, self.held = fails or {}, held
        self.begun: list[int] = []
        self.cancelled: list[int] = []

    async def __call__(self, number: int) -> FileResult:
        self.begun.append(number)
        if number >= self.held:
            try:
                await asyncio.Event().wait()
            except asyncio.CancelledError:
                self.cancelled.append(number)
                raise
        await asyncio.sleep(0)
        error = self.fails.get(number)
        status = "downloaded" if error is None else "failed"
        return FileResult(id=str(number), status=status, size=1, error=error)  # type: ignore[arg-type]


def run_of(
    source: Any,
    work: Callable[[int], Awaitable[FileResult]],
    *,
    tasks: Tasks | None = None,
    concurrency: int = 4,
    **how: Any,
) -> Run[int]:
    session = cast("Session", tasks or Tasks())
    return Run(session, source, work, concurrency=concurrency, **how)


async def results_of(run: Run[int]) -> list[FileResult]:
    found: list[FileResult] = []
    try:
        while (result := await run.next()) is not None:
            found.append(result)
    finally:
        await run.end()
    return found


async def numbers(count: int) -> AsyncIterator[int]:
    for number in range(count):
        await asyncio.sleep(0)
        yield number


def failing(count: int) -> Iterator[int]:
    yield from range(count)
    raise LookupError("the list ended badly")


@pytest.mark.parametrize("source", [range, numbers, lambda count: iter(range(count))])
@pytest.mark.parametrize("concurrency", [1, 4, 100])
async def test_each_item_gives_one_result(source: Any, concurrency: int) -> None:
    found = await results_of(run_of(source(50), Work(), concurrency=concurrency))
    assert sorted(int(result.id) for result in found) == list(range(50))


@pytest.mark.parametrize("concurrency", [0, -1])
async def test_no_worker_at_all_is_a_usage_error(concurrency: int) -> None:
    with pytest.raises(UsageError, match="concurrency must be at least 1"):
        run_of([], Work(), concurrency=concurrency)


async def test_a_full_disk_is_said_once_and_stops_new_work() -> None:
    work = Work(fails={5: FULL}, held=6)
    report = await reported(run_of(range(10_000), work), None)
    assert (report.downloaded, report.failed) == (5, 1)
    assert report.stopped is FULL
    # What was under way is cancelled, and is no failure.
    assert sorted(work.cancelled) == work.begun[6:]
    assert report.unfinished == len(work.cancelled)
    assert 1 <= report.unfinished <= 3


async def test_any_other_failure_stops_only_who_wants_it() -> None:
    gone = DownloadError("gone")
    onward = await reported(run_of(range(50), Work(fails={5: gone})), None)
    assert (onward.downloaded, onward.failed, onward.stopped) == (49, 1, None)
    work = Work(fails={5: gone}, held=6)
    stopped = await reported(run_of(range(50), work, on_error="stop"), None)
    assert (stopped.downloaded, stopped.failed, stopped.stopped) == (5, 1, gone)
    assert len(work.begun) < 10


async def test_results_that_were_ready_are_handed_out_although_it_stopped() -> None:
    run = run_of(range(50), Work(fails={3: FULL}), concurrency=3)
    first = await run.next()
    # Nobody takes results for a while; the workers fill the queue, and the disk.
    for _ in range(50):
        await asyncio.sleep(0)
    rest = [await run.next() for _ in range(3)]
    await run.end()
    ids = [result.id for result in (first, *rest) if result is not None]
    assert sorted(ids) == ["0", "1", "2", "3"]
    assert run.stopped is FULL


async def test_after_a_stop_the_results_end() -> None:
    run = run_of(range(50), Work(fails={0: FULL}), concurrency=1)
    assert [result.status for result in await results_of(run)] == ["failed"]


async def test_a_source_that_fails_ends_the_run_after_what_was_begun() -> None:
    run = run_of(failing(7), Work(), concurrency=2)
    found: list[FileResult] = []
    with pytest.raises(LookupError, match="ended badly"):
        while (result := await run.next()) is not None:
            found.append(result)
    await run.end()
    assert len(found) == 7


async def test_the_error_of_a_source_says_what_was_done_before(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(Meter, "seconds", 90.0)
    with pytest.raises(LookupError) as failed:
        await reported(run_of(failing(7), Work()), None)
    [note] = failed.value.__notes__
    assert note == (
        "Before that: 7 files: 7 downloaded (7 bytes in 90.0 s). "
        "Running again does only what is missing."
    )


async def test_work_is_let_go_of_once_however_it_ends() -> None:
    async def close() -> None:
        closed.append(1)

    for source, work in ((range(5), Work()), (failing(5), Work()), (range(5), Work(held=0))):
        closed = list[int]()
        tasks = Tasks()
        run = run_of(source, work, tasks=tasks, close=close)
        running = asyncio.ensure_future(reported(run, None))
        for _ in range(50):
            await asyncio.sleep(0)
        running.cancel()
        await asyncio.wait({running})
        await run.end()
        assert closed == [1]
        assert all(task.done() for task in tasks.made)


async def test_a_source_is_closed_when_the_run_ends_early() -> None:
    ended: list[bool] = []

    async def source() -> AsyncIterator[int]:
        try:
            for number in range(100):
                yield number
        finally:
            ended.append(True)

    run = run_of(source(), Work())
    await run.next()
    await run.end()
    assert ended == [True]


async def test_how_sure_a_listing_is_comes_into_the_report() -> None:
    walked = Walked(
        rows=3, pages=1, sweeps=1, late=0, duplicates=0, ended=True, confirmed=True, doubts=()
    )

    class Listing:
        def __init__(self) -> None:
            self.walked = walked

        def __aiter__(self) -> AsyncIterator[int]:
            return numbers(3)

    assert (await reported(run_of(Listing(), Work()), None)).walked is walked
    assert (await reported(run_of(range(3), Work()), None)).walked is None


async def test_the_end_is_told_although_the_run_is_cancelled() -> None:
    told: list[Progress] = []
    running = asyncio.ensure_future(reported(run_of(range(9), Work(held=5)), told.append))
    for _ in range(50):
        await asyncio.sleep(0)
    running.cancel()
    await asyncio.wait({running})
    assert running.cancelled()
    assert told[-1] == Progress(downloaded=5, seconds=told[-1].seconds, ended=True)


async def test_bytes_that_move_are_told_to_who_watches() -> None:
    told: list[Progress] = []

    async def work(number: int) -> FileResult:
        run.moved(100)
        run.moved(-40)
        return FileResult(id=str(number), status="downloaded", size=60)

    run = run_of(range(5), work)
    await reported(run, told.append)
    assert told[-1].received == 300


@pytest.mark.parametrize(
    ("limit", "files"),
    [(256, 66), (1024, 322), (59, 1), (20, 1), (0, 1), (resource.RLIM_INFINITY, sys.maxsize)],
)
async def test_no_more_files_are_in_flight_than_the_process_may_open(
    monkeypatch: pytest.MonkeyPatch, limit: int, files: int
) -> None:
    monkeypatch.setattr(resource, "getrlimit", lambda _: (limit, limit))
    monkeypatch.setattr("threekit_async.transfer.affordable._open_files", lambda: 24)
    assert affordable() == files
    tasks = Tasks()
    await results_of(run_of(range(3), Work(), tasks=tasks, concurrency=100))
    assert len(tasks.made) == min(files, 100)


def test_what_the_process_has_open_already_is_not_counted_on(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(resource, "getrlimit", lambda _: (512, 512))
    # What other threads open and close meanwhile is left out.
    monkeypatch.setattr(os, "listdir", lambda _: opened_in(tmp_path))
    before = affordable()
    with ExitStack() as stack:
        for number in range(30):
            stack.enter_context((tmp_path / str(number)).open("wb"))
        assert affordable() == before - 10
    assert affordable() == before
