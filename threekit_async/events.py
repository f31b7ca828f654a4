"""What can be observed while the client works: names, payloads, and the logger that shows them.

Records go to the logger `threekit_async` at DEBUG (a retry at INFO), quiet unless the application
configures logging. The message is constant for each event; the facts are fields of the record.
"""

from __future__ import annotations

import logging

from attrs import asdict, define, frozen

__all__ = ("AttemptEnded", "FileEnded", "RetryPlanned", "Stats", "emit", "listening")

logger = logging.getLogger("threekit_async")
logger.addHandler(logging.NullHandler())


@frozen(kw_only=True)
class AttemptEnded:
    """One attempt of a request got an answer, or an error."""

    verb: str
    path: str
    attempt: int
    status: int | None
    seconds: float
    error: str | None = None


@frozen(kw_only=True)
class RetryPlanned:
    """An attempt failed and will be repeated after `wait` seconds."""

    verb: str
    path: str
    attempt: int
    wait: float
    reason: str


@frozen(kw_only=True)
class FileEnded:
    """One file of a transfer was downloaded, skipped, or failed."""

    id: str
    status: str
    size: int
    seconds: float


@define(kw_only=True)
class Stats:
    """Count what a client has sent and received since it was made."""

    requests: int = 0
    retries: int = 0
    bytes_received: int = 0


_NAMES = {AttemptEnded: "attempt ended", RetryPlanned: "retry planned", FileEnded: "file ended"}


def listening() -> bool:
    """Tell whether anybody hears DEBUG events; what happens often is not made for nobody."""
    return logger.isEnabledFor(logging.DEBUG)


def emit(event: AttemptEnded | RetryPlanned | FileEnded) -> None:
    """Log an event."""
    level = logging.INFO if isinstance(event, RetryPlanned) else logging.DEBUG
    fields = {f"threekit_{name}": value for name, value in asdict(event).items()}
    logger.log(level, _NAMES[type(event)], extra=fields)
