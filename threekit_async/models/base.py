"""What all records share: the decorator, UNSET, and the one converter between JSON and records."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from functools import cache
from typing import (
    TYPE_CHECKING,
    Any,
    TypeVar,
    dataclass_transform,
    get_args,
    get_origin,
)

import attrs
from attrs import field

from .fields import is_record, wire_name
from .reader import Reader
from .unset import UNSET, Maybe

if TYPE_CHECKING:
    from cattrs import Converter

__all__ = ("UNSET", "Maybe", "converter", "evolve", "field", "record")

T = TypeVar("T")


@dataclass_transform(kw_only_default=True, frozen_default=True, field_specifiers=(field,))
def record(cls: type[T]) -> type[T]:
    """Make a record: a frozen, slotted attrs class with keyword-only fields and an `extra`.

    Fields are snake_case, the wire's names are their camelCase. Unknown JSON fields are kept in
    `extra` under the wire's own names. A field's metadata may say otherwise: `wire` is its name
    there, `also` a second name read where the first is absent (and written as the first), `read`
    a function from the JSON value to the field's, raising FieldProblem or ValueError with a reason.

    A field that is None by default is None for null and for an absent key, and None is not written.
    Records that travel back say `Maybe[X | None] = UNSET` instead: null is None and written as
    null, an absent key is UNSET and not written. Read and written, they are what came.
    """
    # Without a slot for weak references, a reader can build the object faster (see reader.py).
    return attrs.frozen(kw_only=True, weakref_slot=False, field_transformer=_hashable)(cls)


def evolve(item: T, **changes: Any) -> T:
    """Return a copy of a record with some fields changed: `evolve(entry, product=product)`."""
    made: T = attrs.evolve(item, **changes)  # type: ignore[misc]  # records are attrs classes
    return made


def _hashable(_cls: type[Any], fields: list[attrs.Attribute[Any]]) -> list[attrs.Attribute[Any]]:
    """Leave JSON objects and arrays out of the hash, so that records go into sets."""
    return [f.evolve(hash=False) if _may_hold_json(f) else f for f in fields]


def _may_hold_json(attribute: attrs.Attribute[Any]) -> bool:
    kinds = ("Mapping", "Sequence", "Any")
    return "read" in attribute.metadata or any(kind in str(attribute.type) for kind in kinds)


@cache
def converter() -> Converter:
    """Return the converter every answer and every body goes through; made on first use."""
    # Half of what importing the client would cost beyond aiohttp.
    from cattrs import Converter

    made = Converter(detailed_validation=False)

    def one(cls: Any) -> Any:
        return _hook(Reader(cls, made).one)

    def many(kind: Any) -> Any:
        return _hook(Reader(get_args(kind)[0], made).many)

    def written(_cls: Any) -> Any:
        return _unstructure

    made.register_structure_hook_factory(is_record, one)
    made.register_structure_hook_factory(_is_record_list, many)
    made.register_unstructure_hook_factory(is_record, written)
    made.register_unstructure_hook(datetime, wire_time)
    return made


def _hook(read: Callable[[Any], Any]) -> Any:
    def hook(value: Any, _kind: Any) -> Any:
        return read(value)

    return hook


def _is_record_list(kind: Any) -> bool:
    return get_origin(kind) in {list, Sequence} and is_record(get_args(kind)[0])


def wire_time(moment: datetime) -> str:
    """Write a moment as the API does: `2024-05-01T10:00:00.000Z`."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _unstructure(value: Any) -> Mapping[str, Any]:
    written: dict[str, Any] = {}
    for attribute in attrs.fields(value.__class__):
        item = getattr(value, attribute.name)
        if attribute.name != "extra" and _is_written(attribute, item):
            written[wire_name(attribute)] = converter().unstructure(item)
    return {**written, **value.extra}


def _is_written(attribute: attrs.Attribute[Any], item: object) -> bool:
    # Where None is what a missing field reads as, null would say more than is known.
    says_null = attribute.default is UNSET or attribute.default is attrs.NOTHING
    return item is not UNSET and (item is not None or says_null)
