"""Many files: a bounded number of workers, one result for each file, a report."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterable, Awaitable, Callable, Iterable
from typing import TypeVar

from ..errors import UsageError
from ..session.session import Session
from .progress import Progress
from .results import FileResult, TransferReport

__all__ = ("as_they_end", "reported")

T = TypeVar("T")


async def as_they_end(
    session: Session,
    source: Iterable[T] | AsyncIterable[T],
    work: Callable[[T], Awaitable[FileResult]],
    *,
    concurrency: int,
) -> AsyncGenerator[FileResult, None]:
    """Yield the result of each item as it ends.

    Workers take items one at a time, so that at most `concurrency` are held; results wait in a
    queue of the same length. When the source itself fails, what was begun is finished and yielded
    before its error is raised. Leaving early cancels the workers.
    """
    if concurrency < 1:
        raise UsageError(f"concurrency must be at least 1, not {concurrency}; nothing was sent.")
    items = _iterated(source)
    turn = asyncio.Lock()
    results: asyncio.Queue[FileResult | None] = asyncio.Queue(concurrency)
    trouble: list[BaseException] = []
    left = concurrency

    async def worker() -> None:
        nonlocal left
        try:
            while True:
                async with turn:
                    item = await anext(items)
                await results.put(await work(item))
        except StopAsyncIteration:
            pass
        except Exception as error:  # noqa: BLE001  # raised below, when the others have ended
            trouble.append(error)
        left -= 1
        if not left:
            await results.put(None)

    workers = [session.in_background(worker()) for _ in range(concurrency)]
    try:
        while (result := await results.get()) is not None:
            yield result
    finally:
        for task in workers:
            task.cancel()
        await asyncio.gather(*workers, return_exceptions=True)
        await items.aclose()
    if trouble:
        raise trouble[0]


async def reported(
    results: AsyncGenerator[FileResult, None], progress: Callable[[Progress], object] | None
) -> TransferReport:
    """Count results into a report, telling `progress` about each."""
    report = TransferReport()
    clock = asyncio.get_running_loop().time
    began = clock()
    try:
        async for result in results:
            report.add(result)
            if progress is not None:
                progress(
                    Progress(
                        downloaded=report.downloaded,
                        skipped=report.skipped,
                        failed=report.failed,
                        size=report.size,
                        result=result,
                    )
                )
    except Exception as error:
        error.add_note(f"Before that: {report}. Running again fetches only what is missing.")
        raise
    finally:
        await results.aclose()
    report.seconds = clock() - began
    return report


async def _iterated(source: Iterable[T] | AsyncIterable[T]) -> AsyncGenerator[T, None]:
    if isinstance(source, AsyncIterable):
        walk = aiter(source)
        try:
            async for item in walk:
                yield item
        finally:
            # Left to itself, a pager's generator would end its prefetch some time later.
            if isinstance(walk, AsyncGenerator):
                await walk.aclose()
    else:
        for item in source:
            yield item
