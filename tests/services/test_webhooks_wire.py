"""Webhooks: the exact request of each method, what is made of its answer, and what they deliver."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from tests.services.exchanges import ORG_ID, Answer, Exchanging, Sent
from threekit_async import AsyncThreekit, DecodeError, NotFoundError
from threekit_async.models.webhooks import Webhook, WebhookEvent, WebhookFilter, parse_webhook
from threekit_async.services.webhooks import Webhooks

Call = Callable[[AsyncThreekit], Awaitable[Any]]

ADDRESS = "https://hooks.example/threekit"
HOOK = {"id": "w", "topic": "T", "address": ADDRESS, "filter": {"status": ["success"]}}
MADE = Webhook(id="w", topic="T", address=ADDRESS, filter=WebhookFilter(status=["success"]))


@pytest.mark.parametrize(
    ("call", "sent", "answer", "read"),
    [
        (
            lambda tk: tk.webhooks.list(topic="T", address=ADDRESS),
            Sent("GET", "/api/webhooks", {"topic": "T", "address": ADDRESS}),
            {"webhooks": [HOOK]},
            [MADE],
        ),
        (
            lambda tk: tk.webhooks.get("w"),
            Sent("GET", "/api/webhooks/w", {}),
            {"webhook": HOOK},
            MADE,
        ),
        (
            lambda tk: tk.webhooks.create(
                topic="T", address=ADDRESS, filter=WebhookFilter(status=["success"], type=["a"])
            ),
            Sent(
                "POST",
                "/api/webhooks",
                {},
                {"topic": "T", "address": ADDRESS, "orgId": ORG_ID}
                | {"filter": {"status": ["success"], "type": ["a"]}},
            ),
            {"webhook": HOOK},
            MADE,
        ),
        (
            lambda tk: tk.webhooks.create(topic="T", address=ADDRESS),
            Sent("POST", "/api/webhooks", {}, {"topic": "T", "address": ADDRESS, "orgId": ORG_ID}),
            HOOK,
            MADE,
        ),
        (
            lambda tk: tk.webhooks.update("w", topic="U", filter={"status": []}),
            Sent("PUT", "/api/webhooks/w", {}, {"topic": "U", "filter": {"status": []}}),
            {"webhook": HOOK},
            MADE,
        ),
        (
            lambda tk: tk.webhooks.update("w", filter=None),
            Sent("PUT", "/api/webhooks/w", {}, {"filter": None}),
            {"webhooks": [HOOK]},
            MADE,
        ),
        (
            lambda tk: tk.webhooks.update("w", address=ADDRESS),
            Sent("PUT", "/api/webhooks/w", {}, {"address": ADDRESS}),
            HOOK,
            MADE,
        ),
        (
            lambda tk: tk.webhooks.delete("w"),
            Sent("DELETE", "/api/webhooks/w", {}),
            {"webhook": {**HOOK, "updatedAt": None}},
            MADE,
        ),
        (
            lambda tk: tk.webhooks.restore("w"),
            Sent("POST", "/api/webhooks/w/restore", {}),
            {"webhook": HOOK},
            MADE,
        ),
        (
            lambda tk: tk.webhooks.healthcheck(),
            Sent("GET", "/api/webhooks/healthcheck", {}),
            True,
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


@pytest.mark.parametrize("answer", [{"webhooks": []}, {"webhooks": [HOOK, HOOK]}, {}, []])
async def test_an_update_that_answers_something_else_is_an_error(
    exchanging: Exchanging, answer: Any
) -> None:
    async with exchanging(answer) as (tk, _):
        with pytest.raises(DecodeError, match="PUT /api/webhooks/w succeeded"):
            await tk.webhooks.update("w", topic="U")


async def test_a_webhook_that_is_not_there_is_not_found(exchanging: Exchanging) -> None:
    async with exchanging(Answer({"error": {"message": "No"}}, status=404)) as (tk, _):
        with pytest.raises(NotFoundError):
            await tk.webhooks.get("w")


DELIVERED = {"data": {"id": "j", "title": "Render", "tasks": []}, "sentAt": 7}
EVENT = WebhookEvent(data={"id": "j", "title": "Render", "tasks": []}, extra={"sentAt": 7})


@pytest.mark.parametrize("parse", [parse_webhook, Webhooks.parse])
@pytest.mark.parametrize("body", [DELIVERED, json.dumps(DELIVERED), json.dumps(DELIVERED).encode()])
def test_a_delivery_is_read_from_bytes_text_and_json(parse: Any, body: Any) -> None:
    assert parse(body) == EVENT


@pytest.mark.parametrize(
    ("body", "found"),
    [
        ({"data": {"id": "j"}}, "j"),
        ({"data": {"_id": "j"}}, "j"),
        ({"data": {"id": 7}}, None),
        ({"data": {}}, None),
        ({"anything": "else"}, None),
    ],
)
def test_an_event_names_the_record_it_is_about(body: Any, found: str | None) -> None:
    assert parse_webhook(body).id == found


@pytest.mark.parametrize(
    ("body", "path", "says"),
    [
        (b"", "", "it is not JSON (0 bytes)"),
        (b"\xff\xfe", "", "it is not JSON"),
        ("data=7", "", "it is not JSON (6 bytes)"),
        (b"[1]", "", "it is an array ([1]), not an object"),
        (b'{"data": [1]}', "data", "data is an array ([1]), not an object"),
        (b"[" * 100_000, "", "it is not JSON"),
    ],
)
def test_what_is_no_delivery_is_refused(body: Any, path: str, says: str) -> None:
    with pytest.raises(DecodeError) as refusal:
        parse_webhook(body)
    assert refusal.value.path == path
    assert says in str(refusal.value)
    assert str(refusal.value).endswith("it may not be the platform's.")
