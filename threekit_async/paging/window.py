"""Which page comes next, when a listing ends, and what was seen before. Pure."""

from __future__ import annotations

import math
from collections.abc import Callable, Hashable
from itertools import islice
from typing import TypeVar

from attrs import define, field

from ..errors import DecodeError
from ..models.page import Page

__all__ = ("Recent", "Window", "not_turned")

T = TypeVar("T")

_REMEMBERED = 20_000
_MOST_STALE = 3
_NO_ACCIDENT = 10


@define(kw_only=True)
class Window:
    """Decide which pages may be in flight.

    Without a total it is unknown how many pages there are, so one is asked for first, and then a
    quarter of `concurrency` more is in flight for each full page seen, up to all of it. With a
    total (`count`) or a `limit` of rows, nothing beyond the last page needed is asked for. A page
    with fewer rows than asked for is the last one when there is no total.
    """

    per_page: int
    concurrency: int
    limit: int | None = None
    _asked: int = field(default=0, init=False)
    _read: int = field(default=0, init=False)
    _ahead: int = field(default=1, init=False)
    _last: int | None = field(default=None, init=False)

    @property
    def ended(self) -> bool:
        """No page is left to be read."""
        return self._read >= self._bound()

    def claim(self, *, arriving: int = 0) -> range:
        """Return the pages to ask for now, and count them as asked for.

        :param arriving: pages that have come but are not taken note of: they need no place.
        """
        ahead = self.concurrency if self.limit is not None else self._ahead
        stop = min(self._read + arriving + min(ahead, self.concurrency), self._bound())
        claimed = range(self._asked + 1, int(stop) + 1)
        self._asked = max(self._asked, int(stop))
        return claimed

    def arrived(
        self, *, rows: int, taken: int, per_page: int | None = None, count: int | None = None
    ) -> None:
        """Take note of the next page in order.

        :param rows: how many rows it has, and `taken` how many of them were new.
        :param per_page: the size its envelope says was applied; a server may use a smaller one.
        :param count: the total its envelope says.
        """
        self._read += 1
        self.per_page = min(per_page or self.per_page, self.per_page)
        if self.limit is not None:
            self.limit = max(0, self.limit - taken)
        if count is not None:
            self._ahead = self.concurrency
            # A total that leaves the filters out says nothing about a listing without rows.
            self._last = -(-count // self.per_page) if rows or self._read > 1 else self._read
        elif rows < self.per_page:
            self._last = self._read
        else:
            self._ahead = max(self._ahead, -(-self.concurrency * self._read // 4))

    def _bound(self) -> float:
        """Return the number of the last page worth asking for, as far as is known."""
        needed = math.inf if self.limit is None else self._read + -(-self.limit // self.per_page)
        return min(needed, math.inf if self._last is None else self._last)


def not_turned(asked: str, *, number: int, rows: int) -> DecodeError:
    """Say that the server does not turn pages.

    :param asked: verb and path; `number` is the page's, and `rows` how many it has.
    """
    what = "rows seen before, and no others," if rows else "no rows, though its total is larger,"
    return DecodeError(
        f"{asked}: the server sent {what} for page {number}. "
        "The server may not support paging here: try a larger per_page, or another sort."
    )


@define
class Recent:
    """Remember the rows of the last pages, to drop those that come again.

    A row comes again when others were added in front of it while pages were read. It shows up a
    page or a few later, so the last 20,000 rows are remembered and memory stays flat.

    :param asked: verb and path, as `GET /api/layers`, for the error.
    """

    asked: str = "The listing"
    _seen: dict[Hashable, None] = field(factory=dict[Hashable, None])
    _before: tuple[Hashable, ...] = ()
    _stale: int = 0

    def fresh(self, page: Page[T], key: Callable[[T], Hashable], *, number: int) -> list[T]:
        """Return the rows not seen before.

        :raises DecodeError: when a page of ten rows or more is the page before once more, or three
            pages in a row bring nothing new: the server does not turn pages, and the walk would
            miss rows or never end.
        """
        rows = dict(zip(map(key, page.items), page.items, strict=True))
        before, self._before = self._before, tuple(rows)
        for identity in rows.keys() & self._seen.keys():
            del rows[identity]
        # Rows added in front can repeat a small page exactly; a large one is no accident.
        repeated = len(self._before) >= _NO_ACCIDENT and self._before == before
        self._stale = 0 if rows else self._stale + 1
        if repeated or self._stale >= _MOST_STALE:
            raise not_turned(self.asked, number=number, rows=len(page.items))
        self._seen.update(dict.fromkeys(rows))
        self._forget()
        return list(rows.values())

    def _forget(self) -> None:
        surplus = len(self._seen) - _REMEMBERED
        for identity in list(islice(self._seen, max(0, surplus))):
            del self._seen[identity]
