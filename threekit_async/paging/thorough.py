"""The walk that misses nothing: moves through the sweeps of its course."""

from __future__ import annotations

import weakref
from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

from ..errors import UnprocessableError, UsageError
from ..models.page import Page
from .ahead import Ahead
from .course import Course
from .seen import Seen
from .sweep import NAMELESS, UNEVEN
from .walked import Walked
from .window import Window, not_turned

__all__ = ("AsyncThorough",)

T = TypeVar("T")


class AsyncThorough(Generic[T]):
    """Walk a listing that may change while it is read, and miss nothing; made by `thorough()`.

        walk = tk.layers.list(asset_id=asset_id).thorough()
        async for layer in walk:
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

    A walk can be used once. It ends by itself, or with `aclose()`, or when it is dropped. A
    deadline given with the listing's `options` bounds the whole of it; the client's own bounds each
    page.

    :raises DecodeError: when pages for a thousand rows on end bring nothing new: the server does
        not turn pages.
    """

    def __init__(
        self,
        *,
        begin: Callable[[], Ahead[T]],
        per_page: int,
        concurrency: int,
        identity: Callable[[T], Hashable],
        asked: str,
    ) -> None:
        self._begin = begin
        self._per_page = per_page
        self._concurrency = concurrency
        self._identity = identity
        self._asked = asked
        self._course = Course()
        self._window = Window(per_page=per_page, concurrency=1)
        self._moving: tuple[Ahead[T], Seen] | None = None
        self._finalizer: weakref.finalize[..., AsyncThorough[T]] | None = None
        self._rows: list[T] = []
        self._stepping = False
        self._closed = False

    @property
    def walked(self) -> Walked:
        """How far the walk has come, and how sure it is; final when it has ended."""
        return self._course.walked()

    def __aiter__(self) -> AsyncThorough[T]:
        return self

    async def __anext__(self) -> T:
        if not self._rows:
            self._rows = (await self.batch())[::-1]
        if not self._rows:
            raise StopAsyncIteration
        return self._rows.pop()

    async def batch(self) -> list[T]:
        """Return the next rows, those of one page that were not handed out; none at the end.

        :raises UsageError: while another task waits for rows of this walk.
        """
        if self._stepping:
            raise UsageError("Another task waits for rows of this walk: take them in one place.")
        self._stepping = True
        try:
            return await self._step()
        except BaseException as error:
            closed = self._closed
            await self.aclose()
            # Whoever closes a walk ends it for those who wait as well.
            if closed and isinstance(error, UsageError):
                return []
            raise
        finally:
            self._stepping = False

    async def _step(self) -> list[T]:
        rows: list[T] = []
        if self._moving is None and not self._closed:
            self._moving = self._opened()
        while self._moving is not None and not rows:
            rows = await self._page(*self._moving)
        return rows

    def _opened(self) -> tuple[Ahead[T], Seen]:
        ahead, seen = self._begin(), Seen()
        # A loop that is left early drops the walk, and says nothing.
        self._finalizer = weakref.finalize(self, _dropped, ahead, seen)
        self._finalizer.atexit = False
        ahead.send(self._window.claim())
        return ahead, seen

    async def _page(self, ahead: Ahead[T], seen: Seen) -> list[T]:
        """Take the page that is due, and return the rows of it that were never handed out."""
        number = self._course.sweep.pages + 1
        page, waited = await self._arrived(ahead)
        if self._closed:
            return []
        fresh = self._noted(page, seen)
        ahead.tell(number, rows=len(page.items), taken=len(fresh), waited=waited)
        await self._go_on(ahead)
        return fresh

    async def _arrived(self, ahead: Ahead[T]) -> tuple[Page[T], float]:
        sweep = self._course.sweep
        try:
            _, reply, waited = await ahead.take()
        except UnprocessableError:
            # Promised by a total, and out of range by now; without one it is a plain refusal.
            if sweep.total is None:
                raise
            sweep.odd.add(UNEVEN)
            return Page(items=list[T]()), 0.0
        return ahead.read(reply), waited

    def _noted(self, page: Page[T], seen: Seen) -> list[T]:
        sweep, window, rows = self._course.sweep, self._window, len(page.items)
        before = sweep.rows
        fresh = [item for item in page.items if self._is_fresh(item, seen)]
        repeated = rows - (sweep.rows - before)
        window.arrived(rows=rows, taken=rows, per_page=page.per_page, count=page.count)
        self._course.page(
            rows=rows,
            repeated=repeated,
            given=len(fresh),
            size=window.per_page,
            total=page.count,
            last=window.ended,
        )
        if sweep.stuck and not window.ended:
            raise not_turned(self._asked, number=sweep.pages, rows=rows)
        return fresh

    def _is_fresh(self, item: T, seen: Seen) -> bool:
        """Take note of a row; say whether it was never handed out."""
        sweep, row = self._course.sweep, self._identity(item)
        if isinstance(row, int):  # the object's own number, for want of an id
            sweep.odd.add(NAMELESS)
            return sweep.row(None) and sweep.number == 1
        last, place = seen.last(row), sweep.rows
        if not sweep.row(last):
            return False
        seen.note(row, sweep=sweep.number, place=place)
        return last is None

    async def _go_on(self, ahead: Ahead[T]) -> None:
        """Ask for what comes after the page that was noted: it comes while its rows are used."""
        if self._course.ended:
            await self.aclose()
            return
        if self._window.ended:
            await ahead.end()
            checks = self._course.sweep.base is not None
            concurrency = self._concurrency if checks else 1
            self._window = Window(per_page=self._per_page, concurrency=concurrency)
        ahead.send(self._window.claim())

    async def aclose(self) -> None:
        """End the walk, and what was fetched ahead for it; harmless when done before."""
        self._closed = True
        self._rows = []
        if self._moving is not None:
            ahead, seen = self._moving
            self._moving = None
            if self._finalizer is not None:
                self._finalizer.detach()
            seen.close()
            await ahead.end()

    def __repr__(self) -> str:
        walked = self.walked
        return (
            f"<AsyncThorough {self._asked} rows={walked.rows} pages={walked.pages} "
            f"sweeps={walked.sweeps} {self._state()}>"
        )

    def _state(self) -> str:
        walked = self.walked
        if walked.confirmed:
            return "confirmed"
        if walked.ended:
            return "not confirmed"
        return "closed" if self._closed else "reading" if self._moving else "not begun"


def _dropped(ahead: Ahead[T], seen: Seen) -> None:
    seen.close()
    ahead.abandon()
