"""`with_options()`, of clients and services: what changes, what is shared, and what wins."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import Connect
from tests.session.raw_server import RawServer, answering, json_handler
from threekit_async import (
    AsyncThreekit,
    DeadlineError,
    Layer,
    Limits,
    Options,
    RequestTimeoutError,
    Retry,
    ServerError,
    Timeout,
)
from threekit_async.emulator import EmulatorThread

ONCE = Retry(attempts=1)
SERVICES = [
    "analytics",
    "asset_jobs",
    "assets",
    "catalog",
    "configurations",
    "customers",
    "files",
    "jobs",
    "layers",
    "orders",
    "products",
    "webhooks",
]


def of_client(tk: Any, **options: Any) -> Any:
    return tk.with_options(**options).layers


def of_service(tk: Any, **options: Any) -> Any:
    return tk.layers.with_options(**options)


@pytest.fixture(params=[of_client, of_service])
def changed(request: pytest.FixtureRequest) -> Any:
    """Give the layers of a client, with other options by either way."""
    return request.param


def shops(raw: RawServer) -> list[str | None]:
    return [request.headers.get("X-Shop") for request in raw.seen]


async def test_retry_holds_there_and_nowhere_else(
    connect: Connect, server: EmulatorThread, changed: Any
) -> None:
    server.faults.add(effect="status", status=503)
    tk = connect(server)
    for layers, asked in ((tk.layers, 3), (changed(tk, retry=ONCE), 1), (tk.layers, 3)):
        server.clear_journal()
        with pytest.raises(ServerError):
            await layers.list().first()
        assert len(server.journal()) == asked


async def test_timeout_holds_there_and_nowhere_else(
    connect: Connect, server: EmulatorThread, changed: Any
) -> None:
    server.faults.add(effect="delay", seconds=30, times=1)
    server.faults.add(effect="delay", seconds=0.3)
    tk = connect(server, retry=ONCE)
    with pytest.raises(RequestTimeoutError):
        await changed(tk, timeout=Timeout(read=0.05)).list().first()
    assert await tk.layers.list().all() == []


async def test_deadline_holds_there_and_nowhere_else(
    connect: Connect, server: EmulatorThread, changed: Any
) -> None:
    server.faults.add(effect="delay", seconds=30, times=1)
    server.faults.add(effect="delay", seconds=0.3)
    tk = connect(server)
    with pytest.raises(DeadlineError, match=r"0\.05 s"):
        await changed(tk, deadline=0.05).list().first()
    assert await tk.layers.list().all() == []


async def test_headers_are_added_there_and_nowhere_else(connect: Connect, changed: Any) -> None:
    async with answering(json_handler({"id": "a"})) as raw:
        tk = connect(raw)
        layers = changed(tk, headers={"X-Shop": "1"})
        await layers.get("a")
        await tk.layers.get("a")
        await layers.create(asset_id="a")
        assert shops(raw) == ["1", None, "1"]


async def test_headers_go_with_files_too(connect: Connect, changed: Any, tmp_path: Path) -> None:
    async with answering(json_handler({"id": "a"})) as raw:
        layer = Layer(id="a", file_id="f", format="json")
        layers = changed(connect(raw), headers={"X-Shop": "1"})
        report = await layers.download_all([layer], to=tmp_path)
        assert report.downloaded == 1
        assert shops(raw) == ["1"]


async def test_options_of_a_call_win(
    connect: Connect, server: EmulatorThread, changed: Any
) -> None:
    server.faults.add(effect="status", status=503)
    layers = changed(connect(server), retry=Retry(attempts=5, base=0.0))
    with pytest.raises(ServerError):
        await layers.list(options=Options(retry=Retry(attempts=2, base=0.0))).first()
    assert len(server.journal()) == 2


async def test_what_is_not_given_stays_as_it_was(
    connect: Connect, server: EmulatorThread, changed: Any
) -> None:
    server.faults.add(effect="status", status=503)
    tk = connect(server, retry=Retry(attempts=2, base=0.0), deadline=20)
    layers = changed(changed_client(tk, changed), headers={"X-Other": "1"})
    with pytest.raises(ServerError):
        await layers.list(options=Options(headers={"X-Third": "1"})).first()
    assert len(server.journal()) == 2


def changed_client(tk: Any, changed: Any) -> Any:
    """Change a client twice when it is one that is changed."""
    return tk.with_options(timeout=Timeout(read=5)) if changed is of_client else tk


async def test_headers_of_client_service_and_call_are_merged_and_the_nearest_wins(
    connect: Connect,
) -> None:
    async with answering(json_handler({"id": "a"})) as raw:
        tk = connect(raw).with_options(headers={"X-Shop": "client", "X-Client": "1"})
        layers = tk.layers.with_options(headers={"X-Shop": "service", "X-Service": "1"})
        call = Options(headers={"X-Shop": "call", "X-Call": "1"})
        await tk.layers.get("a")
        await layers.get("a")
        await layers.get("a", options=call)
        assert shops(raw) == ["client", "service", "call"]
        last = raw.seen[-1].headers
        assert [last[f"X-{name}"] for name in ("Client", "Service", "Call")] == ["1"] * 3
        assert last["Authorization"] == f"Bearer {raw.private_token}"


async def test_counters_are_shared(connect: Connect, server: EmulatorThread) -> None:
    tk = connect(server)
    twin = tk.with_options(deadline=20)
    await twin.layers.list().first()
    await tk.layers.with_options(deadline=20).list().first()
    assert twin.stats is tk.stats
    assert (tk.stats.calls, tk.stats.requests) == (2, 2)


@pytest.mark.threekit(latency=0.2)
async def test_limits_are_shared(connect: Connect, server: EmulatorThread) -> None:
    tk = connect(server, limits=Limits(concurrency=2))
    twin, service = tk.with_options(deadline=30), tk.layers.with_options(deadline=30)
    calls = [layers.list().first() for layers in (tk.layers, twin.layers, service) * 4]
    await asyncio.gather(*calls)
    assert server.peak_in_flight() == 2


async def test_a_client_of_a_client_lives_as_long_as_the_first_and_closes_nothing(
    connect: Connect, server: EmulatorThread
) -> None:
    tk = connect(server)
    async with tk.with_options(deadline=20) as twin:
        assert (await twin.layers.list().first()).items == []
    await tk.with_options(deadline=5).with_options(retry=ONCE).aclose()
    for client in (tk, twin):
        assert (await client.layers.list().first()).items == []
    assert len(server.journal()) == 3


@pytest.mark.parametrize("name", SERVICES)
async def test_every_service_can_be_given_options(
    connect: Connect, server: EmulatorThread, name: str
) -> None:
    tk = connect(server)
    service = getattr(tk, name)
    twin = service.with_options(deadline=20, retry=ONCE, timeout=Timeout(), headers={"X": "1"})
    assert type(twin) is type(service)
    assert twin is not service
    assert getattr(tk, name) is service or not isinstance(tk, AsyncThreekit)
    assert server.journal() == []


def test_every_service_of_the_client_is_named_above() -> None:
    found = {name for name, part in vars(AsyncThreekit).items() if hasattr(part, "attrname")}
    assert found == set(SERVICES)
