"""Every record keeps what a server sends: read, written, and read again."""

# ruff: noqa: DTZ001
from __future__ import annotations

import json
import pkgutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from functools import partial
from importlib import import_module
from typing import Any, Literal, get_args, get_origin, get_type_hints

import attrs
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from threekit_async import models
from threekit_async.models.analytics import AnalyticsEvent
from threekit_async.models.assets import Asset
from threekit_async.models.attributes import ProductAttribute
from threekit_async.models.base import UNSET, converter, wire_time
from threekit_async.models.catalog import ImportedAsset
from threekit_async.models.fields import FieldProblem, is_record, members, wire_name
from threekit_async.models.jobs import Job
from threekit_async.models.products import (
    Product,
    ProductEntry,
    ProductQuery,
    Rule,
    RuleAction,
    RuleCondition,
)
from threekit_async.models.values import AssetReference, Colour


def _records() -> list[type[Any]]:
    found: list[type[Any]] = []
    for info in pkgutil.iter_modules(models.__path__):
        name = f"{models.__name__}.{info.name}"
        values = vars(import_module(name)).values()
        found += [value for value in values if is_record(value) and value.__module__ == name]
    return found


RECORDS = _records()
# What can be imported again tells null from an absent key.
TRAVELLING = [
    record
    for record in RECORDS
    if UNSET in {item.default for item in attrs.fields(record) if item.name != "extra"}
]

_NUMBERS = st.integers(-(2**53), 2**53)
_TEXT = st.text(max_size=5)
_JSON: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | _NUMBERS | st.floats(allow_nan=False, allow_infinity=False) | _TEXT,
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(_TEXT, inner, max_size=2),
    max_leaves=4,
)
_OBJECTS = st.dictionaries(_TEXT, _JSON, max_size=2)
_PLAIN: Mapping[Any, st.SearchStrategy[Any]] = {
    str: _TEXT,
    int: _NUMBERS,
    float: _NUMBERS | st.floats(allow_nan=False, allow_infinity=False),
    bool: st.booleans(),
    Any: _JSON,
    type(None): st.none(),
    datetime: st.datetimes(datetime(1970, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC)).map(
        wire_time
    ),
}


def _values(kind: Any) -> st.SearchStrategy[Any]:
    """JSON values of a type, in the form in which they are written."""
    if kind in _PLAIN:
        return _PLAIN[kind]
    if is_record(kind):
        return st.deferred(lambda: rows(kind))
    origin, inner = get_origin(kind), get_args(kind)
    if origin is Literal:
        return st.sampled_from(inner)
    if origin is Sequence:
        return st.lists(_values(inner[0]), max_size=2)
    if origin is Mapping:
        return _OBJECTS
    return st.one_of([_values(member) for member in members(kind)])


_CONFIGURATIONS = st.deferred(
    lambda: st.dictionaries(
        _TEXT,
        _JSON | rows(AssetReference) | rows(Colour) | st.lists(rows(AssetReference)),
        max_size=2,
    )
)
_ATTRIBUTE_KINDS = get_args(ProductAttribute)
_ATTRIBUTES = st.deferred(
    lambda: st.lists(st.one_of([rows(kind) for kind in _ATTRIBUTE_KINDS]), max_size=2)
)
# What each function of a field's metadata takes, in the form in which it is written.
_READ: Mapping[str, st.SearchStrategy[Any]] = {
    "read_configuration": _CONFIGURATIONS,
    "_nested": _CONFIGURATIONS | st.just(""),
    "read_names": st.lists(_TEXT, max_size=2),
    "read_attributes": _ATTRIBUTES,
    "read_parameters": _OBJECTS | st.just("--verbose"),
    "_choices": st.lists(_JSON | st.deferred(lambda: rows(AssetReference)), max_size=2),
    "_chosen": _TEXT | st.deferred(lambda: rows(AssetReference)),
    "_asset": _OBJECTS | st.deferred(lambda: rows(AssetReference)),
    "_text_or_nothing": _TEXT,
    "_metadata_query": _OBJECTS | st.lists(_JSON, max_size=2),
    "_rules": st.deferred(lambda: st.lists(rows(Rule), max_size=2)),
    "_output": st.deferred(
        lambda: st.dictionaries(_TEXT, st.lists(rows(ImportedAsset), max_size=2), max_size=2)
    ),
}


def _given(item: attrs.Attribute[Any], kind: Any) -> st.SearchStrategy[Any]:
    read = item.metadata.get("read")
    return _values(kind) if read is None else _READ[read.__name__]


_ROWS: dict[type[Any], st.SearchStrategy[dict[str, Any]]] = {}


def rows(record: type[Any]) -> st.SearchStrategy[dict[str, Any]]:
    """Objects of a record: what it needs, some of what it knows, and what it does not."""
    if record not in _ROWS:
        _ROWS[record] = _made_rows(record)
    return _ROWS[record]


def _made_rows(record: type[Any]) -> st.SearchStrategy[dict[str, Any]]:
    required: dict[str, st.SearchStrategy[Any]] = {}
    optional: dict[str, st.SearchStrategy[Any]] = {}
    known: set[str] = set()
    hints = get_type_hints(record)
    for item in attrs.fields(record):
        if item.name != "extra":
            named = record in _ATTRIBUTE_KINDS and isinstance(item.default, str)
            chosen = required if named or item.default is attrs.NOTHING else optional
            # The type says which record an attribute is read into, so it is always there.
            value = st.just(item.default) if named else _given(item, hints[item.name])
            chosen[wire_name(item)] = value
            known |= {wire_name(item), str(item.metadata.get("also"))}
    unknown = st.dictionaries(_TEXT.filter(lambda name: name not in known), _JSON, max_size=2)
    fixed = st.fixed_dictionaries(required, optional=optional)
    return st.builds(lambda row, rest: {**row, **rest}, fixed, unknown)


def kept(kind: Any, sent: Any, written: Any) -> bool:
    """What was sent is in what is written.

    A record loses nulls that mean no more than an absent key, and gains empty defaults; one that
    travels back does neither, and what is inside JSON nobody knows stays the same.
    """
    if is_record(kind) and isinstance(sent, dict):
        return _kept_fields(kind, sent, written)
    if isinstance(sent, list) and (inner := _inner(kind, Sequence)) is not None:
        return len(sent) == len(written) and all(map(partial(kept, inner), sent, written))
    if isinstance(sent, dict) and (inner := _inner(kind, Mapping)) is not None:
        return sent.keys() == written.keys() and all(
            kept(inner, value, written[key]) for key, value in sent.items()
        )
    if isinstance(sent, dict) and (inner := _inner(kind, None)) is not None:
        return kept(inner, sent, written)
    return bool(sent == written)


def _kept_fields(record: type[Any], sent: dict[str, Any], written: dict[str, Any]) -> bool:
    hints = get_type_hints(record)
    fields = {wire_name(item): item for item in attrs.fields(record) if item.name != "extra"}
    came = {key for key in written.keys() - sent.keys() if fields[key].default not in (UNSET, None)}
    gone = {
        key
        for key in sent.keys() - written.keys()
        if key in fields and fields[key].default is None and sent[key] is None
    }
    both = sent.keys() & written.keys()
    return (
        {*written} == both | came
        and {*sent} == both | gone
        and all(
            (sent[key] is None and key in fields and fields[key].default not in (UNSET, None))
            or kept(hints[fields[key].name] if key in fields else Any, sent[key], written[key])
            for key in both
        )
    )


def _inner(kind: Any, origin: Any) -> Any:
    """The type inside a list or mapping that a field may be, or the record it may be."""
    for member in members(kind):
        if origin is None and is_record(member):
            return member
        if origin is not None and get_origin(member) is origin:
            return get_args(member)[-1]
    return None


def test_every_module_of_records_is_looked_at() -> None:
    modules = {record.__module__.rpartition(".")[2] for record in RECORDS}
    assert modules >= {
        "analytics",
        "asset_jobs",
        "assets",
        "attributes",
        "catalog",
        "configurations",
        "customers",
        "files",
        "jobs",
        "layers",
        "orders",
        "products",
        "values",
        "webhooks",
    }


@pytest.mark.parametrize("record", RECORDS, ids=lambda record: record.__name__)
@given(data=st.data())
@settings(max_examples=40, suppress_health_check=[HealthCheck.too_slow])
def test_nothing_that_is_sent_is_lost(record: type[Any], data: Any) -> None:
    row = data.draw(rows(record))
    made = converter().structure(row, record)
    written = json.loads(json.dumps(converter().unstructure(made)))
    assert kept(record, row, written)
    assert converter().structure(written, record) == made


@pytest.mark.parametrize("record", TRAVELLING, ids=lambda record: record.__name__)
@given(data=st.data())
@settings(max_examples=30, suppress_health_check=[HealthCheck.too_slow])
def test_what_travels_back_goes_exactly_as_it_came(record: type[Any], data: Any) -> None:
    row = data.draw(rows(record))
    written = converter().unstructure(converter().structure(row, record))
    assert json.dumps(written, sort_keys=True) == json.dumps(row, sort_keys=True)


def test_the_records_of_imports_travel_back() -> None:
    assert {*TRAVELLING} >= {Product, ProductEntry, ProductQuery, Rule, RuleAction, RuleCondition}
    assert {*TRAVELLING} >= {*_ATTRIBUTE_KINDS, AssetReference}


def _odd_forms(record: type[Any], row: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """The object in the other forms its fields come in, one at a time."""
    for item in attrs.fields(record):
        wire, read = wire_name(item), item.metadata.get("read")
        value = row.get(wire)
        if wire in row and "also" in item.metadata:
            rest = {key: each for key, each in row.items() if key != wire}
            yield "also", {**rest, item.metadata["also"]: value}
        for name, to_odd in _ODD.items():
            if read is not None and read.__name__ == name and (odd := to_odd(value)) is not None:
                yield name, {**row, wire: odd}
        if value is None and "datetime" in str(item.type):
            yield "datetime", {**row, wire: ""}
        if item.default is None and read is None and str(item.type) == "str | None":
            number = {**row, wire: "77"}, {**row, wire: 77}
            assert converter().structure(number[0], record) == converter().structure(
                number[1], record
            )


def _as_one_string(names: Any) -> str | None:
    plain = names and all(name and name.strip() == name and "," not in name for name in names)
    return ",".join(names) if plain else None


def _as_text(value: Any) -> str | None:
    return json.dumps(value) if isinstance(value, dict) else None


_ODD: Mapping[str, Callable[[Any], Any]] = {
    "read_names": _as_one_string,
    "read_configuration": _as_text,
    "read_parameters": _as_text,
    "_rules": lambda rules: [rules] if rules else None,
}


@pytest.mark.parametrize("record", RECORDS, ids=lambda record: record.__name__)
@given(data=st.data())
@settings(max_examples=20, suppress_health_check=[HealthCheck.too_slow])
def test_an_odd_form_reads_as_what_it_stands_for(record: type[Any], data: Any) -> None:
    row = data.draw(rows(record))
    for name, odd in _odd_forms(record, row):
        assert converter().structure(odd, record) == converter().structure(row, record), name


@pytest.mark.parametrize(
    ("record", "row", "forms"),
    [
        (Job, {"id": "j", "parameters": {"a": 1}}, {"also", "read_parameters", "datetime"}),
        (Asset, {"id": "a", "name": "n", "tags": ["t"]}, {"read_names", "datetime"}),
        (Product, {"rules": [{}], "tags": ["t", "u"]}, {"_rules", "read_names"}),
        (AnalyticsEvent, {"id": "e", "configuration": {}}, {"read_configuration", "datetime"}),
    ],
)
def test_the_odd_forms_are_met(record: type[Any], row: dict[str, Any], forms: set[str]) -> None:
    assert {name for name, _ in _odd_forms(record, row)} == forms


@pytest.mark.parametrize("record", RECORDS, ids=lambda record: record.__name__)
@given(data=st.data())
@settings(max_examples=10, suppress_health_check=[HealthCheck.too_slow])
def test_a_list_of_records_is_read_as_each_of_them_is(record: type[Any], data: Any) -> None:
    each = data.draw(st.lists(rows(record), min_size=1, max_size=3))
    read = [converter().structure(row, record) for row in each]
    assert converter().structure([*each, *each], list[record]) == read + read  # type: ignore[valid-type]


@pytest.mark.parametrize("record", RECORDS, ids=lambda record: record.__name__)
@given(row=st.dictionaries(_TEXT, _JSON) | _JSON)
@settings(max_examples=15)
def test_whatever_is_sent_is_read_or_refused_with_its_place(record: type[Any], row: Any) -> None:
    with suppress(FieldProblem):
        assert isinstance(converter().structure(row, record), record)


@pytest.mark.parametrize("record", RECORDS, ids=lambda record: record.__name__)
@given(data=st.data())
@settings(max_examples=3, suppress_health_check=[HealthCheck.too_slow])
def test_records_go_into_sets(record: type[Any], data: Any) -> None:
    made = converter().structure(data.draw(rows(record)), record)
    assert len({made, made}) == 1
