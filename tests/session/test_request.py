"""Paths and queries: what a request value becomes on the wire."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta, timezone
from types import MappingProxyType
from typing import Any
from urllib.parse import parse_qsl, unquote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from threekit_async import UNSET, UsageError
from threekit_async.models.layers import Layer, LayerUrl
from threekit_async.session.decode import One
from threekit_async.session.request import Json, Request, path_of, query_of

TEMPLATE = "/api/layers/{layer_id}"


@pytest.mark.parametrize(
    ("value", "path"),
    [
        ("7f0c", "/api/layers/7f0c"),
        ("a b", "/api/layers/a%20b"),
        ("a/b", "/api/layers/a%2Fb"),
        ("../../secrets", "/api/layers/..%2F..%2Fsecrets"),
        ("...", "/api/layers/..."),
        ("%2e%2e", "/api/layers/%252e%252e"),
        ("x?y#z", "/api/layers/x%3Fy%23z"),
        ("{layer_id}", "/api/layers/%7Blayer_id%7D"),
        ("Süß", "/api/layers/S%C3%BC%C3%9F"),
        ("a\r\nHost: b", "/api/layers/a%0D%0AHost%3A%20b"),
    ],
)
def test_a_value_fills_exactly_one_segment_of_the_path(value: str, path: str) -> None:
    assert path_of(TEMPLATE, {"layer_id": value}) == path


@given(st.text(min_size=1).filter(lambda text: text.strip() and text not in {".", ".."}))
def test_what_fills_a_path_can_be_read_back_from_it(value: str) -> None:
    head, _, segment = path_of(TEMPLATE, {"layer_id": value}).rpartition("/")
    assert head == "/api/layers"
    assert unquote(segment) == value


@pytest.mark.parametrize("value", ["", " ", "\t\n", ".", ".."])
def test_empty_ids_and_dot_segments_are_refused(value: str) -> None:
    with pytest.raises(UsageError, match=r"layer_id cannot be .*nothing was sent"):
        path_of(TEMPLATE, {"layer_id": value})


@pytest.mark.parametrize("value", [None, 7, b"id", ["id"], UNSET])
def test_ids_that_are_no_strings_are_refused_by_their_type(value: Any) -> None:
    kind = type(value).__name__
    with pytest.raises(UsageError, match=f"layer_id must be a string, not {kind}"):
        path_of(TEMPLATE, {"layer_id": value})


def test_an_id_that_no_encoding_can_write_is_a_usage_error() -> None:
    with pytest.raises(UsageError):
        path_of(TEMPLATE, {"layer_id": "\ud800"})


@pytest.mark.parametrize(
    ("pairs", "query"),
    [
        ([("sort", "+createdAt")], "sort=%2BcreatedAt"),
        ([("metadata", {"a": 1})], "metadata=%7B%22a%22%3A1%7D"),
        ([("ids", ["x", "y"])], "ids=%5B%22x%22%2C%22y%22%5D"),
        ([("publicShare", True), ("warnings", False)], "publicShare=true&warnings=false"),
        ([("width", 0), ("ratio", 1.5)], "width=0&ratio=1.5"),
        ([("stageId", "")], "stageId="),
        ([("name", "a&b=c d")], "name=a%26b%3Dc%20d"),
        ([("name", "Größe")], "name=Gr%C3%B6%C3%9Fe"),
        ([("a", None), ("b", UNSET), ("c", "1")], "c=1"),
        ([("a", None)], ""),
        ([], ""),
    ],
)
def test_a_query_is_written_as_the_vendor_asks(pairs: list[tuple[str, object]], query: str) -> None:
    assert query_of(pairs) == query


@given(st.lists(st.tuples(st.text(min_size=1), st.text())))
def test_texts_of_a_query_can_be_read_back(pairs: list[tuple[str, str]]) -> None:
    assert parse_qsl(query_of(pairs), keep_blank_values=True) == pairs


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=10,
)


@given(st.dictionaries(st.text(), _JSON))
def test_objects_of_a_query_can_be_read_back_as_json(value: dict[str, Any]) -> None:
    [(name, text)] = parse_qsl(query_of([("metadata", value)]))
    assert name == "metadata"
    assert json.loads(text) == value


def test_a_filter_that_is_not_json_is_a_usage_error() -> None:
    with pytest.raises(UsageError):
        query_of([("metadata", {"when": object()})])


def test_a_json_body_is_compact_utf8() -> None:
    assert Json({"name": "Größe", "n": [1, None]}).encoded() == (
        '{"name":"Größe","n":[1,null]}'.encode()
    )


def test_records_and_dates_may_stand_anywhere_in_a_json_body() -> None:
    moment = datetime(2024, 5, 1, 12, tzinfo=timezone(timedelta(hours=2)))
    body = {"list": [Layer(id="i", width=3, extra={"new": 1})], "at": moment}
    written = json.loads(Json(body).encoded())
    assert written["at"] == "2024-05-01T10:00:00.000Z"
    assert written["list"][0]["id"] == "i"
    assert written["list"][0]["new"] == 1
    assert "stageId" not in written["list"][0]


def test_any_mapping_is_a_json_object() -> None:
    assert Json(MappingProxyType({"a": MappingProxyType({"b": 1})})).encoded() == b'{"a":{"b":1}}'


def test_a_record_is_a_filter_as_json_and_a_date_as_text() -> None:
    moment = datetime(2024, 5, 1, tzinfo=UTC)
    pairs: list[tuple[str, object]] = [("ref", {"x": LayerUrl(url="u")}), ("since", moment)]
    assert parse_qsl(query_of(pairs)) == [
        ("ref", '{"x":{"url":"u","metadata":{}}}'),
        ("since", "2024-05-01T00:00:00.000Z"),
    ]


@pytest.mark.parametrize("value", [{"a": {1, 2}}, {"a": UNSET}, {"a": float("nan")}, {"a": b""}])
def test_a_body_that_is_not_json_is_a_usage_error(value: Any) -> None:
    with pytest.raises(
        UsageError, match=r"The body cannot be written as JSON: .* Nothing was sent"
    ):
        Json(value).encoded()


def test_a_request_shows_its_verb_and_its_filled_path() -> None:
    request = Request(
        verb="GET",
        path=TEMPLATE,
        params={"layer_id": "a b"},
        query={"bearer_token": "hidden"},
        returns=One(Layer),
    )
    assert str(request) == "GET /api/layers/a%20b"
