"""What is posted to a webhook's address: a job, an order, or something else."""

from __future__ import annotations

import json
from typing import Any

import pytest

from threekit_async import DecodeError, Order, UsageError, parse_webhook
from threekit_async.models.base import converter
from threekit_async.models.jobs import Job
from threekit_async.models.webhooks import WebhookEvent


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        ({"id": "j", "title": "Render", "tasks": [{"parameters": {"configuration": {}}}]}, Job),
        ({"_id": "j", "taskResultFailures": 0}, Job),
        ({"id": "j", "status": "stopped"}, Job),
        ({"id": "o", "status": "In Cart"}, Order),
        ({"id": "o", "cart": [], "platform": {"id": 77}}, Order),
        ({"id": "o", "shortId": "Ab3_k9X", "status": "shipped"}, Order),
        ({"id": "x"}, None),
        ({"id": "x", "status": "unheard of"}, None),
        ({"id": "x", "status": ["New"]}, None),
        ({}, None),
    ],
)
def test_an_event_is_about_a_job_an_order_or_neither(data: dict[str, Any], kind: Any) -> None:
    event = parse_webhook({"data": data})
    found = [each for each in (event.job, event.order) if each is not None]
    assert [type(each) for each in found] == ([] if kind is None else [kind])
    assert [each.id for each in found] == ([] if kind is None else [event.id])
    assert event.data == data


@pytest.mark.parametrize(
    "data",
    [
        {"status": "stopped"},
        {"id": 7, "tasks": []},
        {"id": "j", "tasks": "none"},
        {"id": "o", "cart": [{"count": 1}]},
        {"cart": []},
    ],
)
def test_a_job_or_order_that_cannot_be_read_is_none_and_its_data_stays(
    data: dict[str, Any],
) -> None:
    event = parse_webhook({"data": data})
    assert (event.job, event.order, event.data) == (None, None, data)


@pytest.mark.parametrize(
    ("body", "topic"), [({"topic": "renders"}, "renders"), ({"topic": 7}, None), ({}, None)]
)
def test_the_topic_is_told_where_there_is_one(body: dict[str, Any], topic: str | None) -> None:
    assert parse_webhook(json.dumps(body)).topic == topic


def test_an_event_is_written_as_it_came() -> None:
    body = {"topic": "t", "data": {"id": "j", "tasks": [None]}, "attempt": 1}
    assert converter().unstructure(converter().structure(body, WebhookEvent)) == body


@pytest.mark.parametrize("body", [None, object(), ("a",)])
def test_what_is_no_body_is_the_callers_mistake(body: Any) -> None:
    with pytest.raises(UsageError, match="Pass the body of the request"):
        parse_webhook(body)


@pytest.mark.parametrize("body", [[], [{}], 7, 1.5, True, b"", b"null", "[]", b"\xff", "{"])
def test_what_a_stranger_may_have_sent_is_not_decoded(body: Any) -> None:
    with pytest.raises(DecodeError, match="Ignore the request"):
        parse_webhook(body)


def test_bytes_of_any_kind_are_read() -> None:
    assert parse_webhook(bytearray(b'{"data": {"id": "x"}}')).id == "x"
