"""Lines of an order, as they arrive and as they are kept."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

from threekit_async.emulator.web.schemas import Rules

if TYPE_CHECKING:
    from collections.abc import Mapping

    from threekit_async.emulator.data.store import Record

_COUNT: dict[str, Any] = {"type": "integer", "minimum": 1, "maximum": 2**53 - 1}
_METADATA = {"type": ["object", "null"]}
_ID = {"type": "string", "minLength": 1}
LINE: dict[str, Any] = {
    "type": "object",
    "properties": {"configurationId": _ID, "count": _COUNT, "metadata": _METADATA},
    "required": ["configurationId", "count"],
}
OLD_LINE: dict[str, Any] = {
    "type": "object",
    "properties": {"id": _ID, "count": _COUNT, "metadata": _METADATA},
    "required": ["id", "count"],
}


def _lines(*kinds: dict[str, Any]) -> dict[str, Any]:
    return {"type": "array", "items": {"anyOf": list(kinds)}, "minItems": 1}


CART = Annotated[object, Rules(_lines(LINE))]
"""Lines of today: ``{"configurationId", "count", "metadata"?}``; one at least."""

ITEMS = Annotated[object, Rules(_lines(OLD_LINE, LINE))]
"""Lines of today or of old: ``{"id", "count"}``, where ``id`` is the configuration's."""

_NO_LINES = {"type": ["array", "null"], "maxItems": 0}
NEW_ORDER: dict[str, Any] = {
    "anyOf": [
        {"required": ["cart"], "properties": {"cart": _lines(LINE)}},
        {
            "required": ["items"],
            "properties": {"cart": _NO_LINES, "items": _lines(OLD_LINE, LINE)},
        },
    ]
}
"""A new order has lines, in one place or the other."""


def read_lines(lines: list[Mapping[str, Any]]) -> list[Record]:
    """Write each line as it is kept, whichever form it came in."""
    return [
        {
            "configurationId": line.get("configurationId") or line["id"],
            "count": line["count"],
            "metadata": line.get("metadata") or {},
        }
        for line in lines
    ]
