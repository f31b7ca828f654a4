"""How one field of a record is named on the wire, tested, and converted."""

from __future__ import annotations

import types
from collections.abc import Callable, Container, Mapping
from contextlib import suppress
from datetime import datetime
from typing import Any, Union, get_args, get_origin

import attrs

from .unset import UNSET

__all__ = (
    "Field",
    "FieldProblem",
    "as_moment",
    "as_number",
    "camel",
    "described",
    "is_record",
    "members",
    "wire_name",
)

_JSON_TYPES: tuple[Any, ...] = (str, int, float, bool, dict, list)


class FieldProblem(ValueError):  # noqa: N818  # it becomes a DecodeError
    """A value that cannot be read; `path` leads to it from where reading began."""

    def __init__(self, path: str, reason: str) -> None:
        super().__init__(path, reason)
        self.path = path
        self.reason = reason

    def under(self, prefix: str) -> FieldProblem:
        """Return the same problem, seen from one level further out."""
        return FieldProblem(prefix + self.path, self.reason)


def is_record(kind: Any) -> bool:
    """Tell whether a class was made with `record`."""
    return isinstance(kind, type) and attrs.has(kind) and "extra" in attrs.fields_dict(kind)


def wire_name(attribute: attrs.Attribute[Any]) -> str:
    """Return a field's name in JSON: camelCase, unless its metadata says `wire`."""
    return str(attribute.metadata.get("wire") or camel(attribute.name))


def camel(name: str) -> str:
    """Turn a Python name into the wire's: `asset_layer` -> `assetLayer`; camelCase stays."""
    head, *rest = name.split("_")
    return head + "".join(word[:1].upper() + word[1:] for word in rest)


@attrs.frozen
class Field:
    """How one field is read.

    :param also: a second wire name, read where the first is absent.
    :param plain: the JSON types taken as they are; None takes anything.
    :param read: makes the value from the JSON value, in place of what the type says.
    """

    name: str
    wire: str
    kind: Any
    optional: bool
    plain: tuple[type, ...] | None
    default: Any
    also: str | None = None
    read: Callable[[Any], Any] | None = None

    @classmethod
    def of(cls, attribute: attrs.Attribute[Any], kind: Any) -> Field:
        """Look at a record's attribute and its resolved type."""
        kinds = members(kind)
        default = attribute.default
        if default is attrs.NOTHING and UNSET in _literals(kind):
            # Asked of who makes a record, and yet not always sent.
            default = UNSET
        rest = tuple(_json_type(member) for member in kinds if member is not type(None))
        read = attribute.metadata.get("read")
        plain = rest if read is None and all(member in _JSON_TYPES for member in rest) else ()
        return cls(
            name=attribute.name,
            wire=wire_name(attribute),
            kind=kind,
            optional=type(None) in kinds or default is not attrs.NOTHING,
            plain=None if Any in kinds and read is None else plain,
            default=default,
            also=attribute.metadata.get("also"),
            read=read,
        )

    def among(self, keys: Container[str]) -> Field:
        """Return the field under the name an object with these keys has for it."""
        if self.also is None or self.wire in keys or self.also not in keys:
            return self
        return attrs.evolve(self, wire=self.also)

    def absent(self) -> Any:
        """Return the value of an optional field that is not there."""
        if isinstance(self.default, attrs.Factory):  # type: ignore[arg-type]
            return self.default.factory()
        return None if self.default is attrs.NOTHING else self.default

    def null(self) -> Any:
        """Return the value of an optional field that is null."""
        return None if self.default is UNSET else self.absent()

    def stands_for(self, value: Any) -> Any:
        """Read what is met in place of an optional field's type; UNSET for what is not.

        "" is written for no date, number or object, and a number for an id or another text. What
        travels back is not touched: it must go as it came.
        """
        if not self.optional or self.default is UNSET or self.read is not None:
            return UNSET
        if value == "" and str not in members(self.kind):
            return self.absent()
        return str(value) if self.plain == (str,) and value.__class__ is int else UNSET

    def test(self, value: str) -> str:
        """Write the expression that is true when `value` can be stored as it is."""
        if self.plain is None:
            return "True"
        checks = [f"{value}.__class__ is {kind.__name__}" for kind in self.plain]
        if self.optional and (self.default is None or self.default is UNSET):
            checks.append(f"{value} is None")
        return f"({' or '.join(checks)})"


def members(kind: Any) -> tuple[Any, ...]:
    """Return the types a union is made of, without UNSET; another type is its own only member."""
    if get_origin(kind) not in {Union, types.UnionType}:
        return (kind,)
    return tuple(member for member in get_args(kind) if get_args(member) != (UNSET,))


def _literals(kind: Any) -> tuple[Any, ...]:
    return tuple(value for member in get_args(kind) for value in get_args(member))


def _json_type(kind: Any) -> Any:
    # A list of strings is not plain: each of its elements needs a look.
    return dict if get_origin(kind) in {dict, Mapping} else kind


def as_number(plain: tuple[type, ...], value: Any) -> Any:
    """Take 2000.0 where an integer was promised, and 2000 where a float was.

    :raises FieldProblem: for anything else.
    """
    if float in plain and value.__class__ is int:
        # What is too large for a float is refused below.
        with suppress(OverflowError):
            return float(value)
    if int in plain and value.__class__ is float and value.is_integer():
        return int(value)
    expected = " or ".join(_WORDS[kind] for kind in plain)
    raise FieldProblem("", f"is {described(value)}, not {expected}")


def as_moment(value: Any) -> datetime:
    """Read a date as the API writes it.

    :raises FieldProblem: when it is none.
    """
    try:
        return datetime.fromisoformat(value)
    except (TypeError, ValueError):
        raise FieldProblem("", f"is {described(value)}, not a date") from None


_WORDS: Mapping[Any, str] = {
    str: "a string",
    int: "an integer",
    float: "a number",
    bool: "a boolean",
    dict: "an object",
    list: "an array",
    type(None): "null",
}


def described(value: Any) -> str:
    """Say what a JSON value is: `a string ('x')`."""
    kind: Any = value.__class__
    word = _WORDS.get(kind, kind.__name__)
    text = repr(value)
    return f"{word} ({text if len(text) <= 40 else text[:37] + '...'})"
