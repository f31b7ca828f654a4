"""Items as JSON: every kind of attribute, both nestings of rules, three forms of a query."""

from __future__ import annotations

import json
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
from threekit_async.models.base import UNSET, converter, evolve
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
    assert entry.product
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
            {"type": "Number", "name": "W", "values": [1, 2.5], "blacklist": [7]},
            NumberAttribute(name="W", values=[1, 2.5], blacklist=[7]),
        ),
        (
            {"type": "Number", "name": "W", "values": ["1"]},
            OtherAttribute(type="Number", name="W", extra={"values": ["1"]}),
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
    assert converter().unstructure(found) == fields


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
        product(rules=[RULE, {"actions": [{"type": "hide"}, {"type": 7}]}])
    assert refusal.value.path == ".rules[1].actions[1].type"


@pytest.mark.parametrize("action", [{}, {"type": None, "name": "n"}, {"label": None}])
def test_an_action_without_its_type_is_read_and_goes_back_as_it_came(
    action: dict[str, Any],
) -> None:
    read = product(rules=[{"actions": [action]}])
    [rule] = read.rules or []
    assert rule.actions
    assert not rule.actions[0].type
    assert converter().unstructure(read) == {"rules": [{"actions": [action]}]}


@pytest.mark.parametrize(
    "asset",
    [
        {"assetId": None},
        {"assetId": None, "configuration": {}, "type": "model"},
        {},
        {"assetId": "m", "configuration": "text"},
        {"r": 1, "g": 1, "b": 1},
    ],
)
def test_an_asset_that_names_none_stays_as_it_came(asset: dict[str, Any]) -> None:
    assert product(asset=asset).asset == asset
    assert converter().unstructure(product(asset=asset)) == {"asset": asset}


def test_an_asset_that_is_no_object_is_named() -> None:
    with pytest.raises(FieldProblem, match="not an object") as refusal:
        product(asset=7)
    assert refusal.value.path == ".asset"


BARE = {
    "query": {"id": "a", "name": None},
    "product": {
        "name": "Oak chair",
        "description": None,
        "asset": {"assetId": "m", "configuration": None},
        "metadata": None,
        "attributes": [
            {"type": "String", "name": "Text", "defaultValue": None},
            {"type": "Number", "name": "Width", "values": [], "blacklist": [], "step": None},
            {"type": "Asset", "name": "Fabric", "values": None, "defaultValue": None},
            {"type": "Color", "name": "Paint", "defaultValue": {"r": 1, "g": 0.5, "b": 0}},
            {"type": "Array", "name": "Layers"},
            {"type": "Pricing", "name": "Pricing", "values": [{"pricebook": "b"}]},
            {"type": "Pricing"},
            {"type": None, "defaultValue": None},
        ],
        "rules": [{"conditions": None}, {"actions": [], "name": None}],
    },
}


@pytest.mark.parametrize("entry", [BARE, CHAIR, {}, {"query": None, "product": None}])
def test_an_entry_goes_back_exactly_as_it_came(entry: dict[str, Any]) -> None:
    for _ in range(2):  # the first reading compiles the shape
        written = converter().unstructure(converter().structure(entry, ProductEntry))
        assert json.dumps(written, sort_keys=True) == json.dumps(entry, sort_keys=True)


def test_a_field_is_emptied_by_none_and_left_alone_by_unset() -> None:
    entry = converter().structure({"product": {"name": "n", "description": "d"}}, ProductEntry)
    emptied = evolve(entry, product=evolve(entry.product, description=None))
    assert converter().unstructure(emptied) == {"product": {"name": "n", "description": None}}
    left = evolve(entry, product=evolve(entry.product, description=UNSET))
    assert converter().unstructure(left) == {"product": {"name": "n"}}


def test_metadata_without_a_value_is_none_by_name() -> None:
    named = [{"name": "a"}, {"name": "b", "defaultValue": None}, {"name": "c", "defaultValue": 0}]
    assert product(metadata=named).metadata_values == {"a": None, "b": None, "c": 0}


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
