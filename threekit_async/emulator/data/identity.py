"""Ids, instants and canonical JSON: the three things that must not change between two runs."""

from __future__ import annotations

import hashlib
import json
import re
import uuid
from contextvars import ContextVar
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from attrs import define

if TYPE_CHECKING:
    from threekit_async.emulator.data.store import Store
    from threekit_async.emulator.settings import EmulatorSettings

_HEX = "[0-9a-fA-F]"
UUID = re.compile(f"^{_HEX}{{8}}(-{_HEX}{{4}}){{3}}-{_HEX}{{12}}$")


def steady_id(*parts: object) -> str:
    """Return the id that always belongs to these parts; it looks like a random UUID."""
    digest = hashlib.sha256("\x1f".join(map(str, parts)).encode()).digest()
    return str(uuid.UUID(bytes=digest[:16], version=4))


def is_uuid(text: str) -> bool:
    """Tell whether the text has the form of a UUID, as nearly all of the vendor's ids have."""
    return UUID.fullmatch(text) is not None


def iso(instant: datetime) -> str:
    """Write an instant as the vendor does: UTC, milliseconds, ``Z``."""
    return f"{instant.astimezone(UTC):%Y-%m-%dT%H:%M:%S}.{instant.microsecond // 1000:03d}Z"


def canonical(value: object) -> str:
    """Write a JSON value so that equal values give equal texts, whatever their key order."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


@define
class Background:
    """What is made without being asked for just now: its ids follow from its cause alone.

    Otherwise the ids of records that are asked for would depend on what happens meanwhile.
    """

    cause: str
    made: int = 0

    def next_id(self, kind: str) -> str:
        """Return the id of the next record of this kind."""
        self.made += 1
        return steady_id("made", self.cause, kind, self.made)


_BACKGROUND: ContextVar[Background | None] = ContextVar("emulator_background", default=None)


def work_for(cause: str) -> None:
    """Let all that the current task makes from now on follow from this cause."""
    _BACKGROUND.set(Background(cause))


class Clock:
    """Give each new record its instant and its id."""

    def __init__(self, settings: EmulatorSettings, store: Store) -> None:
        self._settings = settings
        self._store = store

    def stamp(self, kind: str) -> tuple[str, str]:
        """Return ``(id, createdAt)`` of the next record of this kind."""
        if self._settings.real_clock:
            return str(uuid.uuid4()), iso(datetime.now(UTC))
        if (background := _BACKGROUND.get()) is not None:
            return background.next_id(kind), self._steady(self._store.last_number())
        number = self._store.next_number()
        return steady_id("new", kind, number), self._steady(number)

    def now(self) -> str:
        """Return the instant of a change: later than any before, unless in the background."""
        if self._settings.real_clock:
            return iso(datetime.now(UTC))
        quiet = _BACKGROUND.get() is not None
        return self._steady(self._store.last_number() if quiet else self._store.next_number())

    def _steady(self, number: int) -> str:
        return iso(self._settings.started_at + timedelta(milliseconds=number))
