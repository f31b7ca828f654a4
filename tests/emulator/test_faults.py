from __future__ import annotations

import asyncio
import http.client
from typing import Any

import aiohttp
import pytest

from threekit_async.emulator.faults.choosing import Faults
from threekit_async.emulator.faults.rule import FaultRule, read_rule

ANYTHING = "/api/layers"


def test_a_status_comes_with_error_body_and_retry_after(api: Any) -> None:
    api.server.faults.add(effect="status", status=429, code="slow_down", retry_after="2", times=1)
    answer = api.get(ANYTHING)
    assert (answer.status, answer.code, answer.headers["Retry-After"]) == (429, "slow_down", "2")
    assert api.get(ANYTHING).status == 200


def test_an_html_page_is_no_json(api: Any) -> None:
    api.server.faults.add(effect="html", status=502)
    answer = api.get(ANYTHING)
    assert (answer.status, answer.body[:15]) == (502, b"<!doctype html>")
    assert answer.headers["Content-Type"].startswith("text/html")


def test_malformed_json_says_that_it_is_json(api: Any) -> None:
    api.server.faults.add(effect="malformed_json")
    answer = api.get(ANYTHING)
    assert answer.headers["Content-Type"].startswith("application/json")
    with pytest.raises(ValueError, match="Expecting"):
        _ = answer.json


def test_a_fixed_body_replaces_the_answer(api: Any) -> None:
    api.server.faults.add(effect="body", body={"layers": None})
    assert (api.get(ANYTHING).status, api.get(ANYTHING).json) == (200, {"layers": None})


def test_a_connection_closed_before_any_header_is_journalled_with_status_0(api: Any) -> None:
    api.server.faults.add(effect="reset_before", times=1)
    with pytest.raises(http.client.RemoteDisconnected):
        api.get(ANYTHING)
    (entry,) = api.server.journal()
    assert (entry.status, entry.bytes, entry.fault) == (0, 0, "reset_before")
    assert api.get(ANYTHING).status == 200


@pytest.mark.parametrize("size", [1000, 3_000_000])
def test_a_truncated_body_announces_more_than_it_sends(api: Any, size: int) -> None:
    file = api.upload(b"x" * size).json["files"][0]
    api.server.faults.add(effect="truncate", bytes=600, method="GET")
    with pytest.raises(http.client.IncompleteRead) as caught:
        api.get(f"/api/files/{file['id']}/content")
    assert (len(caught.value.partial), caught.value.expected) == (600, size - 600)
    entry = api.server.journal()[-1]
    assert (entry.status, entry.bytes, entry.fault) == (200, 600, "truncate")


def test_aiohttp_clients_notice_truncation_and_reset(api: Any) -> None:
    file = api.upload(b"x" * 1000).json["files"][0]
    url = f"{api.server.url}/api/files/{file['id']}/content"

    async def read() -> bytes:
        async with aiohttp.ClientSession() as session, session.get(url) as answer:
            return await answer.read()

    api.server.faults.add(effect="truncate", bytes=10, times=1)
    with pytest.raises(aiohttp.ClientPayloadError):
        asyncio.run(read())
    # aiohttp itself repeats a GET once when the connection breaks before any answer.
    api.server.faults.add(effect="reset_before", times=2)
    with pytest.raises(aiohttp.ServerDisconnectedError):
        asyncio.run(read())
    assert len(asyncio.run(read())) == 1000


def test_a_wrong_length_is_a_short_body_that_http_accepts(api: Any) -> None:
    file = api.upload(b"0123456789").json["files"][0]
    api.server.faults.add(effect="wrong_length", bytes=4)
    answer = api.get(f"/api/files/{file['id']}/content")
    assert (answer.status, answer.body, answer.headers["Content-Length"]) == (200, b"0123", "4")


def test_a_repeated_page_is_the_one_before(api: Any) -> None:
    ids = [api.create()["id"] for _ in range(4)]
    api.server.faults.add(effect="repeat_page", path="^/api/layers$", method="GET")
    found = [layer["id"] for layer in api.layers(perPage=2, page=2, sort="+createdAt")]
    assert found == ids[:2]
    assert [layer["id"] for layer in api.layers(perPage=2)] == ids[:2]


def test_a_delay_only_waits(api: Any) -> None:
    api.server.faults.add(effect="delay", seconds=0.05)
    assert api.layers() == []
    (entry,) = api.server.journal()
    assert entry.fault == "delay"
    assert entry.seconds >= 0.05


def test_rules_look_at_method_and_path(api: Any) -> None:
    api.server.faults.add(effect="status", method="post", path="^/api/layers$")
    assert api.get("/api/layers").status == 200
    assert api("POST", "/api/layers", body={"assetId": "a"}).status == 503
    assert api.get("/__emulator__/info").status == 200


def test_rules_look_at_the_decoded_query(api: Any) -> None:
    api.server.faults.add(effect="status", query="sort=[+]createdAt.*page=2")
    assert api.get("/api/layers", sort="+createdAt", page=1).status == 200
    assert api.get("/api/layers", sort="+createdAt", page=2).status == 503
    assert api.get("/api/layers").status == 200


def test_after_and_times_count_matching_requests(api: Any) -> None:
    api.server.faults.add(effect="status", path="layers", after=1, times=2)
    assert [api.get("/api/layers").status for _ in range(5)] == [200, 503, 503, 200, 200]
    assert [(rule.after, rule.times) for rule in api.server.faults.rules()] == [(0, 0)]


def test_the_first_rule_that_still_counts_is_applied(api: Any) -> None:
    api.server.faults.add(effect="status", status=500, times=1)
    api.server.faults.add(effect="status", status=502)
    assert [api.get(ANYTHING).status for _ in range(2)] == [500, 502]


def test_chances_are_the_same_in_every_run() -> None:
    def drawn() -> list[bool]:
        faults = Faults()
        faults.add(FaultRule(effect="delay", probability=0.5))
        return [faults.choose("GET", "/") is not None for _ in range(64)]

    assert drawn() == drawn()
    assert {True, False} == set(drawn())


@pytest.mark.parametrize(
    ("rule", "sentence"),
    [
        ({}, "needs an effect"),
        ({"effect": "explode"}, "effect"),
        ({"effect": "delay", "often": 1}, "no field 'often'"),
        ({"effect": "delay", "id": 1}, "no field 'id'"),
        ({"effect": "delay", "path": "("}, "no regular expression"),
        ({"effect": "delay", "query": "["}, "query is no regular expression"),
        ({"effect": "redirect"}, "redirect needs a location"),
        ({"effect": "shift_page", "rows": "two"}, "rows"),
        ({"effect": "drip", "interval": -1}, "interval"),
        ({"effect": "reset_after", "hard": 1}, "hard"),
        ({"effect": "delay", "probability": 2}, "probability"),
        ({"effect": "delay", "seconds": -1}, "seconds"),
        ({"effect": "status", "status": 99}, "status"),
        ({"effect": "delay", "times": "two"}, "times"),
    ],
)
def test_an_impossible_rule_is_refused_with_a_sentence(
    api: Any, rule: dict[str, Any], sentence: str
) -> None:
    with pytest.raises(ValueError, match=sentence):
        read_rule(rule)
    answer = api("POST", "/__emulator__/faults", body=rule)
    assert (answer.status, answer.code) == (422, "control_error")
    assert sentence in answer.json["error"]["message"]


def test_rules_are_added_listed_and_dropped_over_http(api: Any) -> None:
    added = api("POST", "/__emulator__/faults", body={"effect": "status", "times": 3}).json
    assert api.get("/__emulator__/faults").json == {"faults": [added]}
    assert (added["id"], added["times"], added["effect"]) == (1, 3, "status")
    api("DELETE", "/__emulator__/faults")
    assert api.get(ANYTHING).status == 200
    api.server.faults.add(effect="status")
    api.server.faults.clear()
    assert api.get(ANYTHING).status == 200
