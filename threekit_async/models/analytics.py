"""Records of the Analytics API."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Literal, TypeAlias

from .base import field, record
from .values import Configuration, read_configuration

__all__ = ("AnalyticsEvent", "AnalyticsViews", "EventType", "ViewRange")

EventType: TypeAlias = Literal[
    "product download",
    "product session start",
    "product session end",
    "product configuration start",
    "product configuration attribute set",
    "product cart-add",
    "product ordered",
    "product social share",
    "product AR not available",
    "product AR offered",
    "product AR download",
    "product AR mobile transition offered",
    "product AR mobile transition completed",
]
"""What can be reported, as the vendor's own client has it.

The vendor's reference shows eleven of them, and one as `production configuration attribute set`.
"""

ViewRange: TypeAlias = Literal["day", "month", "year"]
"""What one row of views stands for."""


@record
class AnalyticsEvent:
    """Something a shopper did. Source: the vendor's help centre, reference and client."""

    id: str
    #: One of `EventType`, or another spelling.
    event_type: str | None = None
    event_metadata: Mapping[str, Any] = field(factory=dict[str, Any])
    org_id: str | None = None
    asset_id: str | None = None
    user_id: str | None = None
    session_id: str | None = None
    #: The UUID or short id of a saved configuration; otherwise there is `configuration`.
    config_id: str | None = None
    configuration: Configuration | None = field(default=None, metadata={"read": read_configuration})
    #: A browser's User-Agent by default.
    device: str | None = None
    metric: int | float | None = None
    request_url: str | None = None
    request_origin: str | None = None
    referer: str | None = None
    created_at: datetime | None = None
    extra: Mapping[str, Any] = field(factory=dict[str, Any])


@record
class AnalyticsViews:
    """How often something was viewed in a year, month or day. Source: the vendor's own client."""

    year: int
    #: None in rows of years.
    month: int | None = None
    #: None but in rows of days.
    day: int | None = None
    views: int
    #: All views up to and with these.
    cumulative: int | None = None
    extra: Mapping[str, Any] = field(factory=dict[str, Any])
