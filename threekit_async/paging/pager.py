"""The pager: moves the window of pages with plain tasks."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Hashable, Iterator
from operator import attrgetter
from typing import Any, Generic, TypeVar

from attrs import evolve

from ..errors import UsageError
from ..models.page import Page
from ..options import Options
from ..session.reply import Reply
from ..session.request import Request
from ..session.session import Session
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
        self._options = options
        self._identity = identity

    async def __aiter__(self) -> AsyncIterator[T]:
        walk = self._walk(limit=None)
        try:
            async for page in walk:
                for item in page.items:
                    yield item
        finally:
            await walk.aclose()

    async def pages(self) -> AsyncIterator[Page[T]]:
        """Iterate over whole pages, duplicates dropped."""
        walk = self._walk(limit=None)
        try:
            async for page in walk:
                yield page
        finally:
            await walk.aclose()

    async def first(self) -> Page[T]:
        """Fetch the first page only, with one request."""
        request = self._page(1)
        return self._session.read(request, await self._session.fetch(request, self._options))

    async def all(self, *, limit: int | None = None) -> list[T]:
        """Collect the records into a list.

        :param limit: stop after so many; only the pages needed for them are fetched.
        """
        if limit is not None and limit < 0:
            raise UsageError(f"limit must not be negative, and it is {limit}.")
        found: list[T] = []
        if limit == 0:
            return found
        walk = self._walk(limit=limit)
        try:
            async for page in walk:
                found += page.items
        finally:
            await walk.aclose()
        return found[:limit]

    async def _walk(self, *, limit: int | None) -> AsyncGenerator[Page[T], None]:
        """Yield pages in order while the next ones are on their way.

        Plain tasks, no task group: a scope held across `yield` breaks whoever steps the
        generator from several tasks, as the sync facade does.
        """
        window = Window(per_page=self._per_page, concurrency=self._concurrency, limit=limit)
        recent = Recent()
        coming = deque(self._started(window.claim()))
        try:
            while coming:
                number, task = coming.popleft()
                reply = await task
                # The next page is on its way while this one is read.
                coming.extend(self._started(window.claim(arriving=1)))
                page = self._session.read(self._request, reply)
                items = recent.fresh(page, self._identity, number=number)
                window.arrived(
                    rows=len(page.items),
                    taken=len(items),
                    per_page=page.per_page,
                    count=page.count,
                )
                if window.ended:
                    await _end(coming)
                coming.extend(self._started(window.claim()))
                if items or number == 1:
                    yield evolve(page, items=items)
        finally:
            await _end(coming)

    def _started(self, numbers: range) -> Iterator[tuple[int, asyncio.Task[Reply]]]:
        for number in numbers:
            yield number, self._session.in_background(self._fetch(number))

    def _page(self, number: int) -> Request[Page[T]]:
        query = {**self._request.query, "perPage": self._per_page, "page": number}
        return evolve(self._request, query=query)

    async def _fetch(self, number: int) -> Reply:
        return await self._session.fetch(self._page(number), self._options)

    def __repr__(self) -> str:
        return (
            f"<AsyncPager {self._request} per_page={self._per_page} "
            f"concurrency={self._concurrency}>"
        )


async def _end(coming: deque[tuple[int, asyncio.Task[Reply]]]) -> None:
    """Cancel what is still on its way, and wait until it is gone."""
    tasks = [task for _, task in coming]
    coming.clear()
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
