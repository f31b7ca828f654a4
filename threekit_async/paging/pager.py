"""The pager: moves the window of pages."""

from __future__ import annotations

from collections import deque
from collections.abc import AsyncIterator, Callable, Coroutine, Hashable
from operator import attrgetter
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from attrs import define, evolve, field

from ..errors import UsageError
from ..models.page import Page
from ..options import Options, accepted
from ..session.reply import Reply
from ..session.request import Request
from ..session.session import Session
from ..session.span import Span
from .ahead import Ahead
from .window import Recent, Window

if TYPE_CHECKING:
    from .thorough import AsyncThorough

__all__ = ("MOST_PER_PAGE", "AsyncPager")

T = TypeVar("T")

MOST_PER_PAGE = 100
"""The vendor's largest page."""


# Each step of the synchronous client costs as much as reading a third of a page. More at a time
# would save little, and live long enough for the garbage collector to look at.
_MOST_TOGETHER = 3


def _is_whole(number: object) -> bool:
    return type(number) is int


_identity: Callable[[Any], Hashable] = attrgetter("id")


class AsyncPager(Generic[T]):
    """Walk a listing in server order, with pages fetched ahead.

    Nothing is sent until it is used. Iterate over the records with `async for`, over whole pages
    with `pages()`, or take `first()` or `all()`. Each use starts from the first page.
    `thorough()` is for a listing that changes while it is read.

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
        if not _is_whole(per_page) or not 1 <= per_page <= MOST_PER_PAGE:
            raise UsageError(
                f"per_page must be between 1 and {MOST_PER_PAGE}, not {per_page!r}; nothing was "
                "sent."
            )
        if not _is_whole(concurrency) or concurrency < 1:
            raise UsageError(f"concurrency must be at least 1, not {concurrency!r}.")
        self._session = session
        self._request = request
        self._per_page = per_page
        self._concurrency = concurrency
        self._options = accepted(options)
        self._identity = identity

    async def __aiter__(self) -> AsyncIterator[T]:
        walk = self._walk(limit=None, span=self._own_span(self._options))
        try:
            while (page := await walk.page()) is not None:
                for item in page.items:
                    yield item
        finally:
            await walk.end()

    async def pages(self) -> AsyncIterator[Page[T]]:
        """Iterate over whole pages, duplicates dropped."""
        walk = self._walk(limit=None, span=self._own_span(self._options))
        try:
            while (page := await walk.page()) is not None:
                yield page
        finally:
            await walk.end()

    async def _batches(self) -> AsyncIterator[deque[Page[T]]]:
        """Iterate over pages, those together that have come: for whoever pays for each step."""
        walk = self._walk(limit=None, span=self._own_span(self._options))
        try:
            while pages := await walk.batch():
                yield pages
        finally:
            await walk.end()

    async def first(self) -> Page[T]:
        """Fetch the first page only, with one request."""
        return self._session.read(self._request, await self._fetch(1, self._options))

    async def all(self, *, limit: int | None = None) -> list[T]:
        """Collect the records into a list.

        :param limit: stop after so many; only the pages needed for them are fetched.
        """
        if limit is not None and (not _is_whole(limit) or limit < 0):
            raise UsageError(f"limit must be a whole number, and not negative; it is {limit!r}.")
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

    def thorough(self) -> AsyncThorough[T]:
        """Walk the listing so that nothing is missed, and say how sure that is.

        For a listing that may change while it is read. See `AsyncThorough` for what it promises,
        on which conditions, and what it costs: the listing is read twice at least, the first time
        one page after another. Nothing is sent until it is iterated over.
        """
        from .thorough import AsyncThorough

        return AsyncThorough(
            begin=self._uncached,
            per_page=self._per_page,
            concurrency=self._concurrency,
            identity=self._identity,
            asked=str(self._request),
        )

    def _uncached(self) -> Ahead[T]:
        """Begin a walk whose pages are as the listing is now, not as a cache once saw it."""
        options = self._options.uncached()
        return self._ahead(options, self._own_span(options))

    def _own_span(self, given: Options) -> Span | None:
        """Bound a walk whose pace is the caller's: only by what was asked for this listing."""
        return None if given.deadline is None else self._session.within(given)

    def _walk(self, *, limit: int | None, span: Span | None) -> _Walk[T]:
        return _Walk(
            ahead=self._ahead(self._options, span),
            window=Window(per_page=self._per_page, concurrency=self._concurrency, limit=limit),
            identity=self._identity,
            recent=Recent(asked=str(self._request)),
        )

    def _ahead(self, given: Options, span: Span | None) -> Ahead[T]:
        def fetch(number: int) -> Coroutine[Any, Any, Reply]:
            options = given if span is None else span.options()
            return self._fetch(number, options, bulk=True)

        return Ahead(session=self._session, request=self._request, fetch=fetch)

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
    """One pass over a listing: pages in order, while the next ones are on their way."""

    ahead: Ahead[T]
    window: Window
    identity: Callable[[T], Hashable]
    recent: Recent
    _trouble: Exception | None = field(default=None, init=False)

    async def batch(self) -> deque[Page[T]]:
        """Return the next page, and those after it that have come already; empty after the last.

        An error is raised after the pages before it.
        """
        if self._trouble is not None:
            raise self._trouble
        pages = deque[Page[T]]()
        if (page := await self.page()) is not None:
            pages.append(page)
        try:
            while page is not None and len(pages) < _MOST_TOGETHER and self.ahead.arrived:
                if (page := await self.page()) is not None:
                    pages.append(page)
        except Exception as error:  # noqa: BLE001  # raised by the next batch
            self._trouble = error
        return pages

    async def page(self) -> Page[T] | None:
        """Return the next page with rows, without those seen before; None after the last."""
        self.ahead.send(self.window.claim())
        while self.ahead.coming:
            number, reply, waited = await self.ahead.take()
            # The next page is on its way while this one is read.
            self.ahead.send(self.window.claim(arriving=1))
            page = self._taken(number, self.ahead.read(reply), waited)
            if self.window.ended:
                await self.end()
            self.ahead.send(self.window.claim())
            if page.items or number == 1:
                return page
        return None

    def _taken(self, number: int, page: Page[T], waited: float) -> Page[T]:
        items = self.recent.fresh(page, self.identity, number=number)
        rows, taken = len(page.items), len(items)
        self.window.arrived(rows=rows, taken=taken, per_page=page.per_page, count=page.count)
        self.ahead.tell(number, rows=rows, taken=taken, waited=waited)
        return evolve(page, items=items)

    async def end(self) -> None:
        """Cancel what is still on its way, and wait until it is gone."""
        await self.ahead.end()
