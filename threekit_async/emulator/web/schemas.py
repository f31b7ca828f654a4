"""JSON Schema of Python types and of the client's records, and checking against it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from functools import cached_property
from types import UnionType
from typing import Annotated, Any, Literal, Union, cast, get_args, get_origin, get_type_hints

import attrs

from threekit_async.emulator.data.identity import UUID
from threekit_async.emulator.web.written import ALWAYS
from threekit_async.models.fields import is_record, members, wire_name
from threekit_async.models.unset import UNSET

Schema = dict[str, Any]


class Uuid(str):
    """Stands for a string that must be a UUID."""

    __slots__ = ()


class NonEmpty(str):
    """Stands for a string that must not be empty."""

    __slots__ = ()


@attrs.frozen(eq=False)
class Rules:
    """Narrow a type in JSON Schema's words: ``Annotated[int, Rules({"minimum": 1})]``."""

    schema: Mapping[str, Any]

    @cached_property
    def hold(self) -> Callable[[object], bool]:
        """Tells whether a value of the type keeps the rules."""
        return fits(lambda _named: dict(self.schema))


@attrs.frozen
class OneOf:
    """Stands for one of these strings."""

    choices: tuple[str, ...]


def sorted_by(*fields: str) -> OneOf:
    """Stand for what `sort` may be: each of these fields in both directions."""
    return OneOf(tuple(f"{direction}{field}" for field in fields for direction in "+-"))


EXACT = 2**53 - 1
"""The largest integer that survives every JSON reader."""

_PLAIN: Mapping[Any, Schema] = {
    str: {"type": "string"},
    NonEmpty: {"type": "string", "minLength": 1},
    Uuid: {"type": "string", "format": "uuid", "pattern": UUID.pattern},
    int: {"type": "integer", "minimum": -EXACT, "maximum": EXACT},
    float: {"type": "number"},
    bool: {"type": "boolean"},
    datetime: {"type": "string", "format": "date-time"},
    type(None): {"type": "null"},
    Any: {},
    object: {},
}


def json_schema(kind: Any, named: dict[str, Any]) -> Schema:
    """Describe a type; records are described once, in ``named``, and referred to.

    A mapping of keys describes an object with these keys; ``"count?"`` may be missing.
    """
    if isinstance(kind, OneOf):
        return {"enum": list(kind.choices)}
    if isinstance(kind, Mapping):
        return _object_of(cast("Mapping[str, Any]", kind), named)
    if (plain := _PLAIN.get(kind)) is not None:
        return dict(plain)
    return _referred(kind, named) if is_record(kind) else _composed(kind, named)


def _composed(kind: Any, named: dict[str, Any]) -> Schema:
    origin, arguments = get_origin(kind), get_args(kind)
    if origin in {Union, UnionType}:
        return _any_of([json_schema(each, named) for each in members(kind)])
    if origin is Literal:
        return {"enum": list(arguments)}
    if origin is Annotated:
        return {**json_schema(arguments[0], named), **arguments[1].schema}
    if origin in {list, Sequence, tuple}:
        return {"type": "array", "items": json_schema(arguments[0], named)}
    if origin in {dict, Mapping} or kind in {dict, Mapping}:
        return {"type": "object"}
    raise TypeError(f"{kind!r} has no JSON Schema here")


def _any_of(choices: list[Schema]) -> Schema:
    if {} in choices:
        return {}
    if len(choices) == 1:
        return choices[0]
    types = [choice["type"] for choice in choices if set(choice) == {"type"}]
    if len(types) == len(choices):
        return {"type": list(dict.fromkeys(types))}
    if len(choices) == 2 and {"type": "null"} in choices and "type" in choices[0]:
        return {**choices[0], "type": [choices[0]["type"], "null"]}
    return {"anyOf": choices}


def _object_of(keys: Mapping[str, Any], named: dict[str, Any]) -> Schema:
    properties = {key.rstrip("?"): json_schema(kind, named) for key, kind in keys.items()}
    required = [key for key in keys if not key.endswith("?")]
    schema: Schema = {"type": "object", "properties": properties}
    return {**schema, "required": required} if required else schema


def _referred(record: type[Any], named: dict[str, Any]) -> Schema:
    name = record.__name__
    if name not in named:
        named[name] = {}
        named[name] = _record(record, named)
    return {"$ref": f"#/components/schemas/{name}"}


def _record(record: type[Any], named: dict[str, Any]) -> Schema:
    """Describe a record: a field with a default may be null, as when it is read.

    It may be missing, too, unless the emulator always writes it.
    """
    hints = get_type_hints(record)
    properties: Schema = {}
    required: list[str] = []
    for attribute in attrs.fields(record):
        if attribute.name == "extra":
            continue
        kind = hints[attribute.name]
        given = attribute.default is attrs.NOTHING and UNSET not in _literals(kind)
        if not given:
            kind = kind | None
        if given or wire_name(attribute) in ALWAYS.get(record, ()):
            required.append(wire_name(attribute))
        properties[wire_name(attribute)] = json_schema(kind, named)
    schema: Schema = {"type": "object", "properties": properties}
    if record.__doc__:
        schema["description"] = record.__doc__.partition("\n")[0]
    return {**schema, "required": required} if required else schema


def _literals(kind: Any) -> tuple[Any, ...]:
    return tuple(value for member in get_args(kind) for value in get_args(member))


def fits(write: Callable[[dict[str, Any]], Schema]) -> Callable[[object], bool]:
    """Return the check of a schema, made once."""
    from jsonschema import Draft202012Validator

    named: dict[str, Any] = {}
    schema = write(named)
    validator: Any = Draft202012Validator({**schema, "components": {"schemas": named}})
    return lambda value: bool(validator.is_valid(value))
