"""Layers counted by what they share."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from threekit_async.emulator.data.filters import Filters
    from threekit_async.emulator.data.store import Store
    from threekit_async.emulator.web.query import Page, Sort


def layer_groups(
    store: Store, key: str, filters: Filters, *, page: Page, sort: Sort
) -> tuple[int, list[dict[str, object]]]:
    """Return how many groups there are, and those of one page.

    A group's ``createdAt``, ``fileId`` and ``assetId`` are those of its latest layer (assumption).
    """
    rows = store.rows(
        f'SELECT "{key}", COUNT(*), MAX("createdAt") AS latest, "fileId", "assetId", '  # noqa: S608
        'json_group_array(DISTINCT "assetId"), json_group_array(DISTINCT "stageId") '
        f'FROM layers WHERE {filters.where()} GROUP BY "{key}" '
        f"ORDER BY {sort.order.replace('createdAt', 'latest')}",
        filters.values,
    )
    return len(rows), [_group(key, row) for row in rows[page.offset : page.offset + page.size]]


def _group(key: str, row: tuple[Any, ...]) -> dict[str, object]:
    value, count, latest, file_id, asset_id, asset_ids, stage_ids = row
    return {
        key: value,
        "count": count,
        "createdAt": latest,
        "fileId": file_id,
        "assetId": asset_id,
        "assetIds": json.loads(asset_ids),
        "stageIds": [stage for stage in json.loads(stage_ids) if stage],
    }
