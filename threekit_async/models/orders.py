"""Records of the Orders API."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Literal, TypeAlias

from .base import field, record

__all__ = ("CartItem", "Order", "OrderStatus", "Platform")

OrderStatus: TypeAlias = Literal["List", "In Cart", "New", "In Progress", "Complete"]
"""Where an order stands. While it is `List` or `In Cart` a public token may write it."""


@record
class Platform:
    """The shop a record belongs to. Source: the vendor's help centre."""

    #: The shop's own id of the order or customer; one that comes as a number is read as text.
    id: str | None = None
    #: As `shopify`.
    platform: str | None = None
    store_name: str | None = None
    extra: Mapping[str, Any] = field(factory=dict[str, Any])


@record
class CartItem:
    """One line of an order: a saved configuration, and how many of it."""

    #: The UUID of a saved configuration.
    configuration_id: str
    #: At least 1.
    count: int = 1
    metadata: Mapping[str, Any] | None = None
    extra: Mapping[str, Any] = field(factory=dict[str, Any])


@record
class Order:
    """An order of a shop. Source: the vendor's Orders help page and its own client."""

    id: str
    #: 7 to 14 letters, digits, `_` and `-`; usable in place of the id.
    short_id: str | None = None
    org_id: str | None = None
    #: The organisation the order came from.
    origin_org_id: str | None = None
    customer_id: str | None = None
    name: str | None = None
    #: One of `OrderStatus`.
    status: str | None = None
    platform: Platform | None = None
    metadata: Mapping[str, Any] = field(factory=dict[str, Any])
    cart: Sequence[CartItem] = field(factory=list[CartItem])
    #: Deprecated in favour of `cart`, and empty in what the vendor's client reads.
    items: Sequence[Any] = field(factory=list[Any])
    derivative: Mapping[str, str] = field(factory=dict[str, str])
    created_at: datetime | None = None
    updated_at: datetime | None = None
    extra: Mapping[str, Any] = field(factory=dict[str, Any])
