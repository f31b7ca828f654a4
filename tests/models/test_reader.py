"""Both ways of reading a record agree, and nothing a server sends is lost."""

# ruff: noqa: DTZ001
from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import attrs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from threekit_async import UNSET, Asset, File, Layer, LayerGroup, LayerUrl
from threekit_async.models.analytics import AnalyticsEvent
from threekit_async.models.base import converter, wire_time
from threekit_async.models.customers import Customer
from threekit_async.models.fields import FieldProblem, camel, is_record, wire_name
from threekit_async.models.orders import Order, Platform
from threekit_async.models.reader import Reader
from threekit_async.models.webhooks import WebhookFilter

RECORDS: list[type[Any]] = [Layer, LayerGroup, LayerUrl, File, Asset]
REQUIRED: dict[type[Any], dict[str, Any]] = {
    Layer: {"id": "a"},
    LayerGroup: {"count": 3},
    LayerUrl: {"url": "https://h.example/f"},
    File: {"id": "f"},
    Asset: {"id": "a", "name": "Chair"},
}

_MOMENTS = st.datetimes(
    datetime(1970, 1, 1),
    datetime(2100, 1, 1),
    timezones=st.just(UTC),
).map(wire_time)
_VALUES: st.SearchStrategy[Any] = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**40), 2**40),
    st.floats(allow_nan=False),
    st.sampled_from([0.0, 2000.0, 1.5]),
    st.text(max_size=8),
    _MOMENTS,
    st.lists(st.text(max_size=3) | st.integers(), max_size=3),
    st.dictionaries(st.text(max_size=3), st.text(max_size=3), max_size=2),
)


def wires(record: type[Any]) -> list[str]:
    return [wire_name(item) for item in attrs.fields(record) if item.name != "extra"]


def rows(record: type[Any]) -> st.SearchStrategy[dict[str, Any]]:
    """Objects with any values under known and unknown names, mostly with what is required."""
    names = st.sampled_from(wires(record)) | st.sampled_from(["extra", "newField", "class", "v0"])
    loose = st.dictionaries(names | st.text(max_size=5), _VALUES, max_size=8)
    return st.builds(lambda base, rest: {**base, **rest}, st.just(REQUIRED[record]), loose) | loose


def outcome(read: Any, row: Any) -> Any:
    """The record read, or the problem in words."""
    try:
        return read(row)
    except FieldProblem as problem:
        return problem.path, problem.reason


@pytest.mark.parametrize("record", RECORDS)
@given(data=st.data())
@settings(max_examples=150)
def test_the_compiled_reader_and_the_slow_one_agree(record: type[Any], data: Any) -> None:
    row = data.draw(rows(record))
    reader: Reader[Any] = Reader(record, converter())
    slow = outcome(reader._slowly, row)
    assert outcome(reader.one, row) == slow  # by the function compiled for its shape
    if isinstance(slow, record):
        assert reader.many([row, row]) == [slow, slow]
    else:
        path, reason = slow
        assert outcome(reader.many, [row]) == (f"[0]{path}", reason)


@pytest.mark.parametrize("record", RECORDS)
@given(data=st.data())
@settings(max_examples=150)
def test_a_record_survives_being_written_and_read_again(record: type[Any], data: Any) -> None:
    row = data.draw(rows(record))
    made = outcome(lambda row: converter().structure(row, record), row)
    if isinstance(made, record):
        written = converter().unstructure(made)
        assert converter().structure(json.loads(json.dumps(written)), record) == made


@pytest.mark.parametrize("record", RECORDS)
@given(data=st.data())
def test_unknown_fields_survive_a_round_trip(record: type[Any], data: Any) -> None:
    unknown = st.text(max_size=6).filter(lambda name: name not in wires(record))
    extra = data.draw(st.dictionaries(unknown, _VALUES, max_size=5))
    made = converter().structure({**REQUIRED[record], **extra}, record)
    assert made.extra == extra
    written = converter().unstructure(made)
    assert {name: written[name] for name in extra} == extra


@pytest.mark.parametrize("record", RECORDS)
def test_the_shapes_kept_are_bounded_and_reading_goes_on_without(record: type[Any]) -> None:
    reader: Reader[Any] = Reader(record, converter())
    for number in range(400):
        row = {**REQUIRED[record], f"unknown{number}": number}
        assert reader.one(row).extra == {f"unknown{number}": number}
    assert len(reader._shapes) == 256


@pytest.mark.parametrize(
    ("record", "row", "path", "says"),
    [
        (Layer, {}, ".id", "is missing or null"),
        (Layer, {"id": None}, ".id", "is missing or null"),
        (Layer, {"id": 7}, ".id", "is an integer (7), not a string"),
        (Layer, {"id": "a", "width": "7"}, ".width", "is a string ('7'), not an integer"),
        (Layer, {"id": "a", "width": 1.5}, ".width", "is a number (1.5), not an integer"),
        (Layer, {"id": "a", "width": True}, ".width", "is a boolean (True), not an integer"),
        (Layer, {"id": "a", "metadata": []}, ".metadata", "is an array ([]), not an object"),
        (Layer, {"id": "a", "createdAt": 7}, ".createdAt", "is an integer (7), not a date"),
        (Layer, {"id": "a", "createdAt": "x"}, ".createdAt", "is a string ('x'), not a date"),
        (LayerGroup, {"count": None}, ".count", "is missing or null"),
        (LayerGroup, {"count": 1, "assetIds": [1]}, ".assetIds[0]", "is an integer (1)"),
        (LayerGroup, {"count": 1, "assetIds": "x"}, ".assetIds", "is a string ('x'), not an array"),
        (Asset, {"id": "a", "name": "n", "tags": ["t", 2]}, ".tags[1]", "is an integer (2)"),
        (Asset, {"id": "a", "name": "n", "warnings": "y"}, ".warnings", "not a boolean"),
        (Asset, {"id": "a", "name": "n", "publicShare": 1}, ".publicShare", "a boolean or a"),
        (File, {"id": "f", "size": "9" * 60}, ".size", "9...), not an integer"),
        (File, [], "", "is an array ([]), not an object"),
        (File, ["id"], "", "not an object"),
        (File, "id", "", "is a string ('id'), not an object"),
        (File, None, "", "is null (None), not an object"),
    ],
)
@pytest.mark.parametrize("times", [1, 2])
def test_a_value_that_cannot_be_read_is_named(
    record: type[Any], row: Any, path: str, says: str, times: int
) -> None:
    reader: Reader[Any] = Reader(record, converter())
    for _ in range(times):
        outcome(reader.one, REQUIRED[record])
        found = outcome(reader.one, row)
        assert found[0] == path
        assert says in found[1]


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2024-05-01T10:00:00.000Z", datetime(2024, 5, 1, 10, tzinfo=UTC)),
        ("2024-05-01T10:00:00Z", datetime(2024, 5, 1, 10, tzinfo=UTC)),
        (
            "2024-05-01T10:00:00+02:00",
            datetime(2024, 5, 1, 10, tzinfo=timezone(timedelta(hours=2))),
        ),
    ],
)
def test_moments_are_read_with_their_offset(text: str, moment: datetime) -> None:
    layer = converter().structure({"id": "a", "createdAt": text}, Layer)
    assert layer.created_at == moment
    assert layer.created_at.utcoffset() == moment.utcoffset()


def test_moments_are_written_as_the_api_writes_them() -> None:
    text = "2024-05-01T10:00:00.123Z"
    layer = converter().structure({"id": "a", "createdAt": text}, Layer)
    assert converter().unstructure(layer)["createdAt"] == text


def test_whole_numbers_may_come_with_a_point() -> None:
    assert converter().structure({"id": "a", "width": 2000.0}, Layer).width == 2000


def test_a_null_is_an_absent_value() -> None:
    row = {"id": "a", "metadata": None, "width": None, "createdAt": None}
    assert converter().structure(row, Layer) == Layer(id="a")


def test_records_do_not_share_what_they_are_given_by_default() -> None:
    first, second = converter().structure([{"id": "a"}, {"id": "b"}], list[Layer])
    assert first.metadata is not second.metadata


@pytest.mark.parametrize("record", RECORDS)
def test_records_are_frozen_and_take_no_new_names(record: type[Any]) -> None:
    made = converter().structure(REQUIRED[record], record)
    name = next(iter(attrs.fields_dict(record)))
    with pytest.raises(attrs.exceptions.FrozenInstanceError):
        setattr(made, name, "other")
    with pytest.raises(AttributeError):
        made.something_new = 1


@pytest.mark.parametrize("record", RECORDS)
def test_a_record_read_quickly_is_like_one_made_by_hand(record: type[Any]) -> None:
    reader: Reader[Any] = Reader(record, converter())
    reader.one(REQUIRED[record])
    made = reader.one(REQUIRED[record])
    assert type(made) is record
    assert made == record(**REQUIRED[record])
    assert repr(made) == repr(record(**REQUIRED[record]))
    assert attrs.evolve(made, extra={"x": 1}).extra == {"x": 1}


@pytest.mark.parametrize("record", RECORDS)
def test_every_record_keeps_what_it_does_not_know(record: type[Any]) -> None:
    assert is_record(record)


@pytest.mark.parametrize(
    ("name", "wire"),
    [("id", "id"), ("asset_layer_configuration", "assetLayerConfiguration"), ("jobId", "jobId")],
)
def test_names_turn_into_those_of_the_wire(name: str, wire: str) -> None:
    assert camel(name) == wire


def test_a_wire_name_that_is_a_keyword_gets_an_underscore() -> None:
    asset = converter().structure({"id": "a", "name": "n", "as": "item"}, Asset)
    assert asset.as_ == "item"
    assert converter().unstructure(asset)["as"] == "item"


def test_unset_is_falsy_and_shows_its_name() -> None:
    assert not UNSET
    assert repr(UNSET) == "UNSET"


@pytest.mark.parametrize(
    ("record", "row", "name", "value"),
    [
        (Layer, {"id": "a", "createdAt": ""}, "created_at", None),
        (Layer, {"id": "a", "width": ""}, "width", None),
        (Layer, {"id": "a", "metadata": ""}, "metadata", {}),
        (Layer, {"id": "a", "stageVersion": 77}, "stage_version", "77"),
        (Asset, {"id": "a", "name": "n", "tags": "chair,oak"}, "tags", ["chair", "oak"]),
        (Asset, {"id": "a", "name": "n", "tagids": "t"}, "tagids", ["t"]),
        (Order, {"id": "a", "platform": {"id": 77}}, "platform", Platform(id="77")),
        (Customer, {"id": "a", "platform": ""}, "platform", None),
        (Customer, {"id": "a", "phone": 5551234}, "phone", "5551234"),
        (AnalyticsEvent, {"id": "a", "configuration": ""}, "configuration", {}),
        (WebhookFilter, {"status": "success"}, "status", ["success"]),
        (WebhookFilter, {"type": "import"}, "type", ["import"]),
    ],
)
def test_an_odd_form_of_an_optional_field_loses_no_listing(
    record: type[Any], row: Any, name: str, value: Any
) -> None:
    for _ in range(2):
        [first, odd] = converter().structure([row, row], list[record])  # type: ignore[valid-type]
        assert getattr(first, name) == getattr(odd, name) == value


@pytest.mark.parametrize(
    ("row", "path"),
    [
        ({"id": 7}, ".id"),
        ({"id": ""}, None),
        ({"id": "a", "stageId": True}, ".stageId"),
        ({"id": "a", "stageId": 7.5}, ".stageId"),
        ({"id": "a", "width": "7"}, ".width"),
        ({"id": "a", "createdAt": " "}, ".createdAt"),
    ],
)
def test_what_is_needed_or_really_unreadable_is_still_refused(row: Any, path: str | None) -> None:
    found = outcome(lambda each: converter().structure(each, Layer), row)
    assert found == Layer(id="") if path is None else found[0] == path
