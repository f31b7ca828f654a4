"""Whether a failed attempt is repeated, and when. Pure: the clock and the dice are arguments."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from attrs import frozen

from ..options import Retry
from .request import Safety

__all__ = ("GiveUp", "Outcome", "Wait", "decide", "retry_after")

_REPEATABLE = frozenset({408, 425, 429, 500, 502, 503, 504})


@frozen(kw_only=True)
class Outcome:
    """How an attempt ended without success.

    `status` is None when no answer came; `sent` is False when the server cannot have seen the
    request; `retry_after` is what the server asked for, in seconds.
    """

    status: int | None = None
    sent: bool = True
    retry_after: float | None = None


@frozen
class Wait:
    """Repeat after so many seconds."""

    seconds: float


@frozen
class GiveUp:
    """Do not repeat."""

    reason: str


def decide(
    *,
    safety: Safety,
    attempt: int,
    outcome: Outcome,
    retry: Retry,
    remaining: float | None,
    chance: float,
) -> Wait | GiveUp:
    """Decide what follows attempt number `attempt` (counted from 1).

    :param remaining: seconds until the deadline, or None without one.
    :param chance: a random number in [0, 1), for the jitter.
    """
    if attempt >= retry.attempts:
        return GiveUp("no attempts left")
    if not _may_repeat(safety, outcome):
        return GiveUp("repeating could not help or could act twice")
    asked = outcome.retry_after or 0.0
    if asked > retry.retry_after_cap:
        return GiveUp("the server asks for a longer wait than Retry.retry_after_cap")
    ceiling = min(retry.cap, retry.base * 2 ** min(attempt - 1, 60))
    wait = max(asked, chance * ceiling)
    if remaining is not None and wait >= remaining:
        return GiveUp("the deadline would pass while waiting")
    return Wait(wait)


def _may_repeat(safety: Safety, outcome: Outcome) -> bool:
    if not outcome.sent:
        return True
    if outcome.status == 429:  # refused before acting, whatever the verb
        return True
    if safety == "unsafe":
        return False
    return outcome.status is None or outcome.status in _REPEATABLE


def retry_after(headers: Mapping[str, str], now: datetime) -> float | None:
    """Read `Retry-After`, seconds or HTTP date, as seconds from `now`; None when unreadable."""
    text = headers.get("Retry-After", "").strip()
    if text.isascii() and text.isdigit():
        return float(text)
    try:
        moment = parsedate_to_datetime(text)
    except ValueError:
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return max(0.0, (moment - now).total_seconds())
