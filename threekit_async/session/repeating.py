"""The step that repeats an attempt which failed."""

from __future__ import annotations

import asyncio
import random
from datetime import UTC, datetime

from attrs import frozen

from ..errors import RedirectError, TransportError
from ..events import RetryPlanned, Stats
from ..raw import recorded
from .closing import Closing
from .failure import failure_of, outcome_of
from .pressure.budget import RetryBudget
from .reply import Call, Exchange, Reply
from .retry import GiveUp, decide

__all__ = ("Repeated",)

_CLOSED = GiveUp("the client was closed")


@frozen(kw_only=True)
class Repeated:
    """Repeat an attempt that failed, as long as `decide` says so.

    It is the outermost step that talks to the server: a call that waits between two attempts holds
    neither a slot nor a connection.
    """

    budget: RetryBudget
    closing: Closing
    stats: Stats

    async def __call__(self, call: Call, proceed: Exchange) -> Reply:
        """Take the step."""
        clock = asyncio.get_running_loop().time
        while True:
            ended = await _attempted(call, proceed)
            if isinstance(ended, Reply):
                ended.attempts, ended.seconds = call.attempt, clock() - call.started
                if 200 <= ended.status < 300:
                    self.budget.earn()
                    return recorded(ended)
            else:
                self.closing.check(str(call), sent=ended.sent)
            gave_up = await self._again(call, ended)
            if gave_up is not None:
                if isinstance(ended, Reply):
                    recorded(ended)
                seconds = clock() - call.started
                moment = datetime.now(tz=UTC)
                raise failure_of(call, ended, gave_up, seconds=seconds, moment=moment)
            call = call.again()

    async def _again(self, call: Call, ended: Reply | TransportError) -> GiveUp | None:
        """Count, report and wait for the next attempt; or say why there is none."""
        if self.closing.began():
            return _CLOSED
        now = asyncio.get_running_loop().time()
        self.budget.refill(now)
        verdict = decide(
            safety=call.request.safety,
            attempt=call.attempt,
            outcome=outcome_of(ended, datetime.now(tz=UTC)),
            retry=call.retry,
            remaining=None if call.deadline is None else call.deadline - now,
            budget=self.budget.left,
            chance=random.random(),  # noqa: S311  # jitter, not a secret
        )
        if isinstance(verdict, GiveUp):
            return verdict
        self.budget.spend()
        self.stats.retries += 1
        call.story.happened(_planned(call, ended, verdict.seconds))
        await self.closing.rest(verdict.seconds)
        return _CLOSED if self.closing.began() else None


def _planned(call: Call, ended: Reply | TransportError, wait: float) -> RetryPlanned:
    reason = type(ended).__name__ if isinstance(ended, TransportError) else str(ended.status)
    return RetryPlanned(
        verb=call.request.verb,
        path=call.request.path,
        attempt=call.attempt,
        wait=wait,
        reason=reason,
    )


async def _attempted(call: Call, proceed: Exchange) -> Reply | TransportError:
    try:
        return await proceed(call)
    except RedirectError:  # the server would say the same again
        raise
    except TransportError as error:
        return error
