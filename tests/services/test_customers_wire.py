"""Customers: the exact request of each method, and what is made of its answer."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from tests.services.exchanges import ORG_ID, Answer, Exchanging, Sent
from threekit_async import AsyncThreekit, ForbiddenError
from threekit_async.models.customers import Customer
from threekit_async.models.orders import Platform

Call = Callable[[AsyncThreekit], Awaitable[Any]]

CUSTOMER = {"id": "c", "name": "Ada Example", "company": None, "platform": {"id": "77"}}
MADE = Customer(id="c", name="Ada Example", platform=Platform(id="77"))
FIELDS: dict[str, Any] = {
    "name": "Ada Example",
    "position": "p",
    "company": "co",
    "email": "ada@example.com",
    "phone": "1",
    "address": "a",
    "city": "ci",
    "country": "cu",
    "ip": "192.0.2.1",
    "metadata": {},
    "platform": Platform(id="77"),
}
WRITTEN = {**FIELDS, "platform": {"id": "77"}}


@pytest.mark.parametrize(
    ("call", "sent", "answer", "read"),
    [
        (
            lambda tk: tk.customers.list(platform={"id": "77"}),
            Sent("GET", "/api/customers", {"platform": '{"id":"77"}'}),
            {"customers": [CUSTOMER]},
            [MADE],
        ),
        (
            lambda tk: tk.customers.list(),
            Sent("GET", "/api/customers", {}),
            [CUSTOMER],
            [MADE],
        ),
        (lambda tk: tk.customers.get("c"), Sent("GET", "/api/customers/c", {}), CUSTOMER, MADE),
        (
            lambda tk: tk.customers.create(**FIELDS),
            Sent("POST", "/api/customers", {}, {**WRITTEN, "orgId": ORG_ID}),
            CUSTOMER,
            MADE,
        ),
        (
            lambda tk: tk.customers.update("c", **FIELDS),
            Sent("PUT", "/api/customers/c", {}, WRITTEN),
            {"customer": CUSTOMER},
            MADE,
        ),
        (
            lambda tk: tk.customers.update("c", email=None),
            Sent("PUT", "/api/customers/c", {}, {"email": None}),
            CUSTOMER,
            MADE,
        ),
    ],
)
async def test_each_call_is_sent_and_read(
    exchanging: Exchanging, call: Call, sent: Sent, answer: Any, read: Any
) -> None:
    async with exchanging(answer) as (tk, seen):
        assert await call(tk) == read
    assert seen == [sent]


async def test_a_token_that_may_not_create_is_told_so(exchanging: Exchanging) -> None:
    refused = Answer({"error": {"code": "forbidden", "message": "No"}}, status=403)
    async with exchanging(refused) as (tk, _):
        with pytest.raises(ForbiddenError):
            await tk.customers.create(name="Ada Example")
