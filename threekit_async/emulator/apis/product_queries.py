"""Which items an entry of an import means."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from threekit_async.emulator.data.filters import Filters
from threekit_async.emulator.data.tables import ASSETS

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from threekit_async.emulator.data.store import Record, Store


def matching(store: Store, org_id: str, entry: Mapping[str, Any]) -> list[Record]:
    """Return the live assets that match everything an entry's query gives; none without one.

    A query without ``id`` looks among the assets of the product's type, ``item`` when that is
    not given (assumption).
    """
    query: Record = entry.get("query") or {}
    product: Record = entry.get("product") or {}
    wanted = metadata_values(query.get("metadata"))
    if not (query.get("id") or query.get("name") or wanted):
        return []
    filters = Filters()
    filters.equals("orgId", org_id)
    filters.equals("deletedAt", None)
    if query.get("id"):
        filters.either(("id", "customId"), query["id"])
    else:
        filters.equals("type", product.get("type") or "item")
    if query.get("name"):
        filters.equals("name", query["name"])
    filters.has_entries("metadata", wanted)
    return store.records(ASSETS, filters)


def metadata_values(metadata: Any) -> dict[str, Any]:
    """Read what metadata a query asks for, in any of the three forms that are met.

    ``{"name": "SKU", "defaultValue": "OC-1", "type": "String"}`` (the vendor's page on importing
    and exporting assets), an array of such (its help centre), and ``{"SKU": "OC-1"}`` (public
    integrations).
    """
    parts = cast("list[Record]", metadata if isinstance(metadata, list) else [metadata or {}])
    return dict(pair for part in parts for pair in _pairs(part))


def _pairs(part: Mapping[str, Any]) -> Iterable[tuple[str, Any]]:
    if isinstance(part.get("name"), str) and "defaultValue" in part:
        return [(part["name"], _typed(part))]
    return part.items()


def _typed(attribute: Mapping[str, Any]) -> Any:
    """Return a default value; one of the type ``Number`` may be written as text."""
    value = attribute["defaultValue"]
    if attribute.get("type") != "Number" or not isinstance(value, str):
        return value
    try:
        number = float(value)
    except ValueError:
        return value
    return int(number) if number.is_integer() else number
