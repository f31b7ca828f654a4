"""How many repeated attempts a client may still make. Pure."""

from __future__ import annotations

__all__ = ("RetryBudget",)

# Counted in whole fifths: five successes pay for one attempt, exactly.
_FIFTHS = 5
_SECONDS_A_FIFTH = 2.0


class RetryBudget:
    """Credit for repeated attempts, shared by all calls of a client.

    Each repeated attempt costs 1, each success pays 0.2 back, and there is never more than
    `capacity`. While a server fails now and then the credit stays full; once everything fails it
    is spent after `capacity` attempts, and no call repeats anything until calls succeed again, or
    time has passed: 10 seconds pay for one attempt, so that a client which rests overnight is not
    found without credit in the morning.
    """

    __slots__ = ("_fifths", "_refilled", "capacity")

    def __init__(self, capacity: int) -> None:
        self.capacity: int = capacity
        self._fifths = capacity * _FIFTHS
        #: The reading of the clock up to which time has paid.
        self._refilled: float | None = None

    @property
    def left(self) -> float:
        """What is left; an attempt needs 1."""
        return self._fifths / _FIFTHS

    def refill(self, now: float) -> None:
        """Take in what the time since the last look pays.

        :param now: a reading of a steady clock, in seconds.
        """
        if self._refilled is None:
            self._refilled = now
        paid = int((now - self._refilled) / _SECONDS_A_FIFTH)
        self._refilled += paid * _SECONDS_A_FIFTH
        self._fifths = min(self.capacity * _FIFTHS, self._fifths + paid)

    def spend(self) -> None:
        """Pay for one repeated attempt."""
        self._fifths = max(0, self._fifths - _FIFTHS)

    def earn(self) -> None:
        """Take in what one success pays."""
        if self._fifths < self.capacity * _FIFTHS:
            self._fifths += 1

    def __repr__(self) -> str:
        return f"<RetryBudget {self.left:g} of {self.capacity} left>"
