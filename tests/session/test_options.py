"""Options: what is laid over what, and what caching asks for."""

from __future__ import annotations

from typing import Any

import pytest

from tests.conftest import Connect
from tests.session.raw_server import ORG_ID, answering, json_handler
from threekit_async import ConfigError, Options, Retry, Timeout, evolve

FULL = Options(
    timeout=Timeout(read=1),
    retry=Retry(attempts=2),
    deadline=3,
    headers={"a": "1", "b": "1"},
    cache_scope="thumbnail",
    cache_max_age=300,
)


def test_what_is_not_set_is_taken_from_further_out() -> None:
    assert Options().over(FULL) == FULL


def test_what_is_set_wins_and_headers_are_merged() -> None:
    inner = Options(deadline=9, headers={"b": "2"}, cache_scope="x", cache_max_age=0)
    found = inner.over(FULL)
    assert (found.deadline, found.cache_scope, found.cache_max_age) == (9, "x", 0)
    assert found.headers == {"a": "1", "b": "2"}
    assert found.timeout == FULL.timeout


def test_timeout_and_retry_are_taken_whole_and_one_bound_is_changed_by_evolving() -> None:
    outer = Options(timeout=Timeout(read=500, total=900), retry=Retry(attempts=9, cap=1))
    found = Options(timeout=Timeout(connect=1), retry=Retry(base=0)).over(outer)
    assert found.timeout == Timeout(connect=1, read=60, total=None)
    assert found.retry == Retry(attempts=4, base=0, cap=30)
    assert evolve(outer.timeout, connect=1) == Timeout(connect=1, read=500, total=900)


@pytest.mark.parametrize("inner", [FULL.uncached(), Options(cache_scope="", cache_max_age=5)])
def test_an_empty_scope_asks_for_no_caching_whatever_is_set_further_out(inner: Options) -> None:
    found = inner.over(FULL)
    assert (found.cache_scope, found.cache_max_age) == (None, None)


@pytest.mark.parametrize("wrong", [{"cache_max_age": -1}, {"deadline": 0}])
def test_options_that_make_no_sense_are_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ConfigError):
        Options(**wrong)


async def test_caching_is_asked_for_in_the_query_of_a_read(connect: Connect) -> None:
    async with answering(json_handler({"id": "x"})) as raw:
        await connect(raw).layers.get("x", options=FULL)
        assert dict(raw.seen[0].query) == {
            "orgId": ORG_ID,
            "cacheScope": "thumbnail",
            "cacheMaxAge": "300",
        }


async def test_caching_is_not_asked_for_with_a_write(connect: Connect) -> None:
    async with answering(json_handler({"id": "x"})) as raw:
        await connect(raw).layers.create(asset_id="a", options=FULL)
        assert dict(raw.seen[0].query) == {"orgId": ORG_ID}


async def test_pages_are_asked_for_with_the_caching_of_their_listing(connect: Connect) -> None:
    async with answering(json_handler({"layers": []})) as raw:
        await connect(raw).layers.list(options=Options(cache_max_age=5)).all()
        assert raw.seen[0].query["cacheMaxAge"] == "5"
        assert "cacheScope" not in raw.seen[0].query


@pytest.mark.parametrize("of", ["client", "service"])
async def test_a_client_or_service_may_ask_for_caching_and_a_call_for_none(
    connect: Connect, of: str
) -> None:
    async with answering(json_handler({"id": "x"})) as raw:
        tk, asks = connect(raw), {"cache_scope": "thumbnail", "cache_max_age": 300}
        layers = (
            tk.with_options(**asks).layers if of == "client" else tk.layers.with_options(**asks)
        )
        await layers.get("x")
        await layers.get("x", options=Options(deadline=5))
        await layers.get("x", options=Options(cache_scope=""))
        asked = {"cacheScope": "thumbnail", "cacheMaxAge": "300"}
        assert [dict(request.query) for request in raw.seen] == [
            {"orgId": ORG_ID, **asked},
            {"orgId": ORG_ID, **asked},
            {"orgId": ORG_ID},
        ]
