"""How many requests a server bears at once, found out by watching it. Pure: no clock, no waits."""

from __future__ import annotations

import math

from attrs import frozen

from .answer_times import AnswerTimes, Comparison

__all__ = ("Capacity",)

# A round ends when as many answers came as may be in flight, but not with fewer than this.
_SHORT_ROUND = 4
# Answers are slow at twice their usual time and a little more: waits of an instant harm nobody.
_CLIMB, _SLACK = 2.0, 0.1
# Answers this close to their usual time stand in no queue.
_CLOSE = 1.1
# Of so many, one fails in any case.
_MISHAPS = 1 / 10
# Calm rounds just below the limit that was refused last, before it is tried again.
_PATIENCE = 10
# Rounds until a first look at what fewer would do, and at most; each look in vain doubles them.
_SOON, _RARELY = 8, 256


class Capacity:
    """A limit of requests in flight that follows what the server bears.

    It starts at the ceiling. Refusals (429, 503, a lost connection) halve it, once in a round trip;
    a single one, and one in ten, is a mishap that fewer requests would not prevent. When answers
    take far longer than is usual for their kind it is cut by a quarter, again and again while that
    makes them quicker. When it does not, the queue is not of our making: the cut is undone, and the
    new times are the usual ones. A server that was busy from the start shows nothing unusual, so
    now and then, ever more rarely, a cut is tried without a cause.

    A round is as many answers as may be in flight. A calm one in which the limit was used lets it
    grow by one; by a quarter up to the limit that was refused last, where it stays for ten rounds.
    """

    __slots__ = (
        "_before",
        "_calm",
        "_cut_at",
        "_full",
        "_heard",
        "_look_after",
        "_peak",
        "_quick_to",
        "_refusals",
        "_round",
        "_rounds",
        "_settling",
        "_slow",
        "_times",
        "_trial",
        "ceiling",
        "limit",
    )

    def __init__(self, ceiling: int) -> None:
        self.ceiling: int = ceiling
        self.limit: int = ceiling
        self._times = AnswerTimes()
        self._cut_at = -math.inf
        #: So many answers are of the time before the cut, or of the confusion after it.
        self._settling = 0
        #: Below this it grows quickly: the last limit that was not refused; calm rounds there.
        self._quick_to = ceiling
        self._calm = 0
        #: The limit before the last halving that followed an answer, and whether one came since.
        self._before = ceiling
        self._heard = True
        self._trial: _Trial | None = None
        #: The round before was slow; rounds since a trial, and how many there are to be.
        self._slow = False
        self._rounds = 0
        self._look_after = _SOON
        #: Answers of this round, those with the limit used, the most in flight, and refusals.
        self._round = self._full = self._peak = self._refusals = 0

    def answered(
        self, *, kind: str, seconds: float, refused: bool, used: int, now: float, began: float
    ) -> None:
        """Learn how an attempt ended.

        :param kind: what was asked for; answers are compared with those of their own kind.
        :param seconds: how long it took; without meaning when it was refused.
        :param refused: the server would not, or the connection was lost.
        :param used: how many were in flight, this one included.
        :param began: when it began; what began before the last cut says nothing new.
        """
        if refused:
            if began >= self._cut_at:
                self._refusals += 1
                if self._refusals > 1 + self.limit * _MISHAPS:
                    self._halve(now)
            return
        self._heard = True
        if self._settling:
            self._settling -= 1
            return
        self._times.note(kind, seconds)
        self._peak = max(self._peak, used)
        self._full += used >= self.limit
        self._round += 1
        if self._round >= max(self.limit, _SHORT_ROUND):
            self._end_round(now)

    def _begin_round(self) -> None:
        self._round = self._full = self._peak = self._refusals = 0

    def _end_round(self, now: float) -> None:
        used, peak = self._full * 2 >= self._round, self._peak
        self._begin_round()
        pace = self._times.compared()
        if self._trial is not None:
            if pace is not None:
                self._judge(self._trial, pace.slowness, now)
        elif pace is not None and self._doubtful(pace, used=used):
            self._look(pace.slowness, peak, now)
        else:
            if pace is not None:
                self._times.learn()
            if used and not self._slow:
                self._grow(pace)

    def _doubtful(self, pace: Comparison, *, used: bool) -> bool:
        """Say whether to look what fewer would do: answers are slow, or it is time to look again.

        While requests are still becoming more, a round is a mixture; a second one is not.
        """
        slow_before, self._slow = self._slow, _climbed(pace)
        if self._slow:
            return slow_before
        self._rounds += used
        return used and self._rounds >= self._look_after and pace.mean > _SLACK

    def _cut(self, limit: int, now: float, *, settling: int) -> None:
        self.limit, self._cut_at, self._settling = limit, now, settling
        self._times.forget_round()
        self._begin_round()

    def reopen(self) -> None:
        """Return to half of what was borne before an outage; how low it fell in it says nothing.

        Call it with the first answer after the outage, before `answered`.
        """
        if not self._heard:
            self.limit = max(self.limit, self._before // 2)
            self._quick_to = max(self._quick_to, self._before - 1)

    def _halve(self, now: float) -> None:
        if self._heard:
            self._before, self._heard = self.limit, False
        self._quick_to, self._calm = max(1, self.limit - 1), 0
        self._trial = None
        self._cut(max(1, self.limit // 2), now, settling=0)

    def _look(self, slowness: float, in_flight: int, now: float) -> None:
        """Cut by a quarter of what is in flight, to see whether that makes answers quicker."""
        self._rounds, self._slow = 0, False
        before = _Level(self.limit, in_flight, slowness)
        first = self._trial.first if self._trial else before
        fewer = in_flight - max(1, in_flight // 4)
        if fewer < 1:
            self._trial = None
            self._times.accept()
            return
        self._trial = _Trial(first, before)
        self._cut(min(fewer, self.limit), now, settling=in_flight)

    def _judge(self, trial: _Trial, slowness: float, now: float) -> None:
        if _better(slowness, self.limit, trial.before):
            self._look(slowness, self.limit, now)
            return
        self._trial = None
        # Chance makes a round quick now and then; a queue shows in the whole descent.
        queued = trial.before is not trial.first and _better(
            slowness, trial.before.in_flight, trial.first
        )
        self.limit = trial.before.limit if queued else trial.first.limit
        self._look_after = _SOON if queued else min(_RARELY, self._look_after * 2)
        if queued or trial.first.slowness > _CLIMB:
            self._times.accept()
        else:
            self._times.learn()

    def _grow(self, pace: Comparison | None) -> None:
        self._calm += 1
        step = 1
        if self.limit == self._quick_to < self.ceiling and self._calm < _PATIENCE:
            step = 0
        elif self.limit < self._quick_to:
            self._calm = 0
            if pace is None or pace.slowness <= _CLOSE:
                step = min(max(1, self.limit // 4), self._quick_to - self.limit)
        self.limit = min(self.ceiling, self.limit + step)
        if self.limit == self.ceiling:
            self._quick_to = self.ceiling

    def __repr__(self) -> str:
        return f"<Capacity {self.limit} of {self.ceiling}>"


@frozen
class _Level:
    """Where a cut began: the limit, how many were in flight, and how slow it was."""

    limit: int
    in_flight: int
    slowness: float


@frozen
class _Trial:
    """A cut that is being tried: where the whole descent began, and where this step of it did."""

    first: _Level
    before: _Level


def _climbed(pace: Comparison) -> bool:
    return pace.mean > pace.usual * _CLIMB + _SLACK


def _better(slowness: float, in_flight: int, before: _Level) -> bool:
    """Say whether answers got quicker by half of what a queue of our making would show."""
    return slowness <= before.slowness * (1 + in_flight / before.in_flight) / 2
