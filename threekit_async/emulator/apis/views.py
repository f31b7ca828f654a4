"""Analytics events counted by day, month or year."""

from __future__ import annotations

from itertools import accumulate
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from threekit_async.emulator.data.filters import Filters
    from threekit_async.emulator.data.store import Store

LENGTHS = {"year": 4, "month": 7, "day": 10}
"""How much of ``2024-05-01T10:00:00.000Z`` says which year, month or day it is in."""


def count_views(store: Store, filters: Filters, *, range_: str) -> list[dict[str, int]]:
    """Return a row for each day, month or year in UTC that has a matching event, oldest first.

    Every event counts as one view, whatever its metric (assumption).
    """
    rows = store.rows(
        f'SELECT substr("createdAt", 1, {LENGTHS[range_]}) AS part, COUNT(*) '  # noqa: S608
        f"FROM events WHERE {filters.where()} GROUP BY part ORDER BY part",
        filters.values,
    )
    totals = accumulate(count for _, count in rows)
    return [
        {**_parts(text), "views": count, "cumulative": total}
        for (text, count), total in zip(rows, totals, strict=True)
    ]


def _parts(text: str) -> dict[str, int]:
    names = ("year", "month", "day")
    return {name: int(part) for name, part in zip(names, text.split("-"), strict=False)}
