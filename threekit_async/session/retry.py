"""Whether a failed attempt is repeated, and when. Pure: the clock and the dice are arguments."""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from attrs import frozen

from ..options import Retry
from .request import Safety

__all__ = ("GiveUp", "Outcome", "Wait", "decide", "retry_after")

_REPEATABLE = frozenset({408, 425, 429, 500, 502, 503, 504})
# Clients that were told the same time must not all come back in the same instant.
_SPREAD = 0.1
# No server means more; a longer wait is read as this one, in seconds.
_YEAR = 365 * 86400.0


@frozen(kw_only=True)
class Outcome:
    """How an attempt ended without success.

    `status` is None when no answer came; `sent` is False when the server cannot have seen the
    request; `retry_after` is what the server asked for, in seconds; `lasting` is True when the next
    attempt would end the same way, whatever else is known.
    """

    status: int | None = None
    sent: bool = True
    retry_after: float | None = None
    lasting: bool = False


@frozen
class Wait:
    """Repeat after so many seconds."""

    seconds: float


@frozen
class GiveUp:
    """Do not repeat.

    `reason` is part of a sentence for the user, as "the client's retry budget is spent"; empty
    when the answer itself says all there is to say.
    """

    reason: str


def decide(
    *,
    safety: Safety,
    attempt: int,
    outcome: Outcome,
    retry: Retry,
    remaining: float | None,
    chance: float,
    budget: float = math.inf,
) -> Wait | GiveUp:
    """Decide what follows attempt number `attempt` (counted from 1).

    :param remaining: seconds until the deadline, or None without one.
    :param chance: a random number in [0, 1), for the jitter.
    :param budget: what is left of the client's retry budget; an attempt needs 1.
    """
    if (final := _final(safety, outcome)) is not None:
        return GiveUp(final)
    if attempt >= retry.attempts:
        return GiveUp("no attempts are left")
    asked = outcome.retry_after or 0.0
    if asked > retry.retry_after_cap:
        return GiveUp(
            f"the server asks for a wait of {asked:g} s, "
            f"more than Retry(retry_after_cap={retry.retry_after_cap:g}) allows"
        )
    if budget < 1:
        return GiveUp("the client's retry budget is spent")
    wait = max(_asked_for(asked, remaining, chance), _backoff(attempt, retry, chance))
    if remaining is not None and wait >= remaining:
        return GiveUp("the deadline would pass while waiting for the next attempt")
    return Wait(wait)


def _final(safety: Safety, outcome: Outcome) -> str | None:
    """Say why an attempt that ended like this is never repeated; None when it may be."""
    if outcome.lasting:
        return "the next attempt would end the same way"
    if not outcome.sent or outcome.status == 429:  # it was not acted upon, whatever the verb
        return None
    if outcome.status is not None and outcome.status not in _REPEATABLE:
        return ""
    if safety == "unsafe":
        return "the server may have acted on it, and a second time could do harm"
    return None


def _asked_for(asked: float, remaining: float | None, chance: float) -> float:
    """Return the server's wait and a little more, but no later than the deadline allows."""
    room = asked * _SPREAD
    if remaining is not None:
        room = min(room, max(0.0, remaining - asked))
    return asked + chance * room


def _backoff(attempt: int, retry: Retry, chance: float) -> float:
    return chance * min(retry.cap, retry.base * 2.0 ** min(attempt - 1, 60))


def retry_after(headers: Mapping[str, str], now: datetime) -> float | None:
    """Read `Retry-After`, seconds or HTTP date, as seconds from `now`.

    A date that has passed asks for 0 seconds, one without a zone is in UTC. None when there is no
    header, or when it is neither a date nor a whole number of seconds.
    """
    text = headers.get("Retry-After", "").strip()
    if text.isascii() and text.isdigit():
        return min(float(text), _YEAR)
    try:
        moment = parsedate_to_datetime(text)
    except (ValueError, TypeError, IndexError, OverflowError):  # not all are documented
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return min(max(0.0, (moment - now).total_seconds()), _YEAR)
