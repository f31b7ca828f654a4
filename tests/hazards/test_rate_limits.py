"""Servers that refuse whoever asks too often: everybody pauses, and keeps to a rate."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from tests.conftest import Connect
from tests.session.raw_server import answering
from tests.transfer.folders import paths_in
from threekit_async import DeadlineError, Limits, Options, RateLimitError, Retry
from threekit_async.emulator import EmulatorThread
from threekit_async.emulator.web.journal import JournalEntry

PATIENT = Retry(attempts=10, base=0.0, cap=0.0)
PAUSE = 1.0


def in_order(server: EmulatorThread) -> list[JournalEntry]:
    return sorted(server.journal(), key=lambda entry: entry.started_at)


@pytest.mark.threekit(rate_limit=5)
async def test_nobody_asks_while_the_server_wants_a_pause(
    connect: Connect, server: EmulatorThread
) -> None:
    tk = connect(server, retry=PATIENT, limits=Limits(concurrency=1))
    derived = [tk, tk.with_options(deadline=30), tk.with_options(retry=PATIENT)]
    calls = (derived[number % 3].layers.list().first() for number in range(15))
    assert len(await asyncio.gather(*calls)) == 15
    entries = in_order(server)
    refused = [number for number, entry in enumerate(entries) if entry.status == 429]
    assert refused
    for number in refused:
        for later in entries[number + 1 :]:
            # Retry-After is in whole seconds: at this rate it says one.
            assert later.started_at - entries[number].started_at >= PAUSE
    # Each pause pays for five more.
    assert len(refused) <= 2
    assert tk.stats.waited > PAUSE


async def test_a_refusal_holds_back_tasks_that_were_not_refused(connect: Connect) -> None:
    begun, waves = asyncio.Event(), 4
    arrived: list[float] = []
    refused_at: list[float] = []

    async def handler(_request: web.BaseRequest) -> web.StreamResponse:
        arrived.append(time.monotonic())
        if len(arrived) > waves:
            return web.json_response({"id": "a"})
        if len(arrived) == waves:
            begun.set()
        await begun.wait()
        refused_at.append(time.monotonic())
        return web.json_response({}, status=429, headers={"Retry-After": "1"})

    async with answering(handler) as raw:
        tk = connect(raw, retry=PATIENT, limits=Limits(concurrency=waves))
        listed = [tk.layers.get(f"layer-{number}") for number in range(3 * waves)]
        assert len(await asyncio.gather(*listed)) == 3 * waves
    assert len(arrived) == 4 * waves
    assert min(arrived[waves:]) - min(refused_at) >= PAUSE


@pytest.mark.threekit(rate_limit=20)
async def test_a_rate_below_the_servers_is_never_refused(
    connect: Connect, server: EmulatorThread
) -> None:
    server.fill(layers=40)
    tk = connect(server, limits=Limits(rate=19, burst=10))
    assert len(await tk.layers.list(per_page=2, concurrency=8).all(limit=40)) == 40
    assert {entry.status for entry in server.journal()} == {200}


async def test_the_journal_shows_the_rate_and_all_clients_derived_share_it(
    connect: Connect, server: EmulatorThread
) -> None:
    rate, burst, calls, slack = 4.0, 2, 12, 1.0
    tk = connect(server, limits=Limits(rate=rate, burst=burst))
    services = [tk.layers, tk.with_options(deadline=30).layers, tk.layers.with_options(deadline=30)]
    await asyncio.gather(*(services[number % 3].list().first() for number in range(calls)))
    starts = [entry.started_at for entry in in_order(server)]
    assert len(starts) == calls
    for first in range(calls):
        for last in range(first + burst, calls):
            # What was sent late, and arrived with others, is no more than the slack.
            allowed = burst + rate * (starts[last] - starts[first] + slack)
            assert last - first + 1 <= allowed
    assert starts[-1] - starts[0] >= (calls - burst) / rate - slack
    assert tk.stats.waited > 0


@pytest.mark.threekit(rate_limit=10)
async def test_everything_arrives_from_a_server_that_refuses(
    connect: Connect, server: EmulatorThread, tmp_path: Path
) -> None:
    server.fill(layers=15, file_bytes=100)
    tk = connect(server, retry=PATIENT)
    report = await tk.layers.download_all(tk.layers.list(), to=tmp_path, concurrency=15)
    assert (report.downloaded, report.failed) == (15, 0)
    assert len(paths_in(tmp_path)) == 15
    assert any(entry.status == 429 for entry in server.journal())


@pytest.mark.threekit(rate_limit=3)
async def test_a_write_waits_for_the_pause_and_is_done_once(
    connect: Connect, server: EmulatorThread
) -> None:
    tk = connect(server, retry=PATIENT, limits=Limits(concurrency=1))
    made = await asyncio.gather(*(tk.layers.create(asset_id=f"chair-{n}") for n in range(8)))
    entries = in_order(server)
    assert sum(entry.carried_out for entry in entries) == 8
    assert any(entry.status == 429 for entry in entries)
    assert len({layer.id for layer in made}) == 8


async def paused(connect: Connect, server: EmulatorThread) -> Any:
    """Return a client that was told to leave the server alone for 30 seconds."""
    tk = connect(server)
    server.faults.add(effect="status", status=429, retry_after="30", times=1)
    with pytest.raises(RateLimitError) as refused:
        await tk.with_options(retry=Retry(attempts=1)).layers.list().first()
    assert refused.value.retry_after == 30
    server.clear_journal()
    return tk


async def test_a_deadline_holds_in_a_pause(connect: Connect, server: EmulatorThread) -> None:
    tk = await paused(connect, server)
    with pytest.raises(DeadlineError, match=r"the deadline of 0\.05 s passed"):
        await tk.layers.get("a", options=Options(deadline=0.05))
    with pytest.raises(DeadlineError):
        await tk.layers.create(asset_id="a", options=Options(deadline=0.05))
    with pytest.raises(DeadlineError):
        await tk.with_options(deadline=0.05).layers.list().all()
    assert server.journal() == []
    assert (tk.stats.requests, tk.stats.failures) == (1, 4)


async def test_a_deadline_holds_for_files_in_a_pause(
    connect: Connect, server: EmulatorThread, tmp_path: Path
) -> None:
    server.fill(layers=3, file_bytes=10)
    layers = await connect(server).layers.list().all()
    tk = await paused(connect, server)
    report = await tk.layers.download_all(layers, to=tmp_path, options=Options(deadline=0.05))
    assert [type(result.error) for result in report.failures] == [DeadlineError] * 3
    assert server.journal() == []
    assert paths_in(tmp_path) == []


async def test_a_wait_that_cannot_end_in_time_is_not_begun(
    connect: Connect, server: EmulatorThread
) -> None:
    server.faults.add(effect="status", status=429, retry_after="30")
    tk = connect(server, deadline=20)
    with pytest.raises(RateLimitError, match="the deadline would pass while waiting"):
        await tk.layers.list().first()
    assert len(server.journal()) == 1


async def test_the_client_of_another_server_is_not_paused(
    connect: Connect, server: EmulatorThread, demo_server: EmulatorThread
) -> None:
    await paused(connect, server)
    assert (await connect(demo_server, deadline=20).layers.list().first()).items
