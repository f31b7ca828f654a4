"""Listings and iterables that cross between the caller and the loop, many items at a time."""

from __future__ import annotations

from collections.abc import AsyncIterable, AsyncIterator, Generator, Iterable, Iterator
from contextlib import closing
from itertools import chain
from os import PathLike
from time import monotonic
from typing import TYPE_CHECKING, Generic, TypeVar, cast

from anyio import to_thread
from attrs import frozen

from ..errors import UsageError
from ..models.page import Page
from ..paging.pager import AsyncPager
from ..paging.walked import Walked
from .bridge import Bridge

if TYPE_CHECKING:
    from ..paging.thorough import AsyncThorough

__all__ = ("Pager", "Thorough", "asynchronous")

T = TypeVar("T")

_SECONDS_TO_TAKE = 0.05
_MOST_TAKEN = 100


class Pager(Generic[T]):
    """Walk a listing in server order, with pages fetched ahead.

    Nothing is sent until it is used. Iterate over the records with `for`, over whole pages with
    `pages()`, or take `first()` or `all()`. Each use starts from the first page. `thorough()` is
    for a listing that changes while it is read.

    A deadline given with the listing's `options` bounds the whole walk, from its first request to
    its last page; the client's own deadline bounds each page, and the whole of `all()`.

    Rows with an id that was just seen are dropped: they come again when something was added while
    pages were read.
    """

    def __init__(self, bridge: Bridge, source: AsyncPager[T]) -> None:
        self._bridge = bridge
        self._source = source

    def __iter__(self) -> Iterator[T]:
        with closing(self._paged()) as pages:
            for page in pages:
                rows = iter(page.items)
                del page  # nothing is kept of it while the next one is read
                yield from rows

    def pages(self) -> Iterator[Page[T]]:
        """Iterate over whole pages, duplicates dropped."""
        return self._paged()

    def _paged(self) -> Generator[Page[T]]:
        # Those that have come cross together.
        together = self._source._batches  # noqa: SLF001  # pyright: ignore[reportPrivateUsage]
        with closing(self._bridge.iterate(together)) as batches:
            for pages in batches:
                while pages:
                    yield pages.popleft()

    def first(self) -> Page[T]:
        """Fetch the first page only, with one request."""
        return self._bridge.call(self._source.first)

    def all(self, *, limit: int | None = None) -> list[T]:
        """Collect the records into a list.

        :param limit: stop after so many; only the pages needed for them are fetched.
        """
        return self._bridge.call(lambda: self._source.all(limit=limit))

    def thorough(self) -> Thorough[T]:
        """Walk the listing so that nothing is missed, and say how sure that is.

        For a listing that may change while it is read. See `Thorough` for what it promises, on
        which conditions, and what it costs: the listing is read twice at least, the first time
        one page after another. Nothing is sent until it is iterated over.
        """
        return Thorough(self._bridge, self._source.thorough())

    def _on_loop(self, bridge: Bridge) -> AsyncPager[T] | None:
        return self._source if bridge is self._bridge else None

    def __repr__(self) -> str:
        return repr(self._source).replace("<AsyncPager ", "<Pager ", 1)


class Thorough(Generic[T]):
    """Walk a listing that may change while it is read, and miss nothing; made by `thorough()`.

        walk = tk.layers.list(asset_id=asset_id).thorough()
        for layer in walk:
            print(layer.id)
        print(walk.walked)

    Every row that is in the listing from the first request to the last is handed out, and none
    twice, whatever is added or deleted meanwhile. Rows that come or go during the walk may be
    handed out or not. `walked` says whether that is certain: `confirmed` is True when it was shown,
    and False when the listing did not hold still for long enough, with the reasons in `doubts`.
    Rows are then handed out all the same, each once.

    It costs at least two readings of the listing, but one for a listing of a single page. The first
    asks for its pages one after another; the second, which checks the first, for `concurrency` at
    once. When a row was deleted or others came between, both are done again, up to three times.
    Walk in an order in which new rows come last, as the vendor's default `+created_at`: then they
    disturb nothing. One page is fetched ahead of the rows taken, so slow use makes a long walk in
    which more may change. Ids are kept in a temporary file, not in memory.

    What is assumed: rows keep their order among each other, and do not return once they are
    deleted; the server answers with what is there at the moment of the request, not with what
    it has kept; where it tells no total, a page that is not full is the last. Options that ask the
    delivery network to keep answers are left out of these requests.

    A walk can be used once. It ends by itself, or with `close()`, or when it is dropped. A
    deadline given with the listing's `options` bounds the whole of it; the client's own bounds each
    page.

    :raises DecodeError: when pages for a thousand rows on end bring nothing new: the server does
        not turn pages.
    """

    def __init__(self, bridge: Bridge, source: AsyncThorough[T]) -> None:
        self._source = source
        # Rows were taken here, or the walk was closed: it cannot be handed to the loop.
        self._begun: bool = False
        self._bridge = bridge
        #: Who uses it now; more than one only until the others were refused.
        self._users: list[object] = []
        self._batches = bridge.iterate(lambda: _Batches(source))
        self._rows = chain.from_iterable(self._batches)

    @property
    def walked(self) -> Walked:
        """How far the walk has come, and how sure it is; final when it has ended."""
        return self._source.walked

    def __iter__(self) -> Thorough[T]:
        return self

    def __next__(self) -> T:
        # Not a lock, nor a context manager: an interruption between taking it and the `try` would
        # leave it taken. Calls like these end before one is raised.
        me = object()
        try:
            self._users.append(me)
            self._refuse_others(me)
            self._begun = True
            return next(self._rows)
        finally:
            self._users.remove(me)

    def _refuse_others(self, me: object) -> None:
        if self._users[0] is not me:
            raise UsageError("Another thread is using this walk: a walk is used by one at a time.")

    def _on_loop(self, bridge: Bridge) -> AsyncThorough[T] | None:
        return self._source if bridge is self._bridge and not self._begun else None

    def close(self) -> None:
        """End the walk, and what was fetched ahead for it; harmless when done before."""
        me = object()
        try:
            self._users.append(me)
            self._refuse_others(me)
            self._begun = True
            self._rows = chain[T]()
            self._batches.close()
        finally:
            self._users.remove(me)

    def __repr__(self) -> str:
        return repr(self._source).replace("<AsyncThorough ", "<Thorough ", 1)


@frozen
class _Batches(Generic[T]):
    """The rows of a walk, a page at a time: what crosses to the loop and back."""

    source: AsyncThorough[T]

    def __aiter__(self) -> _Batches[T]:
        return self

    async def __anext__(self) -> list[T]:
        if rows := await self.source.batch():
            return rows
        raise StopAsyncIteration

    async def aclose(self) -> None:
        await self.source.aclose()


def asynchronous(items: Iterable[T], bridge: Bridge) -> AsyncIterable[T]:
    """Make iterable on the loop what a caller of the synchronous client passes.

    A pager of the same client is walked by its asynchronous self, and so is a thorough walk that
    was not begun here. Anything else may block, and may itself call a synchronous client, which on
    the loop would never end: a worker thread steps it.

    :param bridge: of the client that is called.
    """
    if isinstance(items, (Pager, Thorough)):
        whole = items._on_loop(bridge)  # noqa: SLF001  # pyright: ignore[reportPrivateUsage]
        if whole is not None:
            return whole
    given: object = items
    single = isinstance(given, (str, bytes, bytearray, memoryview, PathLike))
    if single or hasattr(given, "read") or not hasattr(given, "__iter__"):
        return cast("AsyncIterable[T]", given)  # a mistake, which the asynchronous side explains
    return _stepped_elsewhere(items)


async def _stepped_elsewhere(items: Iterable[T]) -> AsyncIterator[T]:
    iterator = await to_thread.run_sync(iter, items)
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
