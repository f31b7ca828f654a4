"""Ids, instants and canonical JSON: the three things that must not change between two runs."""

from __future__ import annotations

import hashlib
import json
import re
import uuid
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .settings import EmulatorSettings
    from .store import Store

_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)


def steady_id(*parts: object) -> str:
    """Return the id that always belongs to these parts; it looks like a random UUID."""
    digest = hashlib.sha256("\x1f".join(map(str, parts)).encode()).digest()
    return str(uuid.UUID(bytes=digest[:16], version=4))


def is_uuid(text: str) -> bool:
    """Tell whether the text has the form of a UUID, as nearly all of the vendor's ids have."""
    return _UUID.fullmatch(text) is not None


def iso(instant: datetime) -> str:
    """Write an instant as the vendor does: UTC, milliseconds, ``Z``."""
    return f"{instant.astimezone(UTC):%Y-%m-%dT%H:%M:%S}.{instant.microsecond // 1000:03d}Z"


def canonical(value: object) -> str:
    """Write a JSON value so that equal values give equal texts, whatever their key order."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


class Clock:
    """Give each new record its instant and its id."""

    def __init__(self, settings: EmulatorSettings, store: Store) -> None:
        self._settings = settings
        self._store = store

    def stamp(self, kind: str) -> tuple[str, str]:
        """Return ``(id, createdAt)`` of the next record of this kind."""
        if self._settings.real_clock:
            return str(uuid.uuid4()), iso(datetime.now(UTC))
        number = self._store.next_number()
        instant = self._settings.started_at + timedelta(milliseconds=number)
        return steady_id("new", kind, number), iso(instant)
