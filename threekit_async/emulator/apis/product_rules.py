"""Attributes and rules of items, made whole."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from threekit_async.emulator.data.identity import steady_id

if TYPE_CHECKING:
    from collections.abc import Mapping

    from threekit_async.emulator.data.store import Record


def whole_attributes(asset_id: str, attributes: list[Record]) -> list[Record]:
    """Give an id to each attribute that has none; rules refer to it."""
    return [
        {**attribute, "id": attribute.get("id") or _attribute_id(asset_id, attribute, place)}
        for place, attribute in enumerate(attributes)
    ]


def _attribute_id(asset_id: str, attribute: Mapping[str, Any], place: int) -> str:
    return steady_id("attribute", asset_id, attribute.get("name") or place)


def whole_rules(product: Record, rules: list[Any]) -> Record:
    """Return the product with these rules.

    A rule may name an attribute instead of giving its id. One that the item does not have yet is
    added to it, as the vendor's page on importing and exporting assets says; that it is a
    ``String`` is an assumption.
    """
    flat: list[Record] = []
    for part in rules:
        flat.extend(cast("list[Record]", part if isinstance(part, list) else [part]))
    attributes = list(product["attributes"])
    done = [
        {
            **rule,
            "conditions": _resolved(product["id"], attributes, rule.get("conditions")),
            "actions": _resolved(product["id"], attributes, rule.get("actions")),
        }
        for rule in flat
    ]
    return {**product, "attributes": attributes, "rules": done}


def _resolved(asset_id: str, attributes: list[Record], parts: list[Record] | None) -> list[Record]:
    return [
        part
        if part.get("attributeId") or not part.get("attribute")
        else {**part, "attributeId": _id_of(asset_id, attributes, part["attribute"])}
        for part in parts or []
    ]


def _id_of(asset_id: str, attributes: list[Record], name: str) -> str:
    for attribute in attributes:
        if attribute.get("name") == name:
            return str(attribute["id"])
    new: Record = {
        "type": "String",
        "name": name,
        "values": [],
        "blacklist": [],
        "defaultValue": "",
    }
    attributes.extend(whole_attributes(asset_id, [new]))
    return str(attributes[-1]["id"])
