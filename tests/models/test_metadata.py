"""What a field's metadata changes: a second name, a way of reading of its own."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import pytest

from threekit_async.models.base import converter, field, record
from threekit_async.models.fields import FieldProblem
from threekit_async.models.reader import Reader


def _doubled(raw: Any) -> int:
    if raw == "odd":
        raise ValueError("is odd")
    if raw == "deep":
        raise FieldProblem("[1]", "is deep")
    return int(raw) * 2


@record
class Sample:
    """A record with every kind of metadata."""

    id: str = field(metadata={"also": "_id"})
    number: int | None = field(default=None, metadata={"read": _doubled})
    anything: Any = field(default=None, metadata={"read": _doubled})
    made_at: datetime | None = field(default=None, metadata={"also": "made", "read": str})
    extra: Mapping[str, Any] = field(factory=dict[str, Any])


def read(row: dict[str, Any]) -> tuple[Sample, Sample]:
    """The row read slowly, which compiles its shape, and then quickly."""
    reader = Reader(Sample, converter())
    slow = reader.one(row)
    [first, quick] = reader.many([row, row])
    assert first == quick == slow
    return slow, quick


@pytest.mark.parametrize(
    ("row", "made"),
    [
        ({"id": "a"}, Sample(id="a")),
        ({"_id": "a"}, Sample(id="a")),
        ({"id": "a", "_id": "b"}, Sample(id="a", extra={"_id": "b"})),
        ({"_id": "b", "id": "a"}, Sample(id="a", extra={"_id": "b"})),
        ({"_id": "a", "number": "3", "new": 1}, Sample(id="a", number=6, extra={"new": 1})),
        ({"id": "a", "number": None, "anything": 4}, Sample(id="a", anything=8)),
    ],
)
def test_both_readers_follow_the_metadata(row: dict[str, Any], made: Sample) -> None:
    assert read(row) == (made, made)


def test_a_second_name_is_written_as_the_first() -> None:
    made, _ = read({"_id": "a", "number": 1})
    assert converter().unstructure(made) == {"id": "a", "number": 2}


def test_reading_goes_before_the_type() -> None:
    made, _ = read({"id": "a", "made": 7})
    assert made.made_at == "7"


@pytest.mark.parametrize(
    ("row", "path", "reason"),
    [
        ({}, ".id", "is missing or null"),
        ({"_id": None}, "._id", "is missing or null"),
        ({"_id": 7}, "._id", "is an integer (7), not a string"),
        ({"id": "a", "number": "odd"}, ".number", "is odd"),
        ({"id": "a", "number": "deep"}, ".number[1]", "is deep"),
    ],
)
@pytest.mark.parametrize("times", [1, 2])
def test_a_problem_is_named_by_the_name_that_was_sent(
    row: dict[str, Any], path: str, reason: str, times: int
) -> None:
    reader = Reader(Sample, converter())
    for _ in range(times):
        with pytest.raises(FieldProblem) as refusal:
            reader.one(row)
        assert (refusal.value.path, refusal.value.reason) == (path, reason)


def test_a_field_with_a_way_of_reading_is_left_out_of_the_hash() -> None:
    assert {Sample(id="a", anything={"b": 1}), Sample(id="a", anything={"b": 1})} == {
        Sample(id="a", anything={"b": 1})
    }
