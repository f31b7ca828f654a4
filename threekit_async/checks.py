"""What a setting must be, and the sentence when it is not. Pure."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from typing import Any, Final, TypeAlias, cast

import attrs

from .errors import ConfigError

__all__ = ("headers", "kind", "number", "or_none", "require")

Check: TypeAlias = Callable[[Any, "attrs.Attribute[Any]", Any], None]
"""A validator of attrs."""

# A token of RFC 9110, section 5.6.2.
_HEADER_NAME: Final = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_UNSENDABLE: Final = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")


def require(name: str, value: object, kinds: type | tuple[type, ...], wanted: str) -> None:
    """Refuse a value of another kind. Only its kind is told: it may be a secret.

    :param wanted: what it must be, as `a Timeout, as Timeout(total=5)`.
    :raises ConfigError: when it is something else.
    """
    if not isinstance(value, kinds):
        raise ConfigError(f"{name} must be {wanted}, not {type(value).__name__}.")


def kind(kinds: type | tuple[type, ...], wanted: str) -> Check:
    """Check that a setting is of a kind; `wanted` says of which, as for `require`."""

    def check(_owner: object, setting: attrs.Attribute[Any], value: object) -> None:
        require(setting.name, value, kinds, wanted)

    return check


def or_none(check: Check) -> Check:
    """Check what is not None."""

    def check_given(owner: object, setting: attrs.Attribute[Any], value: object) -> None:
        if value is not None:
            check(owner, setting, value)

    return check_given


def number(
    *,
    above: float | None = None,
    least: float = -math.inf,
    unit: str = "",
    whole: bool = False,
    otherwise: str = "",
) -> Check:
    """Check that a setting is a number, large enough and finite. True and False are none.

    :param above: what it must be more than.
    :param least: what it must be at least; without `above`.
    :param unit: for the sentence, as ` seconds`.
    :param whole: it must be an int.
    :param otherwise: what to do instead of giving infinity, for the sentence.
    """
    wanted = "a whole number" if whole else "a number"
    bound = f"at least {least:g}{unit}" if above is None else f"more than {above:g}{unit}"

    def check(_owner: object, setting: attrs.Attribute[Any], value: Any) -> None:
        name = setting.name
        if isinstance(value, bool) or (whole and isinstance(value, float)):
            raise ConfigError(f"{name} must be {wanted}, not {value}.")
        require(name, value, (int, float), wanted)
        if not (value >= least if above is None else value > above):
            raise ConfigError(f"{name} must be {bound}, not {value}.")
        if not _finite(value):
            raise ConfigError(f"{name} must be finite.{otherwise}")

    return check


def _finite(value: float) -> bool:
    try:
        return math.isfinite(value)
    except OverflowError:  # an int beyond all floats
        return False


def headers(_owner: object, setting: attrs.Attribute[Any], value: object) -> None:
    """Check that a setting holds headers that can be sent; their values are not told.

    :raises ConfigError: when it does not.
    """
    require(setting.name, value, Mapping, 'a mapping, as {"X-Shop": "1"}')
    for name, text in cast("Mapping[object, object]", value).items():
        if not (isinstance(name, str) and _HEADER_NAME.fullmatch(name)):
            raise ConfigError(f"{setting.name}: {name!r} is no name of a header.")
        require(f"{setting.name}: {name}", text, str, "text")
        if _UNSENDABLE.search(cast("str", text)):
            raise ConfigError(f"{setting.name}: {name} has line breaks, which cannot be sent.")
