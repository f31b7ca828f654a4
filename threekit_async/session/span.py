"""One deadline over the several steps of a call. Pure but for the clock."""

from __future__ import annotations

from collections.abc import Callable

from attrs import evolve, frozen

from ..errors import DeadlineError
from ..options import Options

__all__ = ("Span",)


@frozen(kw_only=True)
class Span:
    """How long a call of several steps may take, from its first step on.

    `deadline` is in seconds and None when there is no end; `until` is a reading of the clock.
    """

    given: Options
    deadline: float | None
    until: float | None
    clock: Callable[[], float]

    @classmethod
    def begin(
        cls, options: Options | None, deadline: float | None, clock: Callable[[], float]
    ) -> Span:
        """Start to count now."""
        until = None if deadline is None else clock() + deadline
        return cls(given=options or Options(), deadline=deadline, until=until, clock=clock)

    def left(self) -> float | None:
        """Say how many seconds are left; less than 0 when there are none, None without an end."""
        return None if self.until is None else self.until - self.clock()

    def options(self) -> Options:
        """Return the options of the next step: those of the call, with what is left of its time.

        :raises DeadlineError: when nothing is left.
        """
        left = self.left()
        if left is None:
            return self.given
        if left <= 0:
            raise DeadlineError(
                f"The deadline of {self.deadline:g} s passed between two steps of the call; those "
                "before it are done. Try again, or allow more with Options(deadline=...).",
                sent=True,
            )
        return evolve(self.given, deadline=left)
