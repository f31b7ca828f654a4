"""Many files: a bounded number of workers, one result for each file, a report."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import (
    AsyncIterable,
    AsyncIterator,
    Awaitable,
    Callable,
    Generator,
    Iterable,
    Iterator,
)
from contextlib import contextmanager, suppress
from typing import Generic, TypeVar

from attrs import frozen

from ..errors import DiskFullError, UsageError
from ..paging.walked import Walked
from ..session.session import Session
from .affordable import affordable
from .progress import Meter, Progress
from .report import TransferReport
from .results import FileResult, OnError

__all__ = ("Run", "reported")

T = TypeVar("T")


class Run(Generic[T]):
    """Work on items with a bounded number of workers, and hand out results as they end.

    Workers take items one at a time, so that at most `concurrency` are held; results wait in a
    queue of the same length. When the source itself fails, what was begun is finished and handed
    out before its error is raised.

    A full disk, a server whose certificate does not pass, or with `on_error="stop"` any failure,
    stops it: no more items are taken, and what is under way is cancelled, which keeps what it has
    for the next run.

    :param concurrency: fewer where the process may not open so many files.
    :param close: awaited once, at the end.
    """

    def __init__(
        self,
        session: Session,
        source: Iterable[T] | AsyncIterable[T],
        work: Callable[[T], Awaitable[FileResult]],
        *,
        concurrency: int,
        on_error: OnError = "continue",
        close: Callable[[], Awaitable[None]] | None = None,
    ) -> None:
        if type(concurrency) is not int or concurrency < 1:
            raise UsageError(
                f"concurrency must be at least 1 and a whole number, not {concurrency!r}."
            )
        self._session = session
        self._source = source
        self._items = _items_of(source)
        self._work = work
        self._concurrency = min(concurrency, affordable())
        self._on_error = on_error
        self._close = close
        self._turn = asyncio.Lock()
        self._results: asyncio.Queue[FileResult | None] = asyncio.Queue(self._concurrency)
        self._trouble: list[BaseException] = []
        self._workers: list[asyncio.Task[None]] = []
        self._idle = 0
        #: Workers that hold no result: they can be cancelled, and nothing is lost.
        self._busy: set[asyncio.Task[None]] = set()
        self._at_work = 0
        self.meter: Meter | None = None
        #: Why no more items were taken, and how many were under way then.
        self.stopped: Exception | None = None
        self.unfinished: int = 0

    @property
    def walked(self) -> Walked | None:
        """How sure it is that the listing was read completely; None when it was none of ours."""
        walked = getattr(self._source, "walked", None)
        return walked if isinstance(walked, Walked) else None

    def moved(self, size: int) -> None:
        """Count bytes for whoever watches."""
        if self.meter is not None:
            self.meter.moved(size)

    async def next(self) -> FileResult | None:
        """Return the next result, or None when all items are done.

        :raises Exception: the error of the source, after the results of what was begun.
        """
        if not self._workers:
            self._begin()
        ended = self._idle == self._concurrency and self._results.empty()
        result = None if ended else await self._results.get()
        if result is None and self._trouble and self.stopped is None:
            raise self._trouble[0]
        return result

    def _begin(self) -> None:
        workers = range(self._concurrency)
        self._workers = [self._session.in_background(self._worker()) for _ in workers]
        for task in self._workers:
            task.add_done_callback(self._worker_ended)

    async def end(self) -> None:
        """Cancel the workers, close the source, and let go of what the work needed."""
        for task in self._workers:
            task.cancel()
        try:
            await asyncio.gather(*self._workers, return_exceptions=True)
        finally:  # whoever waits here may be cancelled as well
            try:
                await self._close_source()
            finally:
                if self._close is not None:
                    closing, self._close = self._close, None
                    await closing()

    async def _close_source(self) -> None:
        # Left to itself, a pager would end its prefetch some time later. A generator that runs is
        # being closed by the loop, which is ending.
        close = getattr(self._items, "aclose", None)
        if close is not None and not getattr(self._items, "ag_running", False):
            await close()

    async def _worker(self) -> None:
        me = asyncio.current_task()
        assert me is not None  # noqa: S101
        with suppress(StopAsyncIteration), self._kept_alive():
            while self.stopped is None and not self._trouble:
                self._busy.add(me)
                async with self._turn:
                    item = await anext(self._items)
                result = await self._worked(item)
                self._busy.discard(me)
                if result.error is not None and self._ends(result.error):
                    self._stop(result.error)
                await self._results.put(result)

    @contextmanager
    def _kept_alive(self) -> Generator[None]:
        """Hand on what would end the loop, and everybody on it, instead of this run."""
        try:
            yield
        except (SystemExit, KeyboardInterrupt) as error:
            self._trouble.append(error)

    async def _worked(self, item: T) -> FileResult:
        self._at_work += 1
        try:
            return await self._work(item)
        finally:
            self._at_work -= 1

    def _ends(self, error: Exception) -> bool:
        hopeless = isinstance(error, DiskFullError) or getattr(error, "lasting", False)
        return self._on_error == "stop" or hopeless

    def _stop(self, error: Exception) -> None:
        self.stopped, self.unfinished = error, self._at_work
        for task in self._busy:
            task.cancel()

    def _worker_ended(self, task: asyncio.Task[None]) -> None:
        self._busy.discard(task)
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
    """Count the results of a run into a report, telling `progress` how far it is.

    :raises UsageError: when `progress` is no function, or would have to be awaited; nothing was
        sent.
    """
    if inspect.iscoroutinefunction(progress) or not (progress is None or callable(progress)):
        await run.end()
        raise UsageError(
            "progress= must be a plain function: it is called, and nobody waits for what it "
            "returns. Nothing was sent."
        )
    report = TransferReport()
    run.meter = meter = Meter(progress, asyncio.get_running_loop().time)
    try:
        while (result := await run.next()) is not None:
            report.add(result)
            meter.add(result)
    except Exception as error:
        report.seconds = meter.seconds
        if report.files:
            error.add_note(f"Before that: {report}. Running again does only what is missing.")
        raise
    finally:
        await run.end()
        report.seconds = meter.seconds
        report.stopped, report.unfinished = run.stopped, run.unfinished
        report.walked = run.walked
        meter.end()
    return report
