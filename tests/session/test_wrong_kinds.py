"""Settings of the wrong kind, or impossible, are refused where they are given, in a sentence."""

from __future__ import annotations

import math
import pickle
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from tests.conftest import Connect
from tests.session.raw_server import ORG_ID, TOKEN, answering, json_handler
from threekit_async import (
    AsyncThreekit,
    ConfigError,
    Limits,
    Options,
    Retry,
    Threekit,
    Timeout,
    UsageError,
)
from threekit_async.network import Network

BEYOND = 10**400
VALUES: list[tuple[Callable[..., object], dict[str, Any], str]] = [
    (Timeout, {"read": "x"}, "read must be a number, not str."),
    (Timeout, {"read": True}, "read must be a number, not True."),
    (Timeout, {"read": 0}, "read must be more than 0 seconds, not 0."),
    (Timeout, {"total": math.nan}, "total must be more than 0 seconds, not nan."),
    (Timeout, {"total": math.inf}, "total must be finite. None waits for ever."),
    (Timeout, {"connect": BEYOND}, "connect must be finite. None waits for ever."),
    (Timeout, {"floor": -1}, "floor must be more than 0 a second, not -1."),
    (Timeout, {"floor": math.inf}, "floor must be finite. None sets no bound."),
    (Timeout, {"read": [5]}, "read must be a number, not list."),
    (Retry, {"attempts": 2.5}, "attempts must be a whole number, not 2.5."),
    (Retry, {"attempts": True}, "attempts must be a whole number, not True."),
    (Retry, {"attempts": 0}, "attempts must be at least 1, not 0."),
    (Retry, {"attempts": None}, "attempts must be a whole number, not NoneType."),
    (Retry, {"base": math.nan}, "base must be at least 0, not nan."),
    (Retry, {"cap": math.inf}, "cap must be finite."),
    (Retry, {"retry_after_cap": "1"}, "retry_after_cap must be a number, not str."),
    (Limits, {"concurrency": 2.5}, "concurrency must be a whole number, not 2.5."),
    (Limits, {"concurrency": 2.0}, "concurrency must be a whole number, not 2.0."),
    (Limits, {"concurrency": True}, "concurrency must be a whole number, not True."),
    (Limits, {"concurrency": "8"}, "concurrency must be a whole number, not str."),
    (Limits, {"rate": 0}, "rate must be more than 0 a second, not 0."),
    (Limits, {"rate": math.inf}, "rate must be finite. None sets no bound."),
    (Limits, {"burst": 1.5}, "burst must be a whole number, not 1.5."),
    (Limits, {"adaptive": "no"}, "adaptive must be True or False, not str."),
    (Limits, {"retry_budget": -1}, "retry_budget must be at least 0, not -1."),
    (Options, {"timeout": 5}, "timeout must be a Timeout, as Timeout(total=5), not int."),
    (Options, {"retry": 3}, "retry must be a Retry, as Retry(attempts=2), not int."),
    (Options, {"deadline": "5"}, "deadline must be a number, not str."),
    (Options, {"deadline": math.inf}, "deadline must be finite."),
    (Options, {"cache_scope": 1}, "cache_scope must be text, not int."),
    (Options, {"cache_max_age": 1.5}, "cache_max_age must be a whole number, not 1.5."),
    (Options, {"cache_max_age": -1}, "cache_max_age must be at least 0 seconds, not -1."),
    (Options, {"headers": 7}, 'headers must be a mapping, as {"X-Shop": "1"}, not int.'),
    (Options, {"headers": {"X-Shop": 1}}, "headers: X-Shop must be text, not int."),
    (Options, {"headers": {1: "a"}}, "headers: 1 is no name of a header."),
    (Options, {"headers": {"X\r\nY": "a"}}, "headers: 'X\\r\\nY' is no name of a header."),
    (
        Options,
        {"headers": {"X-Shop": "a\r\nb"}},
        "headers: X-Shop has line breaks, which cannot be sent.",
    ),
    (Network, {"trust_env": "no"}, "trust_env must be True or False, not str."),
    (Network, {"proxy": 8080}, "proxy must be the address of a proxy, not int."),
    (Network, {"ca_file": 7}, "ca_file must be the path of a file, not int."),
    (Network, {"ssl_context": True}, "ssl_context must be an ssl.SSLContext, not bool."),
    (Network, {"http_session": 7}, "http_session must be an aiohttp.ClientSession, not int."),
    (
        Network,
        {"trace_configs": aiohttp.TraceConfig()},
        "trace_configs must be a list of aiohttp.TraceConfig, not TraceConfig.",
    ),
    (
        Network,
        {"trace_configs": ["x"]},
        "trace_configs must be a list of aiohttp.TraceConfig, not str.",
    ),
    (Network, {"largest_json": 1e8}, "largest_json must be a whole number, not 100000000.0."),
    (Network, {"largest_json": 0}, "largest_json must be more than 0 bytes, not 0."),
]


@pytest.mark.parametrize(("kind", "given", "says"), VALUES, ids=range(len(VALUES)))
def test_a_value_is_refused_when_it_is_made(
    kind: Callable[..., object], given: dict[str, Any], says: str
) -> None:
    with pytest.raises(ConfigError) as refused:
        kind(**given)
    assert str(refused.value) == says


def test_none_waits_for_ever_and_numbers_of_both_kinds_are_taken() -> None:
    assert Timeout(connect=None, read=None, total=1, floor=None).total == 1
    assert Limits(rate=2, burst=None).rate == 2
    assert Retry(base=0, cap=0.5).cap == 0.5


CLIENTS: list[tuple[dict[str, Any], str]] = [
    ({"timeout": 5}, "timeout must be a Timeout, as Timeout(total=5), not int."),
    ({"retry": 3}, "retry must be a Retry, as Retry(attempts=2), not int."),
    ({"limits": 10}, "limits must be a Limits, as Limits(concurrency=8), not int."),
    ({"limits": 0}, "limits must be a Limits, as Limits(concurrency=8), not int."),
    ({"hooks": 7}, "hooks must be a Hooks, as Hooks(request_ended=count), not int."),
    ({"network": "x"}, 'network must be a Network, as Network(proxy="http://host:port"), not str.'),
    ({"network": {}}, 'network must be a Network, as Network(proxy="http://host:port"), not dict.'),
    ({"cache": 7}, "cache must be the path of a folder, not int."),
    ({"deadline": "5"}, "deadline must be a number, not str."),
]


@pytest.mark.parametrize("world", [AsyncThreekit, Threekit])
@pytest.mark.parametrize("make", ["__call__", "from_env"])
@pytest.mark.parametrize(("given", "says"), CLIENTS, ids=range(len(CLIENTS)))
def test_a_client_is_refused_when_it_is_made(
    world: Any, make: str, given: dict[str, Any], says: str
) -> None:
    made = world if make == "__call__" else world.from_env
    with pytest.raises(ConfigError) as refused:
        made(token=TOKEN, org_id=ORG_ID, host="http://127.0.0.1:1", **given)
    assert str(refused.value) == says


@pytest.mark.parametrize("given", [{"timeout": 5}, {"retry": 3}, {"headers": 7}], ids=str)
async def test_other_options_are_refused_when_they_are_asked_for(
    connect: Connect, given: dict[str, Any]
) -> None:
    async with answering(json_handler({"id": "x"})) as raw:
        tk = connect(raw)
        for part in (tk, tk.layers):
            with pytest.raises(ConfigError, match=next(iter(given))):
                part.with_options(**given)


CALLS: list[Callable[[Any, Any], Any]] = [
    lambda tk, options: tk.layers.get("x", options=options),
    lambda tk, options: tk.layers.list(options=options).first(),
    lambda tk, options: tk.layers.list(options=options).all(),
    lambda tk, options: anext(aiter(tk.layers.list(options=options))),
    lambda tk, options: tk.files.content("x", options=options),
    lambda tk, options: tk.jobs.wait("x", options=options),
    lambda tk, options: tk.asset_jobs.render(asset_id="x", sync=True, options=options),
]


@pytest.mark.parametrize("options", [{"deadline": 5}, {}, Timeout(total=5), 5, 0], ids=str)
@pytest.mark.parametrize("call", CALLS)
async def test_options_of_a_call_that_are_none_are_refused_and_nothing_is_sent(
    connect: Connect, call: Callable[[Any, Any], Any], options: Any
) -> None:
    async with answering(json_handler({"id": "x"})) as raw:
        says = f"options must be an Options, as Options(deadline=5), not {type(options).__name__}; "
        with pytest.raises(UsageError, match=re.escape(says)):
            await call(connect(raw), options)
        assert raw.seen == []


async def test_a_session_of_ones_own_decides_itself_about_the_environment() -> None:
    async with aiohttp.ClientSession() as http:
        with pytest.raises(ConfigError, match="trust_env=False has no effect beside http_session"):
            Network(http_session=http, trust_env=False)
        assert Network(http_session=http).http_session is http


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_a_proxys_password_does_not_pickle(protocol: int, tmp_path: Path) -> None:
    with pytest.raises(TypeError, match="proxy's password does not pickle") as refused:
        pickle.dumps(Network(proxy="http://me:s3cret@127.0.0.1:1"), protocol)
    assert "s3cret" not in str(refused.value)
    plain = Network(proxy="http://127.0.0.1:1", trust_env=False, largest_json=5)
    assert pickle.loads(pickle.dumps(plain, protocol)) == plain  # noqa: S301
