"""How many requests start in a second, and when none may. Pure: the clock is an argument."""

from __future__ import annotations

import math

__all__ = ("Pace",)

# What a server that is refusing lets through is not known: halve, but never to nothing ...
_FLOOR = 1 / 16
# ... and from nothing a rate would take this many seconds of calm to be whole again.
_RECOVERY = 30.0
# Pauses in seconds: the first after a refusal that names no time, the longest of those, and the
# longest of all; a server that says "tomorrow" is asked again before, by whoever still wants to.
_PAUSE, _LONG_PAUSE, _LONGEST = 0.25, 8.0, 120.0
# Tokens are sums of fractions.
_NEARLY_ONE = 1 - 1e-9


class Pace:
    """A token bucket that learns from refusals.

    Requests start at `rate` a second on average, and up to `burst` at once after a calm time. A
    refusal (status 429) pauses everybody until the server's time, and halves the rate, down to a
    sixteenth; from then on it grows back steadily. Refusals of requests that were under way when
    the rate was halved say nothing new: they lengthen the pause at most.

    A server that names no time gets a quarter of a second, twice as long for each refusal that
    follows with nothing accepted in between, at most 8 s. No pause is longer than 120 s.

    :param rate: starts a second; None knows only pauses.
    :param burst: by default what `rate` allows in a second, at least 1.
    """

    __slots__ = (
        "_at",
        "_paused",
        "_rate",
        "_refused",
        "_row",
        "_tokens",
        "_whole",
        "burst",
        "idle",
        "rate",
    )

    def __init__(self, rate: float | None = None, burst: int | None = None) -> None:
        self.rate: float | None = rate
        self.burst: float = float(burst or max(1, math.floor(rate or 1)))
        #: Nothing is held back, whatever the time is.
        self.idle: bool = rate is None
        self._whole = self._rate = rate or 0.0
        self._tokens = self.burst
        self._at = -math.inf
        self._paused = -math.inf
        self._refused = -math.inf
        self._row = 0

    def delay(self, now: float) -> float:
        """Take one start if it may be made now, and return 0.0.

        Otherwise nothing is taken, and the answer is after how many seconds to ask again: by then
        a refusal may have changed everything.
        """
        if now < self._paused:
            return self._paused - now
        if self.rate is None:
            self.idle = True
            return 0.0
        self._refill(now)
        if self._tokens < _NEARLY_ONE:
            return (1 - self._tokens) / self._rate
        self._tokens -= 1
        return 0.0

    def give_back(self) -> None:
        """Put back a start that was taken and not made."""
        self._tokens = min(self.burst, self._tokens + 1)

    def refused(self, now: float, seconds: float | None, *, began: float) -> None:
        """Learn that the server wants less.

        :param seconds: how long it wants to be left alone; None when it does not say.
        :param began: when the refused request began.
        """
        if began >= self._refused:
            self._refused = now
            self._row += 1
            self._slow_down(now)
        if seconds is None:
            seconds = min(_LONG_PAUSE, _PAUSE * 2.0 ** min(max(0, self._row - 1), 10))
        self._paused = max(self._paused, now + min(seconds, _LONGEST))
        # Starts are not saved up in a pause.
        self._at = max(self._at, self._paused)
        self._tokens = 0.0
        self.idle = False

    def accepted(self, *, began: float) -> None:
        """Learn that the server took a request, whatever it answered."""
        if began >= self._refused:
            self._row = 0

    def paused(self, now: float) -> float:
        """Say for how many seconds nothing may start."""
        return max(0.0, self._paused - now)

    def rate_at(self, now: float) -> float | None:
        """Say how many starts a second are allowed now; None when there is no bound."""
        return None if self.rate is None else self._grown(now)

    def _slow_down(self, now: float) -> None:
        self._refill(now)
        self._rate = max(self._whole * _FLOOR, self._rate / 2)

    def _refill(self, now: float) -> None:
        if now <= self._at:
            return
        grown = self._grown(now)
        if self._at > -math.inf:
            mean = (self._rate + grown) / 2
            self._tokens = min(self.burst, self._tokens + mean * (now - self._at))
        self._rate, self._at = grown, now

    def _grown(self, now: float) -> float:
        """Return what the rate has grown to since it was last looked at."""
        calm = now - self._at
        if not 0 < calm < math.inf:
            return self._rate
        return min(self._whole, self._rate + self._whole / _RECOVERY * calm)
