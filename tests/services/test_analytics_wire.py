"""Analytics: the exact request of each method, and what is made of its answer."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from tests.services.exchanges import ORG_ID, Answer, Exchanging, Sent
from threekit_async import AsyncThreekit, UnprocessableError
from threekit_async.models.analytics import AnalyticsEvent, AnalyticsViews
from threekit_async.models.values import AssetReference, Colour

Call = Callable[[AsyncThreekit], Awaitable[Any]]

EVENT = {
    "id": "e",
    "eventType": "product cart-add",
    "sessionId": "s",
    "metric": 1,
    "requestUrl": None,
    "configuration": {"Leather": {"r": 1, "g": 0, "b": 0}},
}
MADE = AnalyticsEvent(
    id="e",
    event_type="product cart-add",
    session_id="s",
    metric=1,
    configuration={"Leather": Colour(r=1, g=0, b=0)},
)


@pytest.mark.parametrize(
    ("call", "sent", "answer", "read"),
    [
        (
            lambda tk: tk.analytics.create(event_type="product cart-add", session_id="s"),
            Sent(
                "POST",
                "/api/analytics/events",
                {},
                {"eventType": "product cart-add", "sessionId": "s", "orgId": ORG_ID},
            ),
            EVENT,
            MADE,
        ),
        (
            lambda tk: tk.analytics.create(
                event_type="production configuration attribute set",
                session_id="s",
                event_metadata={"a": 1},
                asset_id="a",
                user_id="u",
                config_id="c",
                configuration={"Wood": AssetReference(asset_id="o")},
                device="d",
                metric=0.5,
            ),
            Sent(
                "POST",
                "/api/analytics/events",
                {},
                {
                    "eventType": "production configuration attribute set",
                    "sessionId": "s",
                    "eventMetadata": {"a": 1},
                    "assetId": "a",
                    "userId": "u",
                    "configId": "c",
                    "configuration": {"Wood": {"assetId": "o"}},
                    "device": "d",
                    "metric": 0.5,
                    "orgId": ORG_ID,
                },
            ),
            EVENT,
            MADE,
        ),
        (
            lambda tk: tk.analytics.get("e"),
            Sent("GET", "/api/analytics/events/e", {}),
            EVENT,
            MADE,
        ),
        (
            lambda tk: tk.analytics.list(metadata={"a": 1}, device="d", referer="r"),
            Sent(
                "GET",
                "/api/analytics/events",
                {"metadata": '{"a":1}', "device": "d", "referer": "r"},
            ),
            {"events": [EVENT]},
            [MADE],
        ),
        (
            lambda tk: tk.analytics.views(
                range="month",
                sub_start_date=datetime(2024, 5, 1, tzinfo=UTC),
                end_date="2024-06-01",
                event_type="product download",
                metadata={},
                device="d",
                referer="r",
            ),
            Sent(
                "GET",
                "/api/analytics/events/views",
                {
                    "range": "month",
                    "subStartDate": "2024-05-01T00:00:00.000Z",
                    "endDate": "2024-06-01",
                    "eventType": "product download",
                    "metadata": "{}",
                    "device": "d",
                    "referer": "r",
                },
            ),
            {"views": [{"year": 2024, "month": 5, "views": 7, "cumulative": 9}]},
            [AnalyticsViews(year=2024, month=5, views=7, cumulative=9)],
        ),
        (
            lambda tk: tk.analytics.healthcheck(),
            Sent("GET", "/api/analytics/healthcheck", {}),
            {},
            None,
        ),
    ],
)
async def test_each_call_is_sent_and_read_as_the_vendor_has_it(
    exchanging: Exchanging, call: Call, sent: Sent, answer: Any, read: Any
) -> None:
    async with exchanging(answer) as (tk, seen):
        assert await call(tk) == read
    assert seen == [sent]


async def test_an_event_with_a_wrong_value_is_refused(exchanging: Exchanging) -> None:
    async with exchanging(Answer({"error": {"message": "No"}}, status=422)) as (tk, _):
        with pytest.raises(UnprocessableError):
            await tk.analytics.create(event_type="nothing", session_id="s")
