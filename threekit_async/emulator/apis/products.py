"""Items with their attributes and rules: import, export, copy."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from threekit_async.emulator.apis.product_queries import matching
from threekit_async.emulator.apis.product_rules import whole_attributes, whole_rules
from threekit_async.emulator.apis.product_schema import FILE_RULES
from threekit_async.emulator.data.tables import ASSETS, PRODUCTS
from threekit_async.emulator.records.assets import changed_asset, new_asset
from threekit_async.emulator.web.contract import Refusal

if TYPE_CHECKING:
    from collections.abc import Mapping

    from threekit_async.emulator.data.store import Record, Store
    from threekit_async.emulator.state import State

# 422 is documented, its code is not.
BAD_FILE = Refusal(
    status=422,
    code="import_error",
    message="Format or information in the imported file is not valid",
)
PLAIN = ("name", "type", "description", "tags", "keywords", "parentFolderId")


def import_products(state: State, org_id: str, user_id: str, entries: object) -> list[Record]:
    """Make and change items as the entries say, all or none; return the assets concerned.

    An entry whose query matches changes all it matches, any other makes a new item (the vendor's
    page on importing and exporting assets). What an entry gives stands in the place of what was
    there: lists are not merged (assumption).

    :raises VendorError: 422 when the entries are not as documented.
    """
    if not FILE_RULES.hold(entries):
        raise BAD_FILE.error()
    known = cast("list[Record]", entries)
    affected: dict[str, Record] = {}
    with state.store.together():
        for entry in known:
            for asset in _targets(state, org_id, user_id, entry):
                affected[asset["id"]] = _apply(state, asset, entry.get("product") or {})
    return list(affected.values())


def _targets(state: State, org_id: str, user_id: str, entry: Record) -> list[Record]:
    """Return what an entry changes; a new item bears the name of the product or of the query."""
    found = matching(state.store, org_id, entry)
    if found or not entry.get("product"):
        return found
    product: Record = entry["product"]
    query: Record = entry.get("query") or {}
    given = {"name": product.get("name") or query.get("name"), "type": product.get("type")}
    asset = new_asset(state, given, org_id=org_id, user_id=user_id)
    state.store.add(ASSETS, asset)
    state.store.add(PRODUCTS, _empty(asset))
    return [asset]


def _apply(state: State, asset: Record, given: Mapping[str, Any]) -> Record:
    product = _changed_product(kept_product(state.store, asset), given)
    changes = {name: given[name] for name in PLAIN if given.get(name) is not None}
    changed = changed_asset(state, asset, changes)
    changed["type"] = given.get("type") or asset["type"]
    if product["asset"] is not None or {"asset", "assetId"} & given.keys():
        link: Record = product["asset"] or {}
        changed["proxyId"] = link.get("assetId") or None
    if given.get("metadata") is not None:
        changed["metadata"] = _values(product["metadata"])
    state.store.replace(ASSETS, changed)
    state.store.replace(PRODUCTS, product)
    return changed


def _changed_product(product: Record, given: Mapping[str, Any]) -> Record:
    changed = {**product, **_link(given)}
    if given.get("metadata") is not None:
        changed["metadata"] = given["metadata"]
    if given.get("attributes") is not None:
        changed["attributes"] = whole_attributes(product["id"], given["attributes"])
    return whole_rules(changed, given["rules"]) if given.get("rules") is not None else changed


def _link(given: Mapping[str, Any]) -> Record:
    """Read which asset an item shows: ``asset`` says more than ``assetId``."""
    if given.get("asset") is not None:
        return {"asset": given["asset"]}
    if "asset" in given or "assetId" in given:
        asset_id = given.get("assetId")
        return {"asset": {"assetId": asset_id, "configuration": {}} if asset_id else None}
    return {}


def _values(entries: list[Record]) -> dict[str, Any]:
    return {entry["name"]: entry.get("defaultValue") for entry in entries if entry.get("name")}


def kept_product(store: Store, asset: Record) -> Record:
    """Return an asset's attributes, rules, metadata entries and link; they are kept from now on."""
    product = store.get(PRODUCTS, asset["id"])
    if product is None:
        product = _empty(asset)
        store.add(PRODUCTS, product)
    return product


def _empty(asset: Record) -> Record:
    metadata: Record = asset["metadata"] or {}
    return {
        "id": asset["id"],
        "orgId": asset["orgId"],
        "asset": {"assetId": asset["proxyId"], "configuration": {}} if asset["proxyId"] else None,
        "metadata": [_entry(name, value) for name, value in metadata.items()],
        "attributes": [],
        "rules": [],
    }


def _entry(name: str, value: object) -> Record:
    """Write one value of an asset's metadata as an import would have it."""
    number = isinstance(value, int | float) and not isinstance(value, bool)
    type_ = "Number" if number else "String"
    return {"type": type_, "name": name, "values": [], "blacklist": [], "defaultValue": value}


def exported(store: Store, asset: Record) -> Record:
    """Write an asset as an entry that an import takes back unchanged."""
    product = store.get(PRODUCTS, asset["id"]) or _empty(asset)
    link: Record = product["asset"] or {}
    return {
        "query": {"id": asset["id"]},
        "product": {
            **{name: asset[name] for name in ("id", *PLAIN[:2], "orgId", *PLAIN[2:])},
            "assetId": link.get("assetId"),
            "asset": {"type": _type_of(store, link), **link} if link else None,
            "metadata": product["metadata"],
            "attributes": product["attributes"],
            "rules": product["rules"],
        },
    }


def _type_of(store: Store, link: Mapping[str, Any]) -> str | None:
    linked = store.get(ASSETS, link["assetId"])
    return linked["type"] if linked else None


def copy_product(store: Store, original: Record, copy: Record) -> None:
    """Give the copy of an asset the attributes and rules of the original."""
    product = store.get(PRODUCTS, original["id"])
    if product is not None:
        store.add(PRODUCTS, {**product, "id": copy["id"]})
