"""Questions about assets: which match, which one is meant, which names they bear."""

from __future__ import annotations

from typing import TYPE_CHECKING

from threekit_async.emulator.data.filters import Filters
from threekit_async.emulator.data.tables import ASSETS
from threekit_async.emulator.records.names import read_names
from threekit_async.emulator.web.contract import Refusal

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any, Literal

    from threekit_async.emulator.data.store import Record, Store
    from threekit_async.emulator.web.asking import Ask

EXACT = ("name", "type", "branch", "proxyId", "importedFileId", "parentFolderId")
SORTABLE = ("createdAt", "updatedAt", "name", "type")
UNKNOWN = Refusal(status=404, code="asset_not_found", message="Asset not found")


def live_assets(org_id: str, query: Mapping[str, Any]) -> Filters:
    """Choose the live assets of an organisation that match a query's documented fields.

    Metadata matches by the given keys (seen in public integrations). Of several tags, separated
    by commas, all must be there (assumption).
    """
    filters = Filters()
    filters.equals("orgId", org_id)
    filters.equals("deletedAt", None)
    for name in EXACT:
        if name in query:
            filters.equals(name, query[name])
    for column in ("tags", "keywords"):
        for name in read_names(query.get(column)):
            filters.has_item(column, name)
    if "nameLike" in query:
        filters.contains("name", query["nameLike"])
    if query.get("publicShare"):
        filters.equals("publicShare", value=True)
    filters.has_entries("metadata", query.get("metadata") or {})
    return filters


def find_asset(ask: Ask, *, part: str = "assetId", live: bool = False) -> Record:
    """Return the asset the path names by its id or ``customId``, or refuse with 404.

    :param live: a deleted one is refused, too; it can be read, but not changed (assumption).
    """
    asset = ask.store.first(ASSETS, named(ask.org_id, ask.part(part)))
    if asset is None or (live and asset["deletedAt"]):
        raise UNKNOWN.error()
    return asset


def named(org_id: str, name: str) -> Filters:
    """Choose an organisation's asset with this id or ``customId``, deleted or not."""
    filters = Filters()
    filters.equals("orgId", org_id)
    filters.either(("id", "customId"), name)
    return filters


def names_in(store: Store, column: Literal["tags", "keywords"], filters: Filters) -> list[str]:
    """Return each tag or keyword of the matching assets once, in alphabetical order."""
    bearing = f'SELECT "{column}" AS names FROM assets WHERE {filters.where()}'  # noqa: S608
    question = f"SELECT DISTINCT value FROM ({bearing}), json_each(names) ORDER BY value"  # noqa: S608
    rows = store.rows(question, filters.values)
    return [name for (name,) in rows]


def taken(store: Store, asset: Record) -> bool:
    """Tell whether one of the asset's two names is another's: its id, or its ``customId``.

    Ids are taken everywhere, a ``customId`` is in its organisation. Paths take either name, so
    that one asset's id must not be another's ``customId``.
    """
    if store.get(ASSETS, asset["id"]) is not None:
        return True
    names = [name for name in (asset["id"], asset["customId"]) if name is not None]
    return any(store.count(ASSETS, named(asset["orgId"], name)) for name in names)


def items_with_sku(store: Store, org_id: str, sku: str) -> list[str]:
    """Return the ids of the live assets whose metadata has this ``SKU``."""
    filters = live_assets(org_id, {"metadata": {"SKU": sku}})
    return [asset["id"] for asset in store.records(ASSETS, filters)]
