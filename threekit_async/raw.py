"""The answer as it came, beside the value that was read from it."""

from __future__ import annotations

from collections.abc import Generator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING, Generic, ParamSpec, TypeVar

from attrs import define, field, frozen

from .errors import UsageError

if TYPE_CHECKING:
    from .session.reply import Reply

__all__ = ("P", "Raw", "T", "raw_of", "recorded", "recording")

P = ParamSpec("P")
T = TypeVar("T")


@define
class Replies:
    """How many answers came, and the last one."""

    count: int = 0
    last: Reply | None = None


_replies: ContextVar[Replies | None] = ContextVar("threekit_replies", default=None)


@frozen(kw_only=True)
class Raw(Generic[T]):
    """What a call returned, and the answer it was read from.

    Of a call that sent several requests, the answer that came last counts; `requests` says how
    many there were.

    :param value: what the call returns without `raw`.
    :param status: the HTTP status.
    :param headers: the answer's headers; names are compared without regard to case.
    :param body: its bytes; empty when they went to a file.
    :param attempts: how often the request was sent until this answer came.
    :param seconds: from the request's first attempt to this answer, waits included.
    """

    value: T
    status: int
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)
    attempts: int
    seconds: float
    requests: int


@contextmanager
def recording() -> Generator[Replies]:
    """Watch for the final answers of the requests that are sent in this context.

    They are let go of at the end: a connection keeps the context it was made in.
    """
    replies = Replies()
    token = _replies.set(replies)
    try:
        yield replies
    finally:
        _replies.reset(token)
        replies.last = None


def recorded(reply: Reply) -> Reply:
    """Show an answer to whoever collects them."""
    replies = _replies.get()
    if replies is not None:
        replies.count += 1
        replies.last = reply
    return reply


def raw_of(value: T, replies: Replies) -> Raw[T]:
    """Put a value beside the last answer.

    :raises UsageError: when there is none.
    """
    last = replies.last
    if last is None:
        raise UsageError(
            "raw() was given a call that sent nothing, so there is no answer to show. "
            "Of a listing, give a method that sends, as tk.layers.list().first."
        )
    return Raw(
        value=value,
        status=last.status,
        headers=last.headers,
        body=last.body,
        attempts=last.attempts,
        seconds=last.seconds,
        requests=replies.count,
    )
