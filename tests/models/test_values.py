"""Configurations, colours and references to assets: read, and written as they came."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from threekit_async.models.base import UNSET, converter
from threekit_async.models.fields import FieldProblem
from threekit_async.models.values import (
    AssetReference,
    Colour,
    read_configuration,
    read_names,
)

_JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53), 2**53)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=6),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["a", "r", "g", "b", "type"]), inner, max_size=4)
        | st.builds(
            lambda reference, rest: {**rest, **reference},
            st.fixed_dictionaries({"assetId": st.text(max_size=3) | inner}),
            st.dictionaries(st.sampled_from(["configuration", "other"]), inner, max_size=2),
        )
    ),
    max_leaves=12,
)


@given(st.dictionaries(st.text(max_size=4), _JSON, max_size=4))
def test_a_configuration_is_written_as_it_was_read(raw: dict[str, Any]) -> None:
    written = converter().unstructure(read_configuration(raw))
    assert json.dumps(written, sort_keys=True) == json.dumps(raw, sort_keys=True)


@pytest.mark.parametrize(
    ("raw", "value"),
    [
        ("Oak", "Oak"),
        (7, 7),
        (0.5, 0.5),
        (True, True),
        (None, None),
        ({"r": 1, "g": 0.5, "b": 0}, Colour(r=1, g=0.5, b=0)),
        ({"r": 1, "g": 1, "b": 1, "a": 0}, Colour(r=1, g=1, b=1, extra={"a": 0})),
        ({"assetId": ""}, AssetReference(asset_id="")),
        (
            {"assetId": "x", "configuration": "", "type": "item"},
            AssetReference(asset_id="x", configuration="", type="item"),
        ),
        (
            {"assetId": "x", "configuration": {"Inner": {"assetId": "y"}}},
            AssetReference(asset_id="x", configuration={"Inner": AssetReference(asset_id="y")}),
        ),
        ([{"assetId": "x"}, "y"], [AssetReference(asset_id="x"), "y"]),
    ],
)
def test_each_known_shape_becomes_its_value(raw: Any, value: Any) -> None:
    read = read_configuration({"Wood": raw})["Wood"]
    assert (read, type(read)) == (value, type(value))


@pytest.mark.parametrize(
    "raw",
    [
        {"assetId": 7},
        {"assetId": None},
        {"assetId": "x", "configuration": "text"},
        {"r": "1", "g": 1, "b": 1},
        {"r": 1, "g": 1},
        {"anything": {"r": 1, "g": 1, "b": 1}},
    ],
)
def test_unknown_shapes_stay_as_they_are(raw: dict[str, Any]) -> None:
    assert read_configuration({"Wood": raw}) == {"Wood": raw}


@pytest.mark.parametrize(
    ("raw", "read"),
    [("", {}), ("{}", {}), ('{"Wood": {"assetId": "x"}}', {"Wood": AssetReference(asset_id="x")})],
)
def test_a_configuration_may_come_as_text(raw: str, read: dict[str, Any]) -> None:
    assert read_configuration(raw) == read


def test_a_reference_tells_null_from_what_is_not_there() -> None:
    read = read_configuration({"Wood": {"assetId": "x", "configuration": None}})["Wood"]
    assert read == AssetReference(asset_id="x", configuration=None)
    assert read.type is UNSET
    assert converter().unstructure(read) == {"assetId": "x", "configuration": None}


@pytest.mark.parametrize("raw", [None, [], "Oak", 7, "[]", "[" * 100_000])
def test_what_is_no_object_is_no_configuration(raw: Any) -> None:
    with pytest.raises(FieldProblem, match="not an object"):
        read_configuration(raw)


def test_values_go_into_sets() -> None:
    chair = AssetReference(asset_id="x", configuration={"Wood": "Oak"})
    assert {chair, Colour(r=1, g=1, b=1), chair} == {chair, Colour(r=1, g=1, b=1)}


@pytest.mark.parametrize(
    ("raw", "names"),
    [
        (["a", "b"], ["a", "b"]),
        (["a,b"], ["a,b"]),
        ([], []),
        ("a", ["a"]),
        ("a,b", ["a", "b"]),
        (" a , b c,", ["a", "b c"]),
        ("", []),
    ],
)
def test_names_are_a_list_or_text(raw: Any, names: list[str]) -> None:
    assert read_names(raw) == names


@pytest.mark.parametrize(("raw", "path"), [(7, ""), ({}, ""), (["a", 7], "[1]")])
def test_names_that_are_none_are_refused(raw: Any, path: str) -> None:
    with pytest.raises(FieldProblem) as refusal:
        read_names(raw)
    assert refusal.value.path == path
