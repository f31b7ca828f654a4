"""How much happens at the same time, and how soon: waits for what the other modules decide."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from math import inf

from attrs import frozen

from ..options import Limits
from .pressure.capacity import Capacity
from .pressure.outages import Outages, is_failure
from .pressure.pacing import Pace

__all__ = ("Gate",)

# Bulk calls wait while others do; one of them goes after so many others that went before it.
_OTHERS_FIRST = 4
# The shortest time to look again after, in seconds: a rest of a rounding error is no wait.
_TICK = 1e-4


@frozen(eq=False)
class _Turn:
    """A call that waits: its future is done when it may go."""

    future: asyncio.Future[None]
    bulk: bool
    kind: str

    @property
    def gone(self) -> bool:
        """Whether it was cancelled, or its loop has ended."""
        return self.future.cancelled() or self.future.get_loop().is_closed()

    @property
    def now(self) -> float:
        """The time of its loop."""
        return self.future.get_loop().time()


_Waiting = deque[_Turn]


class Gate:
    """Let requests through: so many at a time, so many a second, and none while the server pauses.

    Each class of calls, bulk and other, goes in order of arrival. Other calls go before bulk calls
    that wait; of five that go while both wait, one is bulk. Bulk calls are bounded by what the
    server was found to bear, all together by `Limits.concurrency`. While all bulk calls of a kind
    fail, one of them goes at a time, after a pause; those of other kinds pass them.

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
        "_outages",
        "_pace",
        "_passed",
        "_taken",
        "_timer",
    )

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._capacity = Capacity(limits.concurrency)
        self._pace = Pace(limits.rate, limits.burst)
        self._outages = Outages()
        self._taken = self._bulk_taken = 0
        self._bulk: _Waiting = deque()
        self._others: _Waiting = deque()
        #: How many other calls went before the first bulk call that waits.
        self._passed = 0
        self._timer: asyncio.TimerHandle | None = None
        #: The clock of the loop that was here last, for whoever looks at the gate from outside.
        self._clock: Callable[[], float] | None = None

    async def enter(self, *, bulk: bool = False, kind: str = "") -> float:
        """Take a slot, and wait for it; return how many seconds, exactly 0.0 without a wait.

        :param bulk: the call is one of many, and should leave the server room for others.
        :param kind: what is asked for, as in `answered`.
        """
        if (
            not (self._bulk if bulk else self._others)
            and not (bulk and self._others)
            and self._has_slot(bulk=bulk)
            and not (bulk and self._outages.holds(kind))
            and (self._pace.idle or not self._pace.delay(self._now()))
        ):
            self._take(bulk=bulk)
            return 0.0
        return await self._wait(bulk=bulk, kind=kind)

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
        abroad: bool = False,
    ) -> None:
        """Learn from how an attempt ended, before its slot is given back.

        :param kind: what was asked for; how long it took is compared with others of its kind.
        :param began: when it began, on the loop's clock.
        :param status: None when the connection was lost, or no answer came in time.
        :param retry_after: what the server asked for, in seconds.
        :param abroad: the answer came from another server, after a redirect: it says whether such
            calls succeed, and nothing of how much the API bears.
        """
        now = self._now()
        if abroad:
            pass
        elif status == 429:
            self._pace.refused(now, retry_after, began=began)
        elif status is not None:
            self._pace.accepted(began=began)
        if not self._limits.adaptive:
            return
        if is_failure(status):
            # One that is tried in an outage tells nothing of how many would be too many.
            bulk = bulk and not self._outages.failed(kind, now, began=began, asked=retry_after)
        elif status != 429 and self._outages.answered(kind):
            self._capacity.reopen()
            self._admit()
        if bulk and not abroad:
            self._measure(kind, status, began, now)

    def unheard(self, *, kind: str, bulk: bool, began: float) -> None:
        """Learn that an attempt ended in a way that says nothing of the server, as cancelled."""
        if bulk:
            self._outages.unheard(kind, self._now(), began=began)

    def close(self) -> None:
        """Hold nobody back any more: the client is closed, and says so to whoever comes."""
        self._outages, self._pace = Outages(), Pace()
        for loop in {turn.future.get_loop() for turn in (*self._others, *self._bulk)}:
            if not loop.is_closed():
                loop.call_soon_threadsafe(self._admit)

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

    async def _wait(self, *, bulk: bool, kind: str) -> float:
        """Wait in line; when this returns, the slot is taken."""
        began = self._now()
        turn = _Turn(asyncio.get_running_loop().create_future(), bulk, kind)
        waiting = self._line(turn)
        waiting.append(turn)
        self._admit()
        if turn.future.done():
            return 0.0
        try:
            await turn.future
        except BaseException:
            if turn.future.done() and not turn.future.cancelled():
                self._pace.give_back()
                self.unheard(kind=kind, bulk=bulk, began=self._now())
                self.leave(bulk=bulk)
            else:
                _remove(turn, waiting)
                self._rest()
            raise
        return self._now() - began

    def _line(self, turn: _Turn) -> _Waiting:
        return self._bulk if turn.bulk else self._others

    def _admit(self) -> None:
        """Let in whoever may go now, and look again when more may."""
        while (turn := self._next()) is not None:
            if wait := self._pace.delay(turn.now):
                self._look_again(turn, wait)
                return
            self._let_in(turn)
        if (held := self._held()) is not None:
            self._look_again(*held)
        self._rest()

    def _let_in(self, turn: _Turn) -> None:
        self._take(bulk=turn.bulk)
        self._passed = 0 if turn.bulk else self._passed + bool(self._bulk)
        if turn.bulk:
            self._outages.let_in(turn.kind, turn.now)
        self._line(turn).remove(turn)
        turn.future.set_result(None)

    def _next(self) -> _Turn | None:
        """Return the call that goes next; None when there is none, or no slot."""
        _drop_gone(self._others)
        _drop_gone(self._bulk)
        bulk = self._next_bulk() if self._bulk and self._has_slot(bulk=True) else None
        if not self._others or not self._has_slot(bulk=False):
            return bulk
        return bulk if bulk is not None and self._passed >= _OTHERS_FIRST else self._others[0]

    def _next_bulk(self) -> _Turn | None:
        if not self._outages:
            return self._bulk[0]
        may_go = (turn for turn in self._bulk if not turn.gone and not self._delay(turn))
        return next(may_go, None)

    def _held(self) -> tuple[_Turn, float] | None:
        """Return a call that waits for the next try in an outage, and for how long."""
        if not self._outages or not self._has_slot(bulk=True):
            return None
        waits = [(self._delay(turn), turn) for turn in self._bulk if not turn.gone]
        wait, turn = min(waits, key=lambda pair: pair[0], default=(inf, None))
        return None if turn is None or wait == inf else (turn, wait)

    def _delay(self, turn: _Turn) -> float:
        return self._outages.delay(turn.kind, turn.now)

    def _look_again(self, turn: _Turn, wait: float) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._timer = turn.future.get_loop().call_later(max(wait, _TICK), self._admit)

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
        if self._outages:
            parts.append("bulk one at a time after failures")
        now = self._clock() if self._clock else 0.0
        if rate := self._pace.rate_at(now):
            parts.append(f"{rate:.3g} of {self._limits.rate:g} a second")
        if paused := self._pace.paused(now):
            parts.append(f"paused for {paused:.1f} s")
        return f"<Gate {', '.join(parts)}>"


def _drop_gone(waiting: _Waiting) -> None:
    """Take those out of a line's front that wait no longer."""
    while waiting and waiting[0].gone:
        waiting.popleft()


def _remove(turn: _Turn, waiting: _Waiting) -> None:
    with suppress(ValueError):  # it was dropped already
        waiting.remove(turn)
