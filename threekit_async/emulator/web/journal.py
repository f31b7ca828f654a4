"""What was asked and answered, in order; tokens are never kept."""

from __future__ import annotations

import time
from collections import deque
from urllib.parse import unquote_plus

from attrs import asdict, frozen

LONGEST = 100_000


@frozen(kw_only=True)
class JournalEntry:
    """One request and its answer.

    :param query: the raw query string, with the value of ``bearer_token`` replaced.
    :param status: HTTP status that was sent, even if its body was cut by a fault; 0 when the
        connection was closed before the headers, or by the client.
    :param carried_out: whether what was asked for was done, whatever became of the answer: the
        route's handler came to its end. Two such entries for one unsafe call mean that it was
        done twice. False for what a fault, a limit or a rule refused.
    :param bytes: bytes of the answer's body that were sent.
    :param started_at: seconds of the running process's steady clock, good for differences.
    :param seconds: how long the handler took.
    :param token: ``"private"``, ``"public"``, ``"none"``, or ``"refused"`` for a token that was
        not accepted, or not even looked at.
    :param fault: effect that was applied, or ``None``.
    """

    method: str
    path: str
    query: str
    status: int
    carried_out: bool
    bytes: int
    started_at: float
    seconds: float
    token: str
    fault: str | None


class Journal:
    """Keep the latest 100,000 entries and how many requests ran at once."""

    def __init__(self) -> None:
        self._entries: deque[JournalEntry] = deque(maxlen=LONGEST)
        self._running = 0
        self._cleared_at = 0.0
        self.peak: int = 0

    def begin(self) -> None:
        """Count a request that starts."""
        self._running += 1
        self.peak = max(self.peak, self._running)

    def end(self, entry: JournalEntry) -> None:
        """Record a request that ended, unless it began before the journal was cleared."""
        self._running -= 1
        if entry.started_at >= self._cleared_at:
            self._entries.append(entry)

    def entries(self) -> list[JournalEntry]:
        """Return the entries, oldest first."""
        return list(self._entries)

    def clear(self) -> None:
        """Forget everything, also what is still being answered, which stays counted."""
        self._entries.clear()
        self._cleared_at = time.monotonic()
        self.peak = self._running


def hide_tokens(query: str) -> str:
    """Replace the value of every ``bearer_token`` in a query string, however the name is spelt."""
    return "&".join(map(_hidden, query.split("&")))


def _hidden(pair: str) -> str:
    name, equals, _ = pair.partition("=")
    return f"{name}=***" if equals and unquote_plus(name) == "bearer_token" else pair


def as_wire(entry: JournalEntry) -> dict[str, object]:
    """Return an entry in the form the control surface answers."""
    values = asdict(entry)
    values["startedAt"] = values.pop("started_at")
    values["carriedOut"] = values.pop("carried_out")
    return values
