"""What can be wished of an image on its way. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

from ..errors import UsageError
from .checks import check_whole

__all__ = ("check_optimization",)

_WISHES = ("format", "quality", "width", "height")
_MOST_QUALITY = 100


def check_optimization(wishes: object) -> None:
    """Check an `Optimization`; None is no wish.

    :raises UsageError: when it is no mapping, or a wish in it is unknown or out of range.
    """
    if wishes is None:
        return
    if not isinstance(wishes, Mapping):
        raise UsageError(
            "optimization must be a mapping, as {'format': 'webp', 'quality': 80}, "
            f"not {type(wishes).__name__}; nothing was sent."
        )
    given = cast("Mapping[str, Any]", wishes)
    if unknown := [name for name in given if name not in _WISHES]:
        raise UsageError(
            f"optimization knows {', '.join(_WISHES)}, not {unknown[0]!r}; nothing was sent."
        )
    _check_format(given.get("format"))
    _check_quality(given.get("quality"))
    for name in ("width", "height"):
        if given.get(name) is not None:
            check_whole(f"The {name} of optimization", given[name])


def _check_format(value: object) -> None:
    if value is not None and value != "webp":
        raise UsageError(
            f"Images can be optimized as 'webp' only, not {value!r}; nothing was sent."
        )


def _check_quality(value: object) -> None:
    if value is None:
        return
    number = isinstance(value, (int, float)) and not isinstance(value, bool)
    if not number or not 0 <= cast("float", value) <= _MOST_QUALITY:
        raise UsageError(
            f"The quality of optimization is a number from 0 to 100, not {value!r}; "
            "nothing was sent."
        )
