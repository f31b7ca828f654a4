"""Values that several records share: configurations, colours, references to assets. Pure."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any, Literal, TypeAlias, Union

from .base import UNSET, Maybe, converter, field, record
from .fields import FieldProblem, described

__all__ = (
    "AssetReference",
    "Colour",
    "Configuration",
    "ConfigurationValue",
    "read_configuration",
    "read_names",
    "read_value",
)


def read_configuration(raw: Any) -> Configuration:
    """Read a configuration: colours and references become records, other values stay.

    Written as JSON, what comes out is what went in. Layers, whose pages are large, keep their
    configurations as they came; read the ones you need: `read_configuration(layer.
    asset_layer_configuration)`. The text of a configuration, as forms carry it, is read too, and
    "", which is met where there is none, is an empty one.

    :raises FieldProblem: when it is no JSON object.
    """
    found = _parsed(raw) if raw.__class__ is str else raw
    if found.__class__ is not dict:
        raise FieldProblem("", f"is {described(raw)}, not an object")
    return {name: read_value(value) for name, value in found.items()}


def _parsed(text: str) -> Any:
    with suppress(ValueError, RecursionError):
        return json.loads(text or "{}")
    return None


def read_value(raw: Any) -> ConfigurationValue:
    """Read what one attribute is set to; unknown shapes stay as they are."""
    if raw.__class__ is list:
        return [read_value(element) for element in raw]
    kind = _kind(raw) if raw.__class__ is dict else None
    if kind is None:
        return raw  # type: ignore[no-any-return]
    try:
        return converter().structure(raw, kind)
    except FieldProblem:
        return raw  # type: ignore[no-any-return]


def read_names(raw: Any) -> Sequence[str]:
    """Read a list of names, such as tags.

    One string holds them separated by commas: our assumption, and what updates send.

    :raises FieldProblem: for anything else.
    """
    names: Any = _separated(raw) if raw.__class__ is str else raw
    if names.__class__ is not list:
        raise FieldProblem("", f"is {described(names)}, not an array")
    for index, name in enumerate(names):
        if name.__class__ is not str:
            raise FieldProblem(f"[{index}]", f"is {described(name)}")
    return list(names)


def _separated(text: str) -> list[str]:
    return [name for part in text.split(",") if (name := part.strip())]


def _nested(raw: Any) -> Configuration | Literal[""]:
    if raw.__class__ is str and raw:
        # Kept as it came, in `read_value`: a reference may travel back.
        raise FieldProblem("", f"is {described(raw)}, not an object")
    return "" if raw == "" else read_configuration(raw)


@record
class Colour:
    """A colour; that the vendor means 0 to 1 by its numbers is our assumption."""

    r: int | float
    g: int | float
    b: int | float
    extra: Mapping[str, Any] = field(factory=dict[str, Any])


@record
class AssetReference:
    """An asset chosen in a configuration, with a configuration of its own.

    What is UNSET was absent and is not sent, None is sent as null.
    """

    #: "" when nothing is chosen.
    asset_id: str
    #: The empty string is met where there is none.
    configuration: Maybe[Configuration | Literal[""] | None] = field(
        default=UNSET, metadata={"read": _nested}
    )
    #: An asset type, as `item` or `material`.
    type: Maybe[str | None] = UNSET
    extra: Mapping[str, Any] = field(factory=dict[str, Any])


ConfigurationValue: TypeAlias = Union[  # noqa: UP007  # reads better over several lines
    str,
    int,
    float,
    bool,
    Colour,
    AssetReference,
    Sequence[AssetReference],
    Sequence[Any],
    Mapping[str, Any],
    None,
]
"""What an attribute can be set to; any array or object too, as nobody has described them all."""

Configuration: TypeAlias = Mapping[str, ConfigurationValue]
"""Attribute names and what each is set to. Source: the vendor's own client."""


def _kind(raw: Mapping[str, Any]) -> type[Colour | AssetReference] | None:
    if "assetId" in raw:
        return AssetReference
    return Colour if raw.keys() >= {"r", "g", "b"} else None
