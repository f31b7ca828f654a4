"""Every record keeps what a server sends: read, written, and read again."""

# ruff: noqa: DTZ001
from __future__ import annotations

import json
import pkgutil
from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from importlib import import_module
from typing import Any, Literal, get_args, get_origin, get_type_hints

import attrs
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from threekit_async import models
from threekit_async.models.attributes import ProductAttribute
from threekit_async.models.base import converter, wire_time
from threekit_async.models.catalog import ImportedAsset
from threekit_async.models.fields import FieldProblem, is_record, members, wire_name
from threekit_async.models.products import Rule
from threekit_async.models.values import AssetReference, Colour


def _records() -> list[type[Any]]:
    found: list[type[Any]] = []
    for info in pkgutil.iter_modules(models.__path__):
        name = f"{models.__name__}.{info.name}"
        values = vars(import_module(name)).values()
        found += [value for value in values if is_record(value) and value.__module__ == name]
    return found


RECORDS = _records()

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
_ATTRIBUTES = st.deferred(
    lambda: st.lists(st.one_of([rows(kind) for kind in get_args(ProductAttribute)]), max_size=2)
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
            chosen = required if item.default is attrs.NOTHING else optional
            chosen[wire_name(item)] = _given(item, hints[item.name])
            known |= {wire_name(item), str(item.metadata.get("also"))}
    unknown = st.dictionaries(_TEXT.filter(lambda name: name not in known), _JSON, max_size=2)
    fixed = st.fixed_dictionaries(required, optional=optional)
    return st.builds(lambda row, rest: {**row, **rest}, fixed, unknown)


def kept(sent: Any, written: Any) -> bool:
    """What was sent is in what is written; nulls may go, and empty defaults may come."""
    if isinstance(sent, dict):
        return isinstance(written, dict) and all(
            value is None or (key in written and kept(value, written[key]))
            for key, value in sent.items()
        )
    if isinstance(sent, list):
        return (
            isinstance(written, list)
            and len(sent) == len(written)
            and all(map(kept, sent, written))
        )
    return bool(sent == written)


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
    assert kept(row, written)
    assert converter().structure(written, record) == made


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
