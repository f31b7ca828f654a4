"""New analytics events."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    from threekit_async.emulator.data.store import Record
    from threekit_async.emulator.state import State

TEXTS = ("assetId", "userId", "sessionId", "configId")


def new_event(
    state: State, body: Mapping[str, Any], headers: Mapping[str, str], *, org_id: str
) -> Record:
    """Fill a create body up to a whole event.

    ``device`` is the ``User-Agent`` by default (documented); ``requestOrigin`` and ``referer``
    are taken from headers, ``requestUrl`` stays null (assumptions).
    """
    event_id, created_at = state.clock.stamp("event")
    metric = body.get("metric")
    return {
        "id": event_id,
        "eventType": body["eventType"],
        "eventMetadata": body.get("eventMetadata") or {},
        "orgId": org_id,
        **{name: body.get(name) for name in TEXTS},
        "configuration": body.get("configuration"),
        "device": body.get("device") or _header(headers, "User-Agent"),
        "metric": 1 if metric is None else metric,
        "requestUrl": None,
        "requestOrigin": _header(headers, "Origin"),
        "referer": _header(headers, "Referer"),
        "createdAt": created_at,
    }


def _header(headers: Mapping[str, str], name: str) -> str | None:
    """Return a header's text; bytes that are no UTF-8 arrive as half characters."""
    value = headers.get(name)
    return value and value.encode(errors="surrogateescape").decode(errors="replace")
