"""Variants of an asset.

Nobody documents how they come to be. Here each configuration an asset was rendered in is one
(assumption), so that they follow the layers.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from threekit_async.emulator.data.identity import steady_id
from threekit_async.emulator.web.query import Page

if TYPE_CHECKING:
    from threekit_async.emulator.data.store import Record, Store

_FIRST = Page(number=1, size=1)
OF_ASSET = 'FROM layers WHERE "orgId" = ? AND "assetId" = ? GROUP BY "assetLayerConfiguration"'


def variants_of(store: Store, asset: Record, page: Page) -> list[Record]:
    """Return one page of an asset's variants, oldest first."""
    rows = store.rows(
        f"SELECT record, MIN(seq) {OF_ASSET} ORDER BY MIN(seq) LIMIT ? OFFSET ?",
        (asset["orgId"], asset["id"], page.size, page.offset),
    )
    return [_variant(asset, json.loads(text)) for text, _ in rows]


def variant_count(store: Store, asset: Record) -> int:
    """Count an asset's variants."""
    question = f"SELECT COUNT(*) FROM (SELECT 1 {OF_ASSET})"  # noqa: S608
    return int(store.rows(question, (asset["orgId"], asset["id"]))[0][0])


def shared_data(store: Store, asset: Record) -> Record:
    """Return what all variants of an asset share; it is ready when there is a variant."""
    first = next(iter(variants_of(store, asset, _FIRST)), None)
    return {
        "id": _shared_id(asset),
        "assetId": asset["id"],
        "orgId": asset["orgId"],
        "jobId": first and first["jobId"],
        "taskId": first and first["taskId"],
        "ready": first is not None,
        "visualAttributes": sorted(first["variant"]) if first else [],
        "variantAttributes": sorted(first["variant"]) if first else [],
    }


def _shared_id(asset: Record) -> str:
    return steady_id("variants", asset["id"])


def _variant(asset: Record, layer: Record) -> dict[str, Any]:
    return {
        "id": steady_id("variant", layer["id"]),
        "assetId": asset["id"],
        "orgId": asset["orgId"],
        "jobId": layer["jobId"],
        "taskId": layer["taskId"],
        "variantId": None,
        "sharedDataId": _shared_id(asset),
        "metadata": layer["metadata"],
        "variant": layer["assetLayerConfiguration"],
        "createdAt": layer["createdAt"],
        "updatedAt": layer["createdAt"],
        "deletedAt": None,
    }
