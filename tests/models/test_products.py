"""Items as JSON: every kind of attribute, both nestings of rules, three forms of a query."""

from __future__ import annotations

from typing import Any

import pytest

from threekit_async.models.attributes import (
    ArrayAttribute,
    AssetAttribute,
    BooleanAttribute,
    ColourAttribute,
    NumberAttribute,
    OtherAttribute,
    Price,
    PricingAttribute,
    StringAttribute,
)
from threekit_async.models.base import converter
from threekit_async.models.fields import FieldProblem
from threekit_async.models.products import (
    Product,
    ProductEntry,
    ProductQuery,
    Rule,
    RuleAction,
    RuleCondition,
)
from threekit_async.models.values import AssetReference, Colour

CHAIR = {
    "query": {"metadata": {"SKU": "OC-1"}},
    "product": {
        "name": "Oak chair",
        "type": "item",
        "description": "",
        "tags": ["chair"],
        "keywords": [],
        "metadata": [
            {
                "type": "String",
                "name": "SKU",
                "values": [],
                "blacklist": [],
                "defaultValue": "OC-1",
            }
        ],
        "attributes": [
            {
                "type": "Asset",
                "name": "Fabric",
                "assetType": "item",
                "blacklist": [],
                "values": ["#fabric", {"assetId": "x"}, {"tagId": "t"}],
                "defaultValue": {"assetId": ""},
            },
            {"type": "Number", "name": "Width", "min": 1, "step": 0.5, "lockToStep": True},
            {
                "type": "Pricing",
                "name": "Pricing",
                "values": [{"pricebook": "b", "currencies": {"USD": 12.5}}],
                "defaultValue": {},
            },
        ],
        "asset": {"assetId": "m", "configuration": {}, "type": "model"},
        "rules": [
            {
                "name": "Hide",
                "conditions": [{"attributeId": "a", "operator": "=", "value": "Oak"}],
                "actions": [
                    {
                        "type": "visibility",
                        "name": "n",
                        "label": "l",
                        "attributeId": "b",
                        "visible": False,
                    }
                ],
            }
        ],
    },
    "m": {"row": 7},
}


def product(**fields: Any) -> Product:
    return converter().structure(fields, Product)


def attribute(**fields: Any) -> Any:
    [read] = product(attributes=[fields]).attributes or []
    return read


def test_an_entry_is_read_with_all_that_is_in_it() -> None:
    entry = converter().structure(CHAIR, ProductEntry)
    assert entry.product is not None
    assert entry.extra == {"m": {"row": 7}}
    assert entry.product.metadata_values == {"SKU": "OC-1"}
    assert entry.product.asset == AssetReference(asset_id="m", configuration={}, type="model")
    assert entry.product.rules == [
        Rule(
            name="Hide",
            conditions=[RuleCondition(attribute_id="a", operator="=", value="Oak")],
            actions=[
                RuleAction(type="visibility", name="n", label="l", attribute_id="b", visible=False)
            ],
        )
    ]


def test_an_entry_is_written_as_it_was_read() -> None:
    assert converter().unstructure(converter().structure(CHAIR, ProductEntry)) == CHAIR


@pytest.mark.parametrize(
    ("fields", "read"),
    [
        (
            {"type": "String", "name": "Text", "values": ["a"], "defaultValue": "a"},
            StringAttribute(name="Text", values=["a"], default_value="a"),
        ),
        (
            {"type": "Number", "name": "Width", "defaultValue": 2, "max": 2.5},
            NumberAttribute(name="Width", default_value=2, max=2.5),
        ),
        (
            {"type": "Boolean", "name": "Arms", "defaultValue": False},
            BooleanAttribute(name="Arms", default_value=False),
        ),
        (
            {"type": "Color", "name": "Paint", "defaultValue": {"r": 1, "g": 0, "b": 0}},
            ColourAttribute(name="Paint", default_value=Colour(r=1, g=0, b=0)),
        ),
        (
            {"type": "Asset", "name": "Fabric", "values": ["#f"], "defaultValue": ""},
            AssetAttribute(name="Fabric", values=["#f"], default_value=""),
        ),
        (
            {"type": "Asset", "name": "Fabric", "values": [{"assetId": "x"}, {"tagId": "t"}]},
            AssetAttribute(name="Fabric", values=[AssetReference(asset_id="x"), {"tagId": "t"}]),
        ),
        (
            {"type": "Array", "name": "Layers", "defaultValue": [1]},
            ArrayAttribute(name="Layers", default_value=[1]),
        ),
        (
            {
                "type": "Pricing",
                "name": "Pricing",
                "values": [{"pricebook": "b", "currencies": {"USD": 12.5}}],
            },
            PricingAttribute(values=[Price(pricebook="b", currencies={"USD": 12.5})]),
        ),
        (
            {"type": "Number", "name": "Width", "defaultValue": "2"},
            OtherAttribute(type="Number", name="Width", default_value="2"),
        ),
        (
            {"type": "Hologram", "name": "Show", "angle": 7},
            OtherAttribute(type="Hologram", name="Show", extra={"angle": 7}),
        ),
        (
            {"type": "String", "defaultValue": "nameless"},
            OtherAttribute(type="String", default_value="nameless"),
        ),
        ({"name": "Bare"}, OtherAttribute(name="Bare")),
        ({"id": "u", "type": "String", "name": "T"}, StringAttribute(name="T", extra={"id": "u"})),
    ],
)
def test_each_kind_of_attribute_has_its_record(fields: dict[str, Any], read: Any) -> None:
    found = attribute(**fields)
    assert (found, type(found)) == (read, type(read))
    written = converter().unstructure(found)
    assert {name: written[name] for name in fields} == fields


@pytest.mark.parametrize(
    ("attributes", "path"),
    [(7, ".attributes"), ([7], ".attributes[0]"), ([{}, {"name": 7}], ".attributes[1].name")],
)
def test_what_is_no_attribute_is_named(attributes: Any, path: str) -> None:
    with pytest.raises(FieldProblem) as refusal:
        product(attributes=attributes)
    assert refusal.value.path == path


RULE = {"name": "R", "actions": [{"type": "custom-script", "content": "x", "enabled": False}]}
READ_RULE = Rule(name="R", actions=[RuleAction(type="custom-script", content="x", enabled=False)])


@pytest.mark.parametrize(
    ("rules", "read"),
    [
        ([RULE, RULE], [READ_RULE, READ_RULE]),
        ([[RULE, RULE]], [READ_RULE, READ_RULE]),
        ([[RULE], RULE], [READ_RULE, READ_RULE]),
        ([[]], []),
        ([], []),
    ],
)
def test_rules_are_read_from_either_nesting(rules: Any, read: Any) -> None:
    assert product(rules=rules).rules == read


def test_a_rule_that_cannot_be_read_is_named() -> None:
    with pytest.raises(FieldProblem) as refusal:
        product(rules=[RULE, {"actions": [{"name": "no type"}]}])
    assert refusal.value.path == ".rules[1].actions[0].type"


@pytest.mark.parametrize(
    "metadata",
    [
        {"SKU": "OC-1", "Size": 7},
        [
            {"name": "SKU", "defaultValue": "OC-1", "type": "String"},
            {"name": "Size", "defaultValue": 7},
        ],
        [{"SKU": "OC-1"}, {"name": "Size", "defaultValue": 7}, "unknown"],
    ],
)
def test_a_query_says_its_metadata_by_name_whichever_form_it_came_in(metadata: Any) -> None:
    query = converter().structure({"metadata": metadata}, ProductQuery)
    assert query.metadata_values == {"SKU": "OC-1", "Size": 7}
    assert converter().unstructure(query) == {"metadata": metadata}


def test_a_query_for_one_attribute_is_that_attribute() -> None:
    query = ProductQuery(metadata={"name": "SKU", "defaultValue": "OC-1", "type": "String"})
    assert query.metadata_values == {"SKU": "OC-1"}
    assert ProductQuery(id="a").metadata_values == {}


def test_a_query_whose_metadata_is_text_is_refused() -> None:
    with pytest.raises(FieldProblem, match="not an object or array"):
        converter().structure({"metadata": "SKU"}, ProductQuery)
