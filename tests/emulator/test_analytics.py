from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

UNKNOWN = "00000000-0000-4000-8000-000000000000"
PATH = "/api/analytics/events"
BODY = {"eventType": "product cart-add", "sessionId": "s-1"}


def reported(api: Any, **fields: Any) -> Any:
    headers = fields.pop("headers", {"User-Agent": "Test/1.0"})
    answer = api("POST", PATH, body={**BODY, **fields}, token="public", headers=headers)
    assert answer.status == 200, answer.body
    return answer.json


def test_an_event_is_completed_from_the_request(api: Any) -> None:
    headers = {
        "User-Agent": "Test/1.0",
        "Origin": "http://localhost",
        "Referer": "http://localhost/a",
    }
    event = reported(api, headers=headers)
    assert (event["device"], event["metric"], event["eventMetadata"]) == ("Test/1.0", 1, {})
    assert (event["requestOrigin"], event["referer"]) == ("http://localhost", "http://localhost/a")
    assert (event["orgId"], event["eventType"]) == (api.server.org_id, BODY["eventType"])
    assert api.get(f"{PATH}/{event['id']}").json == event
    assert api.get(f"{PATH}/{UNKNOWN}").code == "event_not_found"


def test_what_is_given_stays(api: Any) -> None:
    given = {
        "metric": 2.5,
        "device": "Kiosk",
        "assetId": "a",
        "userId": "u",
        "configId": "c",
        "configuration": {"Size": "L"},
        "eventMetadata": {"a": 1},
    }
    event = reported(api, **given, orgId=api.server.org_id)
    assert {name: event[name] for name in given} == given
    assert reported(api, metric=0)["metric"] == 0


def test_both_spellings_of_one_event_type_are_taken(api: Any) -> None:
    for word in ("product", "production"):
        given = f"{word} configuration attribute set"
        assert reported(api, eventType=given)["eventType"] == given


@pytest.mark.parametrize(
    "changes",
    [
        {"eventType": "product lost"},
        {"eventType": None},
        {"sessionId": None},
        {"sessionId": ""},
        {"metric": "1"},
        {"eventMetadata": "x"},
        {"configuration": []},
    ],
)
def test_a_bad_event_is_refused(api: Any, changes: Any) -> None:
    assert api("POST", PATH, body={**BODY, **changes}).status == 422
    assert api.get(PATH).json == {"events": []}


@pytest.mark.parametrize("number", ["NaN", "Infinity", "1e999"])
def test_a_metric_must_be_a_number_that_json_has(api: Any, number: str) -> None:
    text = f'{{"eventType":"product cart-add","sessionId":"s","metric":{number}}}'
    assert api("POST", PATH, data=text.encode()).status == 422


def test_another_organisations_event_is_forbidden(api: Any) -> None:
    assert api("POST", PATH, body={**BODY, "orgId": UNKNOWN}).status == 403


def test_events_are_filtered(api: Any) -> None:
    first = reported(api, eventMetadata={"shop": "a", "n": 1})
    second = reported(
        api,
        device="Kiosk",
        eventMetadata={"shop": "b"},
        headers={"User-Agent": "x", "Referer": "http://localhost/b"},
    )
    assert api.get(PATH).json == {"events": [first, second]}
    for query in (
        {"device": "Kiosk"},
        {"metadata": {"shop": "b"}},
        {"referer": "http://localhost/b"},
    ):
        assert api.get(PATH, **query).json == {"events": [second]}
    page = api.get(PATH, perPage=1, page=1).json
    assert (page["events"], page["count"]) == ([first], 2)


@pytest.mark.threekit(started_at=datetime(2024, 5, 31, 23, 59, 59, 990_000, tzinfo=UTC))
def test_views_are_counted_by_day_month_or_year(api: Any) -> None:
    for number in range(20):
        reported(api, eventType="product ordered" if number < 3 else "product cart-add")
    days = api.get(f"{PATH}/views").json["views"]
    assert days == [
        {"year": 2024, "month": 5, "day": 31, "views": 9, "cumulative": 9},
        {"year": 2024, "month": 6, "day": 1, "views": 11, "cumulative": 20},
    ]
    months = api.get(f"{PATH}/views", range="month", eventType="product ordered").json["views"]
    assert months == [{"year": 2024, "month": 5, "views": 3, "cumulative": 3}]
    years = api.get(f"{PATH}/views", range="year").json["views"]
    assert years == [{"year": 2024, "views": 20, "cumulative": 20}]
    for query, expected in (
        ({"subStartDate": "2024-06-01"}, 11),
        ({"endDate": "2024-05-31"}, 9),
        ({"subStartDate": "2024-05-31T23:59:59.999Z", "endDate": "2024-05-31"}, 1),
        ({"endDate": "2024-06-01T02:00:00.000+02:00"}, 10),
    ):
        rows = api.get(f"{PATH}/views", range="year", **query).json["views"]
        assert sum(row["views"] for row in rows) == expected


@pytest.mark.parametrize(
    "query", [{"range": "week"}, {"endDate": "soon"}, {"eventType": "x"}, {"metadata": "x"}]
)
def test_a_bad_question_for_views_is_refused(api: Any, query: Any) -> None:
    assert api.get(f"{PATH}/views", **query).status == 422
