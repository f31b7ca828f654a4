"""What would be refused, or find nothing, for a reason the caller can be told of now. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, cast

import attrs

from ..errors import UsageError
from ..models.base import UNSET
from ..models.fields import is_record, wire_name

__all__ = (
    "check_filter",
    "check_length",
    "check_names",
    "check_whole",
    "one_of",
)

_LONGEST_NAME = 255
_OBJECTS = frozenset({"asset_layer_configuration", "metadata", "platform", "stage_configuration"})
_TEXTS = frozenset({"keywords", "name", "name_like", "tags"})
_SIZES = frozenset({"height", "size", "width"})


def check_filter(name: str, value: object) -> None:
    """Check a filter whose kind is known by its name; any other may be anything.

    Metadata and configurations are objects, tags and names are one text, sizes are whole numbers.

    :raises UsageError: when it is of another kind.
    """
    if value is None or value is UNSET:
        return
    if name in _OBJECTS and not _is_object(type(value)):
        raise UsageError(
            f"{name} must be a mapping, as {{'name': 'value'}}, not {_shown(value)}; "
            "nothing was sent."
        )
    if name in _TEXTS and not isinstance(value, str):
        raise UsageError(
            f"{name} must be one text, not {_shown(value)}: a filter takes one; nothing was sent."
        )
    if name in _SIZES:
        check_whole(name, value)


def _is_object(kind: type[object]) -> bool:
    return issubclass(kind, Mapping) or is_record(kind)


def check_whole(name: str, value: object, *, least: int = 1) -> None:
    """Check a count or a number of pixels.

    :raises UsageError: when it is no whole number, or less than `least`.
    """
    # True is an int to Python, and `true` to the API.
    if isinstance(value, bool) or not isinstance(value, int) or value < least:
        raise UsageError(
            f"{name} must be a whole number of at least {least}, not {_shown(value)}; "
            "nothing was sent."
        )


def check_length(name: str, value: object, *, most: int = _LONGEST_NAME) -> None:
    """Check a text that has a longest form; None and UNSET have none.

    :raises UsageError: when it is longer.
    """
    if isinstance(value, str) and len(value) > most:
        raise UsageError(
            f"{name} has {len(value)} characters, and {most} at most are taken; nothing was sent."
        )


def check_names(what: str, value: object, kind: type[Any]) -> None:
    """Check that a mapping in a record's place uses the API's names, not the record's.

    :param what: begins the sentence of the error, as `A line of the cart`.
    :raises UsageError: when a key is the Python name of one of the record's fields.
    """
    if not isinstance(value, Mapping):
        return
    keys = set(cast("Iterable[object]", value))
    for attribute in attrs.fields(kind):
        if attribute.name in keys and wire_name(attribute) != attribute.name:
            raise UsageError(
                f"{what} given as a mapping uses the API's names: {wire_name(attribute)!r}, not "
                f"{attribute.name!r}; a {kind.__name__} uses Python's. Nothing was sent."
            )


def _shown(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:60]}..."


def one_of(*choices: str) -> Callable[[object, attrs.Attribute[Any], object], None]:
    """Make a validator of an attrs class: the value is one of these words."""

    def check(_instance: object, attribute: attrs.Attribute[Any], value: object) -> None:
        if value not in choices:
            raise UsageError(
                f"{attribute.name} must be {' or '.join(map(repr, choices))}, not {value!r}; "
                "nothing was sent."
            )

    return check
