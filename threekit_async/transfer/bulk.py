"""Many files: a bounded number of workers, one result for each file, a report."""

from __future__ import annotations

import asyncio
from collections.abc import (
    AsyncIterable,
    AsyncIterator,
    Awaitable,
    Callable,
    Iterable,
    Iterator,
)
from contextlib import suppress
from types import AsyncGeneratorType
from typing import Generic, TypeVar

from attrs import frozen

from ..errors import UsageError
from ..session.session import Session
from .progress import Progress
from .results import FileResult, TransferReport

__all__ = ("Run", "reported")

T = TypeVar("T")


class Run(Generic[T]):
    """Work on items with a bounded number of workers, and hand out results as they end.

    Workers take items one at a time, so that at most `concurrency` are held; results wait in a
    queue of the same length. When the source itself fails, what was begun is finished and handed
    out before its error is raised.
    """

    def __init__(
        self,
        session: Session,
        source: Iterable[T] | AsyncIterable[T],
        work: Callable[[T], Awaitable[FileResult]],
        *,
        concurrency: int,
    ) -> None:
        if concurrency < 1:
            raise UsageError(f"concurrency must be at least 1, not {concurrency}.")
        self._session = session
        self._items = _items_of(source)
        self._work = work
        self._concurrency = concurrency
        self._turn = asyncio.Lock()
        self._results: asyncio.Queue[FileResult | None] = asyncio.Queue(concurrency)
        self._trouble: list[BaseException] = []
        self._workers: list[asyncio.Task[None]] = []
        self._idle = 0

    async def next(self) -> FileResult | None:
        """Return the next result, or None when all items are done.

        :raises Exception: the error of the source, after the results of what was begun.
        """
        if not self._workers:
            self._begin()
        ended = self._idle == self._concurrency and self._results.empty()
        result = None if ended else await self._results.get()
        if result is None and self._trouble:
            raise self._trouble[0]
        return result

    def _begin(self) -> None:
        workers = range(self._concurrency)
        self._workers = [self._session.in_background(self._worker()) for _ in workers]
        for task in self._workers:
            task.add_done_callback(self._worker_ended)

    async def end(self) -> None:
        """Cancel the workers, and close the source."""
        for task in self._workers:
            task.cancel()
        try:
            await asyncio.gather(*self._workers, return_exceptions=True)
        finally:  # whoever waits here may be cancelled as well
            # Left to itself, a pager would end its prefetch some time later. One that runs is
            # being closed by the loop, which is ending.
            items = self._items
            if isinstance(items, AsyncGeneratorType) and not items.ag_running:
                await items.aclose()

    async def _worker(self) -> None:
        with suppress(StopAsyncIteration):
            while True:
                async with self._turn:
                    item = await anext(self._items)
                await self._results.put(await self._work(item))

    def _worker_ended(self, task: asyncio.Task[None]) -> None:
        if task.cancelled():
            self._trouble.append(UsageError("The client was closed while files were fetched."))
        elif error := task.exception():
            self._trouble.append(error)
        self._idle += 1
        if self._idle == self._concurrency and not self._results.full():
            # Whoever waits for a result wakes up; whoever has some left sees the end after them.
            self._results.put_nowait(None)


@frozen
class _Stepped(Generic[T]):
    """A plain iterator, as an asynchronous one that never waits."""

    iterator: Iterator[T]

    def __aiter__(self) -> _Stepped[T]:
        return self

    async def __anext__(self) -> T:
        for item in self.iterator:
            return item
        raise StopAsyncIteration


def _items_of(source: Iterable[T] | AsyncIterable[T]) -> AsyncIterator[T]:
    return aiter(source) if isinstance(source, AsyncIterable) else _Stepped(iter(source))


async def reported(run: Run[T], progress: Callable[[Progress], object] | None) -> TransferReport:
    """Count the results of a run into a report, telling `progress` about each."""
    report = TransferReport()
    clock = asyncio.get_running_loop().time
    began = clock()
    try:
        while (result := await run.next()) is not None:
            report.add(result)
            if progress is not None:
                progress(_state(report, result))
    except Exception as error:
        report.seconds = clock() - began
        if report.files:
            error.add_note(f"Before that: {report}. Running again fetches only what is missing.")
        raise
    finally:
        await run.end()
    report.seconds = clock() - began
    return report


def _state(report: TransferReport, result: FileResult) -> Progress:
    return Progress(
        downloaded=report.downloaded,
        skipped=report.skipped,
        failed=report.failed,
        size=report.size,
        result=result,
    )
