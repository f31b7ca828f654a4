"""``/api/analytics``: what shoppers did (the vendor's help centre and reference)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, get_args

from threekit_async.emulator.apis.views import LENGTHS, count_views
from threekit_async.emulator.data.filters import Filters
from threekit_async.emulator.data.moments import Moment, as_instant
from threekit_async.emulator.data.tables import EVENTS
from threekit_async.emulator.records.events import TEXTS, new_event
from threekit_async.emulator.web.answers import forbidden, json_answer
from threekit_async.emulator.web.contract import Body, Refusal, Route
from threekit_async.emulator.web.envelopes import answer_all
from threekit_async.emulator.web.health import healthcheck
from threekit_async.emulator.web.schemas import NonEmpty, OneOf
from threekit_async.models.analytics import AnalyticsEvent, AnalyticsViews, EventType

if TYPE_CHECKING:
    from aiohttp import web

    from threekit_async.emulator.web.asking import Ask

REFERENCE = "the vendor's reference and help centre, Analytics API"
CLIENT = "the vendor's own client"
# The codes are assumptions.
UNKNOWN = Refusal(status=404, code="event_not_found", message="Event not found")
BAD_EVENT = Refusal(
    status=422, code="invalid_event", message="One or more parameters have an invalid value"
)

ORG = {"orgId": str}
FILTERS: Mapping[str, object] = {**ORG, "metadata": Mapping, "device": str, "referer": str}
# The vendor's reference spells one of them with "production".
KNOWN = (*get_args(EventType), "production configuration attribute set")
NEW_EVENT = Body(
    fields={
        "eventType": OneOf(KNOWN),
        "sessionId": NonEmpty,
        **dict.fromkeys(("orgId", "device", *TEXTS[:2], "configId"), str),
        "eventMetadata": Mapping,
        "configuration": Mapping,
        "metric": float,
    },
    required=("eventType", "sessionId"),
)


def routes() -> list[Route]:
    """List the routes."""
    return [
        healthcheck("analytics", source=CLIENT),
        Route(
            verb="POST",
            path="/api/analytics/events",
            handler=create_event,
            confidence="documented",
            source=REFERENCE,
            query=ORG,
            body=NEW_EVENT,
            refusal=BAD_EVENT,
            returns=AnalyticsEvent,
        ),
        Route(
            verb="GET",
            path="/api/analytics/events",
            handler=list_events,
            confidence="seen in client",
            source=CLIENT,
            query={**FILTERS, "page": int, "perPage": int},
            returns={"events": list[AnalyticsEvent]},
        ),
        Route(
            verb="GET",
            path="/api/analytics/events/views",
            handler=list_views,
            confidence="seen in client",
            source=CLIENT,
            query={
                **FILTERS,
                "eventType": OneOf(KNOWN),
                "subStartDate": Moment,
                "endDate": Moment,
                "range": OneOf(tuple(LENGTHS)),
            },
            returns={"views": list[AnalyticsViews]},
        ),
        Route(
            verb="GET",
            path="/api/analytics/events/{id}",
            handler=get_event,
            confidence="seen in client",
            source=CLIENT,
            query=ORG,
            refusals=(UNKNOWN,),
            returns=AnalyticsEvent,
        ),
    ]


async def create_event(ask: Ask) -> web.Response:
    """Keep an event and answer it; ``orgId`` may be missing, the token has one."""
    if ask.body.get("orgId") not in (None, "", ask.org_id):
        raise forbidden()
    event = new_event(ask.state, ask.body, ask.request.headers, org_id=ask.org_id)
    ask.store.add(EVENTS, event)
    return json_answer(event)


async def list_events(ask: Ask) -> web.Response:
    """Answer the events that match; the vendor's client notes that it was switched off."""
    return answer_all(ask, EVENTS, event_filters(ask), key="events")


async def get_event(ask: Ask) -> web.Response:
    """Answer one event."""
    event = ask.store.get(EVENTS, ask.part("id"))
    if event is None or event["orgId"] != ask.org_id:
        raise UNKNOWN.error()
    return json_answer(event)


async def list_views(ask: Ask) -> web.Response:
    """Answer how many events there were in each day, month or year that had one.

    ``range`` is ``day`` by default, ``subStartDate`` and ``endDate`` are both included, and
    without ``eventType`` every event is counted (assumptions).
    """
    filters = event_filters(ask)
    filters.between("createdAt", _first(ask), _last(ask))
    views = count_views(ask.store, filters, range_=ask.query.get("range", "day"))
    return json_answer({"views": views})


def event_filters(ask: Ask) -> Filters:
    """Read the filters; ``metadata`` matches an event's own by the given keys."""
    filters = Filters()
    filters.equals("orgId", ask.org_id)
    for name, value in ask.given("device", "referer", "eventType").items():
        filters.equals(name, value)
    filters.has_entries("eventMetadata", ask.query.get("metadata") or {})
    return filters


def _first(ask: Ask) -> str | None:
    text = ask.query.get("subStartDate")
    return as_instant(text) if text else None


def _last(ask: Ask) -> str | None:
    """Return the last instant; a day is meant to its end."""
    text = ask.query.get("endDate")
    if not text:
        return None
    return as_instant(text) if "T" in text else as_instant(f"{text}T23:59:59.999Z")
