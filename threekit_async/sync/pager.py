"""Listings and iterables that cross between the caller and the loop, many items at a time."""

from __future__ import annotations

from collections.abc import AsyncIterable, AsyncIterator, Iterable, Iterator
from time import monotonic
from typing import Generic, TypeVar

from anyio import to_thread

from ..models.page import Page
from ..paging.pager import AsyncPager
from .bridge import Bridge

__all__ = ("Pager", "asynchronous")

T = TypeVar("T")

_SECONDS_TO_TAKE = 0.05
_MOST_TAKEN = 100


class Pager(Generic[T]):
    """Walk a listing in server order, with pages fetched ahead.

    Nothing is sent until it is used. Iterate over the records with `for`, over whole pages with
    `pages()`, or take `first()` or `all()`. Each use starts from the first page.

    Rows with an id that was just seen are dropped: they come again when something was added while
    pages were read.
    """

    def __init__(self, bridge: Bridge, source: AsyncPager[T]) -> None:
        self._bridge = bridge
        #: The asynchronous pager behind this one.
        self.source = source

    def __iter__(self) -> Iterator[T]:
        for page in self.pages():
            yield from page.items

    def pages(self) -> Iterator[Page[T]]:
        """Iterate over whole pages, duplicates dropped."""
        return self._bridge.iterate(self.source.pages)

    def first(self) -> Page[T]:
        """Fetch the first page only, with one request."""
        return self._bridge.call(self.source.first)

    def all(self, *, limit: int | None = None) -> list[T]:
        """Collect the records into a list.

        :param limit: stop after so many; only the pages needed for them are fetched.
        """
        return self._bridge.call(lambda: self.source.all(limit=limit))

    def __repr__(self) -> str:
        return repr(self.source).replace("<AsyncPager ", "<Pager ", 1)


def asynchronous(items: Iterable[T]) -> AsyncIterable[T]:
    """Make iterable on the loop what a caller of the synchronous client passes.

    A pager is walked by its asynchronous self. Anything else may block, and may itself call the
    synchronous client, which on the loop would never end: a worker thread steps it.
    """
    return items.source if isinstance(items, Pager) else _stepped_elsewhere(items)


async def _stepped_elsewhere(items: Iterable[T]) -> AsyncIterator[T]:
    iterator = iter(items)
    while True:
        batch, error = await to_thread.run_sync(_taken, iterator)
        for item in batch:
            yield item
        if error is not None:
            raise error
        if not batch:
            return


def _taken(iterator: Iterator[T]) -> tuple[list[T], Exception | None]:
    """Take what comes within 50 ms, at most 100 items; nothing when the iterator has ended.

    An error is given back beside what came before it.
    """
    until = monotonic() + _SECONDS_TO_TAKE
    batch: list[T] = []
    try:
        for item in iterator:
            batch.append(item)
            if len(batch) == _MOST_TAKEN or monotonic() >= until:
                break
    except Exception as error:  # noqa: BLE001  # raised on the loop, after the batch
        return batch, error
    return batch, None
