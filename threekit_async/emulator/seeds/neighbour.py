"""The demo's second organisation: a public one that shares one of its two items."""

from __future__ import annotations

from typing import TYPE_CHECKING

from threekit_async.emulator.seeds.supplies import dated, plain_asset
from threekit_async.emulator.seeds.tenant import NEIGHBOUR_ORG_ID, NEIGHBOUR_USER_ID

if TYPE_CHECKING:
    from threekit_async.emulator.data.store import Record

ITEMS = (("Quarry bench", "QUA", True), ("Quarry table", "QUT", False))


def neighbour_assets() -> list[Record]:
    """Return the items, one shared and one not."""
    return [
        dated(
            plain_asset(
                "item",
                name,
                orgId=NEIGHBOUR_ORG_ID,
                createdBy=NEIGHBOUR_USER_ID,
                customId=code,
                parentFolderId="catalog",
                publicShare=shared,
                tags=["furniture"],
                keywords=["stone"],
                metadata={"SKU": code},
            ),
            minute,
        )
        for minute, (name, code, shared) in enumerate(ITEMS)
    ]
