"""Orders: the exact request of each method, and what is made of its answer."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from tests.services.exchanges import ORG_ID, Answer, Exchanging, Sent
from threekit_async import AsyncThreekit, ForbiddenError
from threekit_async.models.orders import CartItem, Order, Platform

Call = Callable[[AsyncThreekit], Awaitable[Any]]

ORDER = {
    "id": "o",
    "shortId": "Ab3_k9Xq",
    "status": "New",
    "platform": {"id": "1001", "platform": "shopify", "storeName": None},
    "cart": [{"configurationId": "c", "count": 2, "metadata": {}}],
    "items": [],
    "customerId": None,
    "createdAt": "2024-05-01T10:00:00.000Z",
}
MADE = Order(
    id="o",
    short_id="Ab3_k9Xq",
    status="New",
    platform=Platform(id="1001", platform="shopify"),
    cart=[CartItem(configuration_id="c", count=2, metadata={})],
    created_at=datetime(2024, 5, 1, 10, tzinfo=UTC),
)
LINES = [CartItem(configuration_id="c"), {"configurationId": "d", "count": 3}]
SENT_LINES = [{"configurationId": "c", "count": 1}, {"configurationId": "d", "count": 3}]


@pytest.mark.parametrize(
    ("call", "sent", "answer", "read"),
    [
        (
            lambda tk: tk.orders.list(
                short_id="s", origin_org_id="g", platform=Platform(id="1001"), sort="created_at"
            ).all(),
            Sent(
                "GET",
                "/api/orders",
                {"shortId": "s", "originOrgId": "g", "platform": '{"id":"1001"}'}
                | {"sort": "+createdAt", "perPage": "100", "page": "1"},
            ),
            {"orders": [ORDER], "page": 1, "perPage": 100, "count": 1, "sort": "+createdAt"},
            [MADE],
        ),
        (
            lambda tk: tk.orders.get("Ab3_k9Xq"),
            Sent("GET", "/api/orders/Ab3_k9Xq", {}),
            ORDER,
            MADE,
        ),
        (
            lambda tk: tk.orders.get("o", full_configuration=True),
            Sent("GET", "/api/orders/o", {"fullConfiguration": "true"}),
            ORDER,
            MADE,
        ),
        (
            lambda tk: tk.orders.create(cart=LINES),
            Sent("POST", "/api/orders", {}, {"cart": SENT_LINES, "platform": {}, "orgId": ORG_ID}),
            ORDER,
            MADE,
        ),
        (
            lambda tk: tk.orders.create(
                cart=LINES,
                platform=Platform(platform="shopify", id="1001", store_name="demo"),
                status="In Cart",
                name="Order",
                metadata={"a": {"b": 1}},
                customer_id="u",
                origin_org_id="",
                derivative={"k": "v"},
            ),
            Sent(
                "POST",
                "/api/orders",
                {},
                {
                    "cart": SENT_LINES,
                    "platform": {"platform": "shopify", "id": "1001", "storeName": "demo"},
                    "status": "In Cart",
                    "name": "Order",
                    "metadata": {"a": {"b": 1}},
                    "customerId": "u",
                    "originOrgId": "",
                    "derivative": {"k": "v"},
                    "orgId": ORG_ID,
                },
            ),
            ORDER,
            MADE,
        ),
        (
            lambda tk: tk.orders.update("o", status="In Progress"),
            Sent("PUT", "/api/orders/o", {}, {"status": "In Progress"}),
            ORDER,
            MADE,
        ),
        (
            lambda tk: tk.orders.update(
                "o", name=None, metadata={"status": "deleted"}, derivative={}
            ),
            Sent(
                "PUT",
                "/api/orders/o",
                {},
                {"name": None, "metadata": {"status": "deleted"}, "derivative": {}},
            ),
            ORDER,
            MADE,
        ),
        (
            lambda tk: tk.orders.add_to_cart("o", LINES),
            Sent("POST", "/api/orders/o/cart", {}, SENT_LINES),
            ORDER,
            MADE,
        ),
        (
            lambda tk: tk.orders.replace_cart("o", LINES),
            Sent("PUT", "/api/orders/o/cart", {}, SENT_LINES),
            ORDER,
            MADE,
        ),
        (
            lambda tk: tk.orders.add_items("o", LINES),
            Sent("POST", "/api/orders/o/items", {}, SENT_LINES),
            ORDER,
            MADE,
        ),
        (
            lambda tk: tk.orders.healthcheck(),
            Sent("GET", "/api/orders/healthcheck", {}),
            {"ok": True},
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


async def test_configurations_that_come_along_are_kept(exchanging: Exchanging) -> None:
    async with exchanging({**ORDER, "configurations": [{"id": "c"}]}) as (tk, _):
        order = await tk.orders.get("o", full_configuration=True)
    assert order.extra == {"configurations": [{"id": "c"}]}


async def test_a_token_that_may_not_write_is_told_so(exchanging: Exchanging) -> None:
    refused = Answer({"error": {"code": "forbidden", "message": "No"}}, status=403)
    async with exchanging(refused) as (tk, _):
        with pytest.raises(ForbiddenError):
            await tk.orders.update("o", status="Complete")
