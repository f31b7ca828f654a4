"""The pager: moves the window of pages with plain tasks."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Callable, Hashable
from operator import attrgetter
from typing import Any, Generic, TypeVar

from attrs import define, evolve, field

from ..errors import UsageError
from ..events import PageRead
from ..models.page import Page
from ..options import Options, accepted
from ..session.reply import Reply
from ..session.request import Request
from ..session.session import Session
from ..session.span import Span
from .window import Recent, Window

__all__ = ("MOST_PER_PAGE", "AsyncPager")

T = TypeVar("T")

MOST_PER_PAGE = 100
"""The vendor's largest page."""


_identity: Callable[[Any], Hashable] = attrgetter("id")


class AsyncPager(Generic[T]):
    """Walk a listing in server order, with pages fetched ahead.

    Nothing is sent until it is used. Iterate over the records with `async for`, over whole pages
    with `pages()`, or take `first()` or `all()`. Each use starts from the first page.

    A deadline given with the listing's `options` bounds the whole walk, from its first request to
    its last page; the client's own deadline bounds each page, and the whole of `all()`.

    Rows with an id that was just seen are dropped: they come again when something was added while
    pages were read.
    """

    def __init__(
        self,
        session: Session,
        request: Request[Page[T]],
        *,
        per_page: int = MOST_PER_PAGE,
        concurrency: int = 8,
        options: Options | None = None,
        identity: Callable[[T], Hashable] = _identity,
    ) -> None:
        if not 1 <= per_page <= MOST_PER_PAGE:
            raise UsageError(
                f"per_page must be between 1 and {MOST_PER_PAGE}, not {per_page}; nothing was sent."
            )
        if concurrency < 1:
            raise UsageError(f"concurrency must be at least 1, not {concurrency}.")
        self._session = session
        self._request = request
        self._per_page = per_page
        self._concurrency = concurrency
        self._options = accepted(options)
        self._identity = identity

    async def __aiter__(self) -> AsyncIterator[T]:
        walk = self._walk(limit=None, span=self._own_span())
        try:
            while (page := await walk.page()) is not None:
                for item in page.items:
                    yield item
        finally:
            await walk.end()

    async def pages(self) -> AsyncIterator[Page[T]]:
        """Iterate over whole pages, duplicates dropped."""
        walk = self._walk(limit=None, span=self._own_span())
        try:
            while (page := await walk.page()) is not None:
                yield page
        finally:
            await walk.end()

    async def first(self) -> Page[T]:
        """Fetch the first page only, with one request."""
        return self._session.read(self._request, await self._fetch(1, self._options))

    async def all(self, *, limit: int | None = None) -> list[T]:
        """Collect the records into a list.

        :param limit: stop after so many; only the pages needed for them are fetched.
        """
        if limit is not None and limit < 0:
            raise UsageError(f"limit must not be negative, and it is {limit}.")
        found: list[T] = []
        if limit == 0:
            return found
        walk = self._walk(limit=limit, span=self._session.within(self._options))
        try:
            while (page := await walk.page()) is not None:
                found += page.items
        finally:
            await walk.end()
        return found[:limit]

    def _own_span(self) -> Span | None:
        """Bound a walk whose pace is the caller's: only by what was asked for this listing."""
        given = self._options
        return None if given.deadline is None else self._session.within(given)

    def _walk(self, *, limit: int | None, span: Span | None) -> _Walk[T]:
        def start(number: int) -> asyncio.Task[Reply]:
            options = self._options if span is None else span.options()
            return self._session.in_background(self._fetch(number, options, bulk=True))

        return _Walk(
            path=self._request.path,
            session=self._session,
            window=Window(per_page=self._per_page, concurrency=self._concurrency, limit=limit),
            start=start,
            read=lambda reply: self._session.read(self._request, reply),
            identity=self._identity,
            recent=Recent(asked=str(self._request)),
        )

    async def _fetch(self, number: int, options: Options | None, *, bulk: bool = False) -> Reply:
        query = {**self._request.query, "perPage": self._per_page, "page": number}
        return await self._session.fetch(evolve(self._request, query=query), options, bulk=bulk)

    def __repr__(self) -> str:
        return (
            f"<AsyncPager {self._request} per_page={self._per_page} "
            f"concurrency={self._concurrency}>"
        )


@define(kw_only=True)
class _Walk(Generic[T]):
    """One pass over a listing: pages in order, while the next ones are on their way.

    Plain tasks, no task group: a scope held across `yield` breaks whoever steps a generator from
    several tasks, as the sync facade does. And no generator of its own: a loop that ends closes
    all generators at once, and one inside another would be closed twice.
    """

    path: str
    session: Session
    window: Window
    start: Callable[[int], asyncio.Task[Reply]]
    read: Callable[[Reply], Page[T]]
    identity: Callable[[T], Hashable]
    recent: Recent
    _coming: deque[tuple[int, asyncio.Task[Reply]]] = field(
        factory=deque[tuple[int, "asyncio.Task[Reply]"]], init=False
    )

    async def page(self) -> Page[T] | None:
        """Return the next page with rows, without those seen before; None after the last."""
        self._send(self.window.claim())
        while self._coming:
            number, task = self._coming.popleft()
            began = self.session.clock()
            reply = await _arrived(task)
            waited = self.session.clock() - began
            # The next page is on its way while this one is read.
            self._send(self.window.claim(arriving=1))
            page = self._taken(number, self.read(reply), waited)
            if self.window.ended:
                await self.end()
            self._send(self.window.claim())
            if page.items or number == 1:
                return page
        return None

    def _send(self, numbers: range) -> None:
        self._coming.extend((number, self.start(number)) for number in numbers)

    def _taken(self, number: int, page: Page[T], waited: float) -> Page[T]:
        items = self.recent.fresh(page, self.identity, number=number)
        self.window.arrived(
            rows=len(page.items), taken=len(items), per_page=page.per_page, count=page.count
        )
        self._tell(number, rows=len(page.items), taken=len(items), waited=waited)
        return evolve(page, items=items)

    def _tell(self, number: int, *, rows: int, taken: int, waited: float) -> None:
        self.session.stats.pages += 1
        narrator = self.session.narrator
        if narrator.hears(PageRead):
            dropped = rows - taken
            narrator.tell(
                PageRead(path=self.path, number=number, rows=rows, dropped=dropped, seconds=waited)
            )

    async def end(self) -> None:
        """Cancel what is still on its way, and wait until it is gone."""
        tasks = [task for _, task in self._coming]
        self._coming.clear()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def _arrived(task: asyncio.Task[Reply]) -> Reply:
    try:
        return await task
    except asyncio.CancelledError:
        caller = asyncio.current_task()
        if caller is None or caller.cancelling() or not task.cancelled():
            raise
        raise UsageError("The client was closed while pages were read.") from None
