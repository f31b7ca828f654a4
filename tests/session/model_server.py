"""A server that bears so much at once, as a simulation: no loop, no clock, nothing by chance."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from heapq import heappop, heappush
from typing import Literal

from attrs import define, field

from threekit_async.session.pressure.capacity import Capacity

Kind = str


@define
class Asked:
    """A request that is under way."""

    kind: Kind
    began: float


@define(kw_only=True)
class ModelServer:
    """Works on `bears` requests at a time; the others queue, or are refused at once.

    A client that never runs out of work keeps as many in flight as its capacity says.
    """

    capacity: Capacity
    bears: int
    takes: Callable[[Kind], float]
    full: Literal["queue", "refuse"] = "queue"
    kinds: Sequence[Kind] = ("file",)
    refusal_takes: float = 0.02
    now: float = 1000.0
    done: int = 0
    refused: int = 0
    limits: list[tuple[float, int]] = field(factory=list)
    _working: int = 0
    _in_flight: int = 0
    _asked: int = 0
    _queue: deque[Asked] = field(factory=deque)
    _endings: list[tuple[float, int, bool, Asked]] = field(factory=list)

    def run(self, seconds: float) -> None:
        """Let time pass."""
        until = self.now + seconds
        self._fill()
        while self._endings and self._endings[0][0] <= until:
            self.now, _, worked, asked = heappop(self._endings)
            if worked:
                self._finish()
            self.done += worked
            self.refused += not worked
            self._tell(asked, refused=not worked)
            self._in_flight -= 1
            self._fill()
        self.now = until

    def per_second(self, seconds: float) -> float:
        """Let time pass; return how many were served a second."""
        before = self.done
        self.run(seconds)
        return (self.done - before) / seconds

    def limit(self, *, since: float) -> float:
        """Return the limit on average, weighed by time."""
        total, end = 0.0, self.now
        for moment, limit in reversed(self.limits):
            total += (end - max(moment, since)) * limit
            end = moment
            if moment <= since:
                break
        return total / (self.now - since)

    def _fill(self) -> None:
        while self._in_flight < self.capacity.limit:
            self._in_flight += 1
            asked = Asked(self.kinds[self._asked % len(self.kinds)], self.now)
            self._asked += 1
            if self._working < self.bears:
                self._work(asked)
            elif self.full == "queue":
                self._queue.append(asked)
            else:
                self._end(self.refusal_takes, asked, worked=False)

    def _work(self, asked: Asked) -> None:
        self._working += 1
        self._end(self.takes(asked.kind), asked, worked=True)

    def _end(self, seconds: float, asked: Asked, *, worked: bool) -> None:
        order = self._asked + self.done * 1_000_000
        heappush(self._endings, (self.now + seconds, order, worked, asked))

    def _finish(self) -> None:
        self._working -= 1
        while self._queue and self._working < self.bears:
            self._work(self._queue.popleft())

    def _tell(self, asked: Asked, *, refused: bool) -> None:
        self.capacity.answered(
            kind=asked.kind,
            seconds=self.now - asked.began,
            refused=refused,
            used=self._in_flight,
            now=self.now,
            began=asked.began,
        )
        if not self.limits or self.limits[-1][1] != self.capacity.limit:
            self.limits.append((self.now, self.capacity.limit))
