"""What can be observed while the client works: one set of events, and the log they are written to.

Each event is seen in up to three ways: as a record of the logger `threekit_async`, by a hook (see
`Hooks`), and, inside a traced call, on its span. The message of a record is constant for each
event; the facts are fields of the record, prefixed `threekit_`. Nothing is shown unless the
application configures logging, or `THREEKIT_LOG` asks for it.

`path` is always the template, as `/api/layers/{layer_id}`: what is filled into it, queries, headers
and bodies are in no event.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import TypeAlias

from attrs import define, fields, frozen

__all__ = (
    "LEVELS",
    "NAMES",
    "AttemptEnded",
    "CacheAnswered",
    "Event",
    "FileEnded",
    "PageRead",
    "RequestEnded",
    "RequestStarted",
    "RetryPlanned",
    "Stats",
    "TokenRenewed",
    "Waited",
    "facts",
    "log",
    "logger",
)

logger: logging.Logger = logging.getLogger("threekit_async")
logger.addHandler(logging.NullHandler())


@frozen(kw_only=True)
class RequestStarted:
    """A call of the API began; all its attempts and waits belong to it."""

    verb: str
    path: str


@frozen(kw_only=True)
class RequestEnded:
    """A call of the API ended, well or not.

    `status` is that of the last answer, None without one; `seconds` count attempts and waits;
    `error` is the class of what is raised, None when all went well. That of a download ends with
    the last byte of the file.
    """

    verb: str
    path: str
    status: int | None
    attempts: int
    seconds: float
    error: str | None = None


@frozen(kw_only=True)
class AttemptEnded:
    """One attempt of a call got an answer, or an error."""

    verb: str
    path: str
    attempt: int
    status: int | None
    seconds: float
    error: str | None = None


@frozen(kw_only=True)
class RetryPlanned:
    """An attempt failed and will be repeated after `wait` seconds.

    `reason` is the status it was answered with, or the class of its error.
    """

    verb: str
    path: str
    attempt: int
    wait: float
    reason: str


@frozen(kw_only=True)
class Waited:
    """An attempt was held back by `Limits` before it was sent.

    As many as allowed were in flight, or had just been sent, or the server had asked for calm.
    """

    verb: str
    path: str
    seconds: float


@frozen(kw_only=True)
class TokenRenewed:
    """The function that gives the token was asked for a new one; `reason` says what for."""

    seconds: float
    reason: str


@frozen(kw_only=True)
class CacheAnswered:
    """The answer came from the cache; the server said that it still holds, where it was asked."""

    verb: str
    path: str
    size: int


@frozen(kw_only=True)
class PageRead:
    """A page of a listing was read; of its `rows`, `dropped` had been seen before.

    `seconds` is how long the caller had to wait for it: next to nothing when it was fetched ahead.
    """

    path: str
    number: int
    rows: int
    dropped: int
    seconds: float


@frozen(kw_only=True)
class FileEnded:
    """One file of a transfer was downloaded, skipped, or failed."""

    id: str
    status: str
    size: int
    seconds: float


Event: TypeAlias = (
    RequestStarted
    | RequestEnded
    | AttemptEnded
    | RetryPlanned
    | Waited
    | TokenRenewed
    | CacheAnswered
    | PageRead
    | FileEnded
)
"""Anything that can be observed."""


NAMES: Mapping[type[Event], str] = {
    RequestStarted: "request started",
    RequestEnded: "request ended",
    AttemptEnded: "attempt ended",
    RetryPlanned: "retry planned",
    Waited: "waited",
    TokenRenewed: "token renewed",
    CacheAnswered: "cache answered",
    PageRead: "page read",
    FileEnded: "file ended",
}
"""What an event is called: the message of its record, the name of its span event, and, with `_`
for blanks, the hook that hears of it."""


LEVELS: Mapping[type[Event], int] = {
    kind: logging.INFO if kind in {RetryPlanned, TokenRenewed} else logging.DEBUG for kind in NAMES
}
"""How loud an event is: what happens with each call is DEBUG."""


@define(kw_only=True)
class Stats:
    """Count what a client, and all clients derived from it, did since it was made.

    `calls` were asked of the API, and `failures` of them raised; `requests` are the attempts sent
    for them, and `retries` those of them that repeat another. `waited` is in seconds, over all
    attempts that were held back by `Limits`. `pages` were read from listings; `files` were
    downloaded, skipped or failed. `bytes_received` are those of answers and files.
    """

    calls: int = 0
    requests: int = 0
    retries: int = 0
    failures: int = 0
    waited: float = 0.0
    bytes_received: int = 0
    pages: int = 0
    files: int = 0
    cache_hits: int = 0
    tokens_renewed: int = 0

    def __repr__(self) -> str:
        counted = ((field.name, getattr(self, field.name)) for field in fields(Stats))
        shown = " ".join(f"{name}={round(count, 3)}" for name, count in counted if count)
        return f"<Stats {shown or 'nothing yet'}>"


_FIELDS = {kind: tuple(field.name for field in fields(kind)) for kind in NAMES}


def facts(event: Event, *, prefix: str = "") -> dict[str, object]:
    """Return an event's fields by name, each name with a prefix."""
    return {prefix + name: getattr(event, name) for name in _FIELDS[type(event)]}


def log(event: Event) -> None:
    """Write an event to the log, if anybody reads it."""
    kind = type(event)
    if logger.isEnabledFor(LEVELS[kind]):
        logger.log(LEVELS[kind], NAMES[kind], extra=facts(event, prefix="threekit_"))
