"""What can be chosen of an asset: its attributes with their values."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from threekit_async.emulator.data.filters import Filters
from threekit_async.emulator.data.tables import ASSETS, PRODUCTS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from threekit_async.emulator.data.store import Record
    from threekit_async.emulator.state import State

Choices = dict[str, list[Any]]


def attributes_of(state: State, asset: Record) -> Choices:
    """Return the values of every attribute of an item that has a finite number of them."""
    product = state.store.get(PRODUCTS, asset["id"]) or {}
    kept: list[Record] = product.get("attributes") or []
    return dict(_finite(state, asset["orgId"], kept))


def _finite(state: State, org_id: str, kept: list[Record]) -> Iterator[tuple[str, list[Any]]]:
    for attribute in kept:
        given: list[Any] = attribute.get("values") or []
        values = [choice for value in given for choice in _resolved(state, org_id, value)]
        blocked: list[Any] = attribute.get("blacklist") or []
        if attribute.get("name") and values and attribute.get("type") != "Pricing":
            yield attribute["name"], [value for value in values if value not in blocked]


def _resolved(state: State, org_id: str, value: Any) -> list[Any]:
    """Turn ``"#tag"`` into the assets that bear the tag; other values stay."""
    if not isinstance(value, str) or not value.startswith("#"):
        return [value]
    tagged = Filters()
    tagged.equals("orgId", org_id)
    tagged.equals("deletedAt", None)
    tagged.has_item("tags", value[1:])
    return [{"assetId": asset["id"]} for asset in state.store.records(ASSETS, tagged)]
