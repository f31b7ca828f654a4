"""A server with limits: so many requests a second, so many at once, so long for each."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from threekit_async.emulator import EmulatorSettings
from threekit_async.emulator.web.pressure import Bucket

LAYERS = "/api/layers"


def together(api: Any, number: int) -> list[Any]:
    with ThreadPoolExecutor(number) as threads:
        return list(threads.map(lambda _: api.get(LAYERS), range(number)))


def test_a_bucket_gives_its_burst_and_then_its_rate() -> None:
    bucket = Bucket(4.0, 4.0, 0.0)
    assert [bucket.take(0.0) for _ in range(5)] == [0, 0, 0, 0, 0.25]
    assert [bucket.take(0.125), bucket.take(0.25), bucket.take(0.25)] == [0.125, 0, 0.25]
    assert [bucket.take(100.0) for _ in range(5)] == [0, 0, 0, 0, 0.25]


def test_a_bucket_slower_than_one_a_second_has_a_burst_of_one() -> None:
    bucket = Bucket(0.1, 1.0, 0.0)
    assert [bucket.take(0.0), bucket.take(0.0), bucket.take(10.0)] == [0, 10, 0]


def test_beyond_its_rate_an_organisation_gets_429_with_retry_after(start: Any) -> None:
    api = start(rate_limit=0.01)
    assert api.get(LAYERS).status == 200
    answer = api.get(LAYERS)
    assert (answer.status, answer.code) == (429, "too_many_requests")
    assert 90 < int(answer.headers["Retry-After"]) <= 100
    entry = api.server.journal()[-1]
    assert (entry.status, entry.carried_out, entry.fault) == (429, False, None)


def test_a_burst_of_a_second_is_let_through(start: Any) -> None:
    api = start(rate_limit=3)
    statuses = [api.get(LAYERS).status for _ in range(20)]
    assert statuses[:3] == [200] * 3
    assert 429 in statuses


def test_each_organisation_has_a_rate_of_its_own(start: Any) -> None:
    api = start(rate_limit=0.01)
    tokens = api.server.call(
        lambda emulator: emulator.state.store.rows("SELECT id, orgId FROM tokens ORDER BY orgId")
    )
    assert len({org for _, org in tokens}) == 2
    seen: set[str] = set()
    for token, org in tokens:
        assert api.get(LAYERS, token=token).status == (429 if org in seen else 200)
        seen.add(org)
    assert [api.get(LAYERS, token=token).status for token in (None, "wrong")] == [403, 429]


def test_a_reset_gives_the_full_rate_again(start: Any) -> None:
    api = start(rate_limit=0.01)
    assert [api.get(LAYERS).status for _ in range(2)] == [200, 429]
    assert api("POST", "/__emulator__/reset").status == 200
    assert api.get(LAYERS).status == 200


def test_the_control_surface_is_not_limited(start: Any) -> None:
    api = start(rate_limit=0.01, capacity=1, overload="refuse", latency=0.01)
    assert [api.get("/__emulator__/info").status for _ in range(5)] == [200] * 5
    assert api.get(LAYERS).status == 200


def test_requests_beyond_the_capacity_wait_for_their_turn(start: Any) -> None:
    api = start(capacity=2, latency=0.5)
    began = time.monotonic()
    assert {answer.status for answer in together(api, 6)} == {200}
    assert time.monotonic() - began >= 1.5
    assert max(entry.seconds for entry in api.server.journal()) >= 1


def test_requests_beyond_the_capacity_are_refused(start: Any) -> None:
    api = start(capacity=2, overload="refuse", latency=2)
    answers = together(api, 6)
    assert sorted(answer.status for answer in answers) == [200, 200, 503, 503, 503, 503]
    assert {answer.code for answer in answers if answer.status == 503} == {"overloaded"}
    assert api.get(LAYERS).status == 200


def test_latency_alone_lets_any_number_through_at_once(start: Any) -> None:
    api = start(latency=2)
    together(api, 8)
    assert all(entry.seconds >= 2 for entry in api.server.journal())
    assert api.server.peak_in_flight() == 8


def test_a_refused_request_uses_no_fault_up(start: Any) -> None:
    api = start(rate_limit=0.01)
    api.get(LAYERS)
    api.server.faults.add(effect="status", times=1)
    assert api.get(LAYERS).status == 429
    assert [rule.times for rule in api.server.faults.rules()] == [1]


@pytest.mark.parametrize(
    "setting",
    [{"rate_limit": 0}, {"capacity": 0}, {"capacity": 1.5}, {"overload": "drop"}, {"latency": -1}],
)
def test_impossible_limits_are_refused(setting: dict[str, Any]) -> None:
    with pytest.raises((ValueError, TypeError), match=next(iter(setting))):
        EmulatorSettings(**setting)
