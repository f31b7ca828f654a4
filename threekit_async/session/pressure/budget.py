"""How many repeated attempts a client may still make. Pure."""

from __future__ import annotations

__all__ = ("RetryBudget",)

# Counted in whole fifths: five successes pay for one attempt, exactly.
_FIFTHS = 5


class RetryBudget:
    """Credit for repeated attempts, shared by all calls of a client.

    Each repeated attempt costs 1, each success pays 0.2 back, and there is never more than
    `capacity`. While a server fails now and then the credit stays full; once everything fails it
    is spent after `capacity` attempts, and no call repeats anything until calls succeed again.
    """

    __slots__ = ("_fifths", "capacity")

    def __init__(self, capacity: int) -> None:
        self.capacity = capacity
        self._fifths = capacity * _FIFTHS

    @property
    def left(self) -> float:
        """What is left; an attempt needs 1."""
        return self._fifths / _FIFTHS

    def spend(self) -> None:
        """Pay for one repeated attempt."""
        self._fifths = max(0, self._fifths - _FIFTHS)

    def earn(self) -> None:
        """Take in what one success pays."""
        if self._fifths < self.capacity * _FIFTHS:
            self._fifths += 1

    def __repr__(self) -> str:
        return f"<RetryBudget {self.left:g} of {self.capacity} left>"
