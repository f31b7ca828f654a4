"""Which sweep comes next, and when a thorough walk has come to its end. Pure."""

from __future__ import annotations

from attrs import define, field

from .sweep import Sweep
from .walked import Walked

__all__ = ("MOST_ROUNDS", "Course")

MOST_ROUNDS = 3
"""How often a sweep and its check are tried before a walk ends unconfirmed."""


@define
class Course:
    """The sweeps of a walk: one that reads, one that checks it, and both again when in doubt."""

    sweep: Sweep = field(factory=lambda: Sweep(number=1), init=False)
    ended: bool = field(default=False, init=False)
    _confirmed: bool = field(default=False, init=False)
    _rounds: int = field(default=1, init=False)
    _rows: int = field(default=0, init=False)
    _late: int = field(default=0, init=False)
    _pages: int = field(default=0, init=False)
    _duplicates: int = field(default=0, init=False)
    _doubts: tuple[str, ...] = field(default=(), init=False)

    def page(
        self, *, rows: int, repeated: int, given: int, size: int, total: int | None, last: bool
    ) -> None:
        """Take note that a page is read, after its rows; of the last one, that the sweep ended.

        :param repeated: of its rows, those that this sweep had already.
        :param given: those that are handed out now. The others are as for `Sweep.page`.
        """
        self.sweep.page(rows=rows, size=size, total=total, last=last)
        self._pages += 1
        self._rows += given
        self._late += given if self.sweep.number > 1 else 0
        self._duplicates += repeated
        if last:
            self._swept(self.sweep)

    def _swept(self, done: Sweep) -> None:
        if not done.shows():
            self._again(done)
        elif done.base is not None or done.pages == 1:
            self.ended = self._confirmed = True
        else:
            self.sweep = Sweep(number=done.number + 1, base=done)

    def _again(self, done: Sweep) -> None:
        if self._rounds == MOST_ROUNDS:
            self.ended = True
            self._doubts = done.doubts()
        else:
            self._rounds += 1
            self.sweep = Sweep(number=done.number + 1)

    def walked(self) -> Walked:
        """Say how far the walk has come."""
        return Walked(
            rows=self._rows,
            pages=self._pages,
            sweeps=self.sweep.number,
            late=self._late,
            duplicates=self._duplicates,
            ended=self.ended,
            confirmed=self._confirmed,
            doubts=self._doubts,
        )
