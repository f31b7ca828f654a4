"""When a listing that changes is known to have been read whole. Pure.

To be shown: a row that was in the listing from the first request to the end of the check has been
handed out.

A *sweep* reads pages of n rows strictly one after another: the next is asked for when the answer
for the one before has come. It is *clean* when its pages are full up to the last, and its rows
distinct. Say that it missed a row x. Then x lay behind page 1 when that was read, and at the end
it lay behind no page. So there is a first page p + 1 at whose moment fewer than p * n rows were in
front of x, while x had been behind each of the pages 1 to p when they were read. The p * n rows
of these were in front of x at their moments, and rows keep their order: those that still live are
in front of it. There is no room for all of them, so one of them is gone. The end is no exception:
a last page that is short, or a total that is filled, leaves no room for all of them and x either.

Hence, when every row of a clean sweep is still there after its end, it has missed nothing. The
*check* is a second sweep that sees them all again. It needs no order of requests, so it asks for
pages concurrently. It must begin with the very rows of the first, in the same order: more than
the proof needs, so that a listing whose rows change places, or a server that left rows out once,
is noticed. A sweep of one page shows one moment and needs no check.

Assumed of the server: rows keep their order among each other, and do not come back once they are
gone; a page is what the listing is at one moment after it was asked for; without a total, only the
last page is short; a total is that of the page's moment or later.
"""

from __future__ import annotations

from attrs import define, field

__all__ = ("Sweep",)

_NO_ACCIDENT = 1000

AGAIN = "rows came again on later pages"
UNEVEN = "pages did not have as many rows as they should"
NAMELESS = "rows had no id"
GONE = "rows went away while pages were read"
MOVED = "rows came between others, or changed places, while pages were read"
SHRANK = "the total became smaller while pages were read"


@define(kw_only=True)
class Sweep:
    """One reading of the listing, from its first page on.

    :param number: counts the sweeps of a walk, from 1.
    :param base: the sweep that this one checks; without it, pages are read one after another.
    """

    number: int
    base: Sweep | None = None
    pages: int = field(default=0, init=False)
    rows: int = field(default=0, init=False)
    total: int | None = field(default=None, init=False)
    odd: set[str] = field(factory=set[str], init=False)
    _kept: int = field(default=0, init=False)
    _in_place: int = field(default=0, init=False)
    _size: int = field(default=0, init=False)
    _had: int = field(default=0, init=False)
    _idle: int = field(default=0, init=False)

    def row(self, last: tuple[int, int] | None) -> bool:
        """Take note of the next row; say whether this sweep had it not yet.

        :param last: the sweep in which the row was seen last, and its place there.
        """
        if last is not None and last[0] == self.number:
            self.odd.add(AGAIN)
            return False
        if last is not None and self.base is not None and last[0] == self.base.number:
            self._kept += 1
            self._in_place += last[1] == self.rows
        self.rows += 1
        return True

    def page(self, *, rows: int, size: int, total: int | None, last: bool) -> None:
        """Take note that a page is read, after its rows.

        :param rows: how many it has, with those that came again.
        :param size: the rows of a full page, as the server applies it.
        :param total: of all pages; None when the server does not say.
        :param last: no page comes after it.
        """
        self.pages += 1
        if total is not None and self.total is not None and total < self.total:
            self.odd.add(SHRANK)
        if self._size not in {0, size} or not self._even(rows, size, total, last=last):
            self.odd.add(UNEVEN)
        self._idle = 0 if self.rows > self._had else self._idle + size
        self.total = self.total if total is None else total
        self._size, self._had = size, self.rows

    def _even(self, rows: int, size: int, total: int | None, *, last: bool) -> bool:
        if total is None:
            return rows == size or (last and rows < size)
        return rows == min(size, max(0, total - (self.pages - 1) * size))

    @property
    def stuck(self) -> bool:
        """Pages for a thousand rows on end brought nothing new: the server does not turn them."""
        return self._idle >= _NO_ACCIDENT

    def doubts(self) -> tuple[str, ...]:
        """Say what keeps this sweep from showing that nothing was missed, and what was odd."""
        if self.base is None:
            return tuple(sorted(self.odd))
        return tuple(sorted(self._lost(self.base) | (self.base.odd & {SHRANK})))

    def _lost(self, base: Sweep) -> set[str]:
        if self._kept < base.rows:
            return {GONE}
        return {MOVED} if self._in_place < base.rows else set()

    def shows(self) -> bool:
        """Tell whether nothing was missed: by a sweep, if its check agrees; by its check, at all.

        A total that became smaller is no proof of the contrary: the rows may have gone before
        they were reached.
        """
        return not set(self.doubts()) - {SHRANK}
