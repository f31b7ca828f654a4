"""What a failed attempt means: for the decision to repeat it, and for the caller. Pure."""

from __future__ import annotations

from copy import copy
from datetime import datetime

from ..errors import ConnectError, RateLimitError, StatusError, TransportError
from .decode import status_error
from .reply import Call, Reply
from .retry import GiveUp, Outcome, retry_after

__all__ = ("failure_of", "outcome_of")


def outcome_of(ended: Reply | TransportError, moment: datetime) -> Outcome:
    """Say how an attempt ended, in the terms of the decision."""
    if isinstance(ended, TransportError):
        lasting = isinstance(ended, ConnectError) and ended.lasting
        return Outcome(sent=ended.sent, lasting=lasting)
    return Outcome(status=ended.status, retry_after=retry_after(ended.headers, moment))


def failure_of(
    call: Call,
    ended: Reply | TransportError,
    gave_up: GiveUp,
    *,
    seconds: float,
    moment: datetime,
) -> StatusError | TransportError:
    """Make the error the caller sees when an attempt was the last.

    :param gave_up: why there is no other.
    :param seconds: since the call began, all attempts and waits included.
    """
    if isinstance(ended, TransportError):
        # The same error may have ended other calls, too: those that waited for the same token.
        ended = _own(ended)
        if call.attempt > 1:
            tried = f"Given up after {call.attempt} attempts in {seconds:.1f} s."
            _add(ended, tried)
        _add(ended, _why(call, gave_up))
        return ended
    error = status_error(
        asked=str(call),
        status=ended.status,
        body=ended.body,
        content_type=ended.content_type,
        attempts=call.attempt,
        seconds=seconds,
        headers=ended.headers,
        abroad=ended.abroad,
    )
    if isinstance(error, RateLimitError):
        error.retry_after = retry_after(ended.headers, moment)
    _add(error, _why(call, gave_up))
    return error


def _own(error: TransportError) -> TransportError:
    own = copy(error).with_traceback(error.__traceback__)
    own.__cause__, own.__suppress_context__ = error.__cause__, error.__suppress_context__
    return own


def _why(call: Call, gave_up: GiveUp) -> str:
    """Say why an attempt was the last although there could have been more."""
    left = call.attempt < call.retry.attempts
    return f"Not repeated: {gave_up.reason}." if left and gave_up.reason else ""


def _add(error: Exception, sentence: str) -> None:
    error.args = (f"{error.args[0]} {sentence}".rstrip(),)
