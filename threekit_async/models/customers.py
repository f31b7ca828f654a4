"""Records of the Customers API."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from .base import field, record
from .orders import Platform

__all__ = ("Customer",)


@record
class Customer:
    """Who ordered or saved something. Source: the vendor's help centre."""

    id: str
    org_id: str | None = None
    name: str | None = None
    position: str | None = None
    company: str | None = None
    email: str | None = None
    phone: str | None = None
    address: str | None = None
    city: str | None = None
    country: str | None = None
    ip: str | None = None
    metadata: Mapping[str, Any] | None = None
    platform: Platform | None = None
    created_at: datetime | None = None
    extra: Mapping[str, Any] = field(factory=dict[str, Any])
