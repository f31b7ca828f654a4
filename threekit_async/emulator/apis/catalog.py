"""Items as shops see them: those of one's own organisation, and shared ones of public others."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from threekit_async.emulator.apis.assets import live_assets
from threekit_async.emulator.data.tables import ASSETS
from threekit_async.emulator.web.answers import forbidden

if TYPE_CHECKING:
    from collections.abc import Mapping

    from threekit_async.emulator.data.store import Record, Store

FIELDS = ("id", "name", "description", "orgId", "proxyId", "tags", "keywords", "metadata")
PUBLIC_ORGS = "public_org_ids"
"""The mark that names the organisations whose shared items others may see."""


def public_orgs(store: Store) -> list[str]:
    """Return the ids of the public organisations."""
    ids: list[str] = json.loads(store.marked(PUBLIC_ORGS) or "[]")
    return ids


def visible_items(store: Store, own: str, query: Mapping[str, Any]) -> list[Record]:
    """Return the items a token's organisation sees that match a query.

    With the ``orgId`` of the own organisation, all of its items; with that of a public one, its
    shared items (the vendor's help centre); without it, both together.

    :raises VendorError: 403 for any other organisation (assumption).
    """
    others = [org_id for org_id in public_orgs(store) if org_id != own]
    asked = query.get("orgId") or None
    if asked not in (None, own, *others):
        raise forbidden()
    orgs = [own, *others] if asked is None else [asked]
    return [item for org_id in orgs for item in _items(store, org_id, own, query)]


def _items(store: Store, org_id: str, own: str, query: Mapping[str, Any]) -> list[Record]:
    shared = {"publicShare": True} if org_id != own else {}
    filters = live_assets(org_id, {**query, **shared, "type": "item"})
    return [as_product(asset) for asset in store.records(ASSETS, filters)]


def find_item(store: Store, own: str, item_id: str) -> Record | None:
    """Return an item a token's organisation sees, or ``None``."""
    asset = store.get(ASSETS, item_id)
    if asset is None or asset["type"] != "item" or asset["deletedAt"]:
        return None
    shared = asset["publicShare"] and asset["orgId"] in public_orgs(store)
    return as_product(asset) if shared or asset["orgId"] == own else None


def as_product(asset: Record) -> Record:
    """Return what the catalogue shows of an item."""
    return {name: asset[name] for name in FIELDS}
