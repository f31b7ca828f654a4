"""The lines of an order, looked at before they are sent. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias, cast

from ..errors import UsageError
from ..models.orders import CartItem
from .checks import check_names, check_whole

__all__ = ("Cart", "cart_of")

Cart: TypeAlias = Sequence[CartItem | Mapping[str, Any]]
"""Lines, as records, or as mappings with the API's own names."""


def cart_of(lines: Cart) -> Cart:
    """Return the lines when they could be taken by the API.

    :raises UsageError: when there is none, it is one line in place of a list, or a line is of
        another kind, counts nothing, or uses Python's names in a mapping.
    """
    _check_list(lines)
    for line in lines:
        _check(line)
    return lines


def _check_list(lines: object) -> None:
    kind = type(lines)
    if issubclass(kind, (CartItem, Mapping)):
        raise UsageError("Pass a list of lines, also for a single one: [line]; nothing was sent.")
    if issubclass(kind, (str, bytes)) or not issubclass(kind, Sequence):
        raise UsageError(f"A cart is a list of lines, not {kind.__name__}; nothing was sent.")
    if not lines:
        raise UsageError("The cart is empty: pass one line at least. Nothing was sent.")


def _check(line: object) -> None:
    kind = type(line)
    if not issubclass(kind, (CartItem, Mapping)):
        raise UsageError(
            "A line is a CartItem or a mapping with `configurationId` and `count`, not "
            f"{kind.__name__}; nothing was sent."
        )
    check_names("A line of the cart", line, CartItem)
    check_whole("count", _count(line))


def _count(line: object) -> object:
    if isinstance(line, CartItem):
        return line.count
    # The API says itself what it makes of a line that does not count.
    return cast("Mapping[str, object]", line).get("count", 1)
