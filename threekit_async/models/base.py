"""What all records share: the decorator, UNSET, and the one converter between JSON and records."""

from __future__ import annotations

import enum
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from functools import cache
from typing import (
    TYPE_CHECKING,
    Any,
    Final,
    Literal,
    TypeAlias,
    TypeVar,
    Union,
    dataclass_transform,
    get_args,
    get_origin,
)

import attrs

from .fields import is_record, wire_name
from .reader import Reader

if TYPE_CHECKING:
    from cattrs import Converter

__all__ = ("UNSET", "Maybe", "converter", "evolve", "field", "record")

T = TypeVar("T")

field = attrs.field


class _Unset(enum.Enum):
    UNSET = enum.auto()

    def __repr__(self) -> str:
        return "UNSET"

    def __bool__(self) -> bool:
        return False


UNSET: Final = _Unset.UNSET
"""Stands for "not given" where None has a meaning: None is sent as null, UNSET is not sent."""

Maybe: TypeAlias = Union[T, Literal[_Unset.UNSET]]  # noqa: UP007  # generic in T


@dataclass_transform(
    kw_only_default=True, frozen_default=True, field_specifiers=(attrs.field, field)
)
def record(cls: type[T]) -> type[T]:
    """Make a record: a frozen, slotted attrs class with keyword-only fields and an `extra`.

    Fields are snake_case, the wire's names are their camelCase. Unknown JSON fields are kept in
    `extra` under the wire's own names. A field's metadata may say otherwise: `wire` is its name
    there, `also` a second name read where the first is absent (and written as the first), `read`
    a function from the JSON value to the field's, raising FieldProblem or ValueError with a reason.
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
        # A missing optional field is None here and is not written; null says the same thing.
        if attribute.name != "extra" and item is not None:
            written[wire_name(attribute)] = converter().unstructure(item)
    return {**written, **value.extra}
