"""How much happens at the same time, and how soon: waits for what the other modules decide."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from contextlib import suppress

from ..options import Limits
from .pressure.capacity import Capacity
from .pressure.pacing import Pace

__all__ = ("Gate",)

# Bulk calls wait while others do; one of them goes after so many others that went before it.
_OTHERS_FIRST = 4
# The shortest time to look again after, in seconds: a rest of a rounding error is no wait.
_TICK = 1e-4

_Waiting = deque[asyncio.Future[None]]


class Gate:
    """Let requests through: so many at a time, so many a second, and none while the server pauses.

    Each class of calls, bulk and other, goes in order of arrival. Other calls go before bulk calls
    that wait; of five that go while both wait, one is bulk. Bulk calls are bounded by what the
    server was found to bear, all together by `Limits.concurrency`.

    A call that waits holds nothing: neither a slot nor a start of the rate. It gets both at once,
    so that a pause which begins meanwhile holds for it too.
    """

    __slots__ = (
        "_bulk",
        "_bulk_taken",
        "_capacity",
        "_clock",
        "_limits",
        "_others",
        "_pace",
        "_passed",
        "_taken",
        "_timer",
    )

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._capacity = Capacity(limits.concurrency)
        self._pace = Pace(limits.rate, limits.burst)
        self._taken = self._bulk_taken = 0
        self._bulk: _Waiting = deque()
        self._others: _Waiting = deque()
        #: How many other calls went before the first bulk call that waits.
        self._passed = 0
        self._timer: asyncio.TimerHandle | None = None
        #: The clock of the loop that was here last, for whoever looks at the gate from outside.
        self._clock: Callable[[], float] | None = None

    async def enter(self, *, bulk: bool = False) -> float:
        """Take a slot, and wait for it; return how many seconds, exactly 0.0 without a wait.

        :param bulk: the call is one of many, and should leave the server room for others.
        """
        if (
            not (self._bulk if bulk else self._others)
            and not (bulk and self._others)
            and self._has_slot(bulk=bulk)
            and (self._pace.idle or not self._pace.delay(self._now()))
        ):
            self._take(bulk=bulk)
            return 0.0
        return await self._wait(bulk=bulk)

    def leave(self, *, bulk: bool = False) -> None:
        """Give a slot back."""
        self._taken -= 1
        self._bulk_taken -= bulk
        if self._others or self._bulk:
            self._admit()

    def answered(
        self,
        *,
        kind: str,
        bulk: bool,
        began: float,
        status: int | None,
        retry_after: float | None,
    ) -> None:
        """Learn from how an attempt ended, before its slot is given back.

        :param kind: what was asked for; how long it took is compared with others of its kind.
        :param began: when it began, on the loop's clock.
        :param status: None when the connection was lost, or no answer came in time.
        :param retry_after: what the server asked for, in seconds.
        """
        now = self._now()
        if status == 429:
            self._pace.refused(now, retry_after, began=began)
        elif status is not None:
            self._pace.accepted(began=began)
        if bulk and self._limits.adaptive:
            self._measure(kind, status, began, now)

    def _measure(self, kind: str, status: int | None, began: float, now: float) -> None:
        refused = status is None or status in (429, 503)
        if status is not None and not refused and not 200 <= status < 300:
            return  # how long an error takes says nothing about answers
        limit = self._capacity.limit
        self._capacity.answered(
            kind=kind,
            seconds=now - began,
            refused=refused,
            used=self._bulk_taken,
            now=now,
            began=began,
        )
        if self._bulk and self._capacity.limit > limit:
            self._admit()

    def _has_slot(self, *, bulk: bool) -> bool:
        if self._taken >= self._limits.concurrency:
            return False
        return not bulk or self._bulk_taken < self._capacity.limit

    def _take(self, *, bulk: bool) -> None:
        self._taken += 1
        self._bulk_taken += bulk

    async def _wait(self, *, bulk: bool) -> float:
        """Wait in line; when this returns, the slot is taken."""
        began = self._now()
        waiting = self._bulk if bulk else self._others
        turn = asyncio.get_running_loop().create_future()
        waiting.append(turn)
        self._admit()
        if turn.done():
            return 0.0
        try:
            await turn
        except BaseException:
            if turn.done() and not turn.cancelled():
                self._pace.give_back()
                self.leave(bulk=bulk)
            else:
                _remove(turn, waiting)
                self._rest()
            raise
        return self._now() - began

    def _admit(self) -> None:
        """Let in whoever may go now, and look again when more may."""
        while (waiting := self._next()) is not None:
            loop = waiting[0].get_loop()
            if wait := self._pace.delay(loop.time()):
                self._look_again(loop, wait)
                return
            bulk = waiting is self._bulk
            self._take(bulk=bulk)
            self._passed = 0 if bulk else self._passed + bool(self._bulk)
            waiting.popleft().set_result(None)
        self._rest()

    def _next(self) -> _Waiting | None:
        """Return the line whose first call goes next; None when there is none, or no slot."""
        _drop_gone(self._others)
        _drop_gone(self._bulk)
        bulk = bool(self._bulk) and self._has_slot(bulk=True)
        if not self._others or not self._has_slot(bulk=False):
            return self._bulk if bulk else None
        return self._bulk if bulk and self._passed >= _OTHERS_FIRST else self._others

    def _look_again(self, loop: asyncio.AbstractEventLoop, wait: float) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._timer = loop.call_later(max(wait, _TICK), self._admit)

    def _rest(self) -> None:
        """Leave no timer behind when nobody waits."""
        if self._timer is not None and not self._others and not self._bulk:
            self._timer.cancel()
            self._timer = None

    def _now(self) -> float:
        self._clock = asyncio.get_running_loop().time
        return self._clock()

    def __repr__(self) -> str:
        parts = [f"{self._taken} of {self._limits.concurrency} in flight"]
        if waiting := len(self._others) + len(self._bulk):
            parts.append(f"{waiting} waiting")
        if self._capacity.limit < self._limits.concurrency:
            parts.append(f"bulk at most {self._capacity.limit}")
        now = self._clock() if self._clock else 0.0
        if rate := self._pace.rate_at(now):
            parts.append(f"{rate:.3g} of {self._limits.rate:g} a second")
        if paused := self._pace.paused(now):
            parts.append(f"paused for {paused:.1f} s")
        return f"<Gate {', '.join(parts)}>"


def _drop_gone(waiting: _Waiting) -> None:
    """Take those out of a line's front that were cancelled, or whose loop has ended."""
    while waiting and (waiting[0].cancelled() or waiting[0].get_loop().is_closed()):
        waiting.popleft()


def _remove(turn: asyncio.Future[None], waiting: _Waiting) -> None:
    with suppress(ValueError):  # it was dropped already
        waiting.remove(turn)
