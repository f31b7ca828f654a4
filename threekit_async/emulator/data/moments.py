"""Instants that clients send, in the few forms of ISO 8601 that are taken."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Annotated, TypeAlias

from threekit_async.emulator.data.identity import iso
from threekit_async.emulator.web.schemas import Rules

_DAY = "(19|20|21)[0-9]{2}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])"
_ZONE = "(Z|[+-]([01][0-9]|2[0-3]):[0-5][0-9])?"
_TIME = "([01][0-9]|2[0-3]):[0-5][0-9](:[0-5][0-9]([.][0-9]{1,9})?)?" + _ZONE
# Python's $ also stands before a last line break.
_FORM = rf"^{_DAY}(T{_TIME})?$(?!\n)"

Moment: TypeAlias = Annotated[str, Rules({"pattern": _FORM})]
"""A day, ``2024-05-01``, or an instant, ``2024-05-01T10:00:00.000Z``; years 1900 to 2199."""


def as_instant(text: str) -> str:
    """Write a :data:`Moment` as the vendor does; without a zone it is UTC (assumption).

    A day beyond its month's last is taken for one of the next month, as JavaScript does.
    """
    first, day, rest = text[:8] + "01", int(text[8:10]), text[10:]
    moment = datetime.fromisoformat(first + rest)
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return iso(moment + timedelta(days=day - 1))
