"""`stats` after calls whose every request is known."""

from __future__ import annotations

import asyncio
from pathlib import Path
from time import monotonic
from typing import Any

import pytest
from attrs import asdict

from tests.conftest import Connect
from threekit_async import Limits, NotFoundError, Retry, ServerError, TransportError
from threekit_async.emulator import EmulatorThread
from threekit_async.events import Stats

NOBODY = "5b0f3f8e-1f0a-4d56-8d2e-3a1f6c7d8e02"
SIZE = 700


@pytest.fixture
def filled(server: EmulatorThread) -> EmulatorThread:
    server.fill(layers=25, file_bytes=SIZE)
    return server


class Counted:
    """Tells what has been counted since it was asked last."""

    def __init__(self, tk: Any) -> None:
        self.stats: Stats = tk.stats
        self.before = asdict(self.stats)

    def since(self) -> dict[str, float]:
        now = asdict(self.stats)
        changed = {name: now[name] - self.before[name] for name in now}
        self.before = now
        return {name: count for name, count in changed.items() if count}


def sent(server: EmulatorThread) -> int:
    """How many bytes the server sent in answers that were whole, since it was asked last."""
    total = sum(entry.bytes for entry in server.journal() if entry.status < 300)
    server.clear_journal()
    return total


async def test_a_client_that_did_nothing_counted_nothing(
    connect: Connect, filled: EmulatorThread
) -> None:
    tk = connect(filled)
    tk.layers.list()
    assert Counted(tk).since() == {}
    assert repr(tk.stats) == "<Stats nothing yet>"


async def test_every_counter_counts_what_it_says(
    connect: Connect, filled: EmulatorThread, tmp_path: Path
) -> None:
    tk = connect(filled)
    counted = Counted(tk)

    layer = (await tk.layers.list(per_page=10).first()).items[0]
    assert counted.since() == {"calls": 1, "requests": 1, "bytes_received": sent(filled)}

    assert len(await tk.layers.list(per_page=10, concurrency=1).all()) == 25
    bytes_received = sent(filled)
    assert counted.since() == {
        "calls": 3,
        "requests": 3,
        "pages": 3,
        "bytes_received": bytes_received,
    }

    filled.faults.add(effect="status", status=503, times=2)
    await tk.layers.get(layer.id)
    assert counted.since() == {
        "calls": 1,
        "requests": 3,
        "retries": 2,
        "bytes_received": sent(filled),
    }

    with pytest.raises(NotFoundError):
        await tk.layers.get(NOBODY)
    assert counted.since() == {"calls": 1, "requests": 1, "failures": 1}

    filled.faults.add(effect="status", status=503, times=1)
    with pytest.raises(ServerError):
        await tk.layers.create(asset_id="chair")
    assert counted.since() == {"calls": 1, "requests": 1, "failures": 1}

    filled.faults.add(effect="reset_before", times=3)
    with pytest.raises(TransportError):
        await tk.layers.get(layer.id)
    assert counted.since() == {"calls": 1, "requests": 3, "retries": 2, "failures": 1}

    filled.clear_journal()
    await tk.layers.download_all([layer], to=tmp_path)
    assert counted.since() == {
        "calls": 2,
        "requests": 2,
        "files": 1,
        "bytes_received": sent(filled),
    }
    assert (tmp_path / f"{layer.id}.bin").stat().st_size == SIZE


async def test_files_are_counted_however_they_ended(
    connect: Connect, filled: EmulatorThread, tmp_path: Path
) -> None:
    tk = connect(filled, retry=Retry(attempts=1))
    layers = (await tk.layers.list(per_page=10).first()).items
    await tk.layers.download_all(layers[:4], to=tmp_path)
    counted = Counted(tk)
    filled.faults.add(effect="status", status=503, path=f"{layers[5].file_id}/content$")
    report = await tk.layers.download_all(layers[:6], to=tmp_path)
    assert (report.skipped, report.downloaded, report.failed) == (4, 1, 1)
    found = counted.since()
    assert (found["files"], found["failures"]) == (6, 1)


async def test_waits_are_counted_in_seconds(connect: Connect, server: EmulatorThread) -> None:
    tk = connect(server, limits=Limits(rate=2, burst=1))
    began = monotonic()
    await asyncio.gather(*(tk.layers.list().first() for _ in range(4)))
    # Up to 1/2 s, 1 s and 3/2 s: less for calls that begin later than the first.
    assert 0.1 < tk.stats.waited <= 3 * (monotonic() - began)
    assert (tk.stats.calls, tk.stats.retries) == (4, 0)


async def test_waits_between_attempts_are_no_waits_for_limits(
    connect: Connect, server: EmulatorThread
) -> None:
    server.faults.add(effect="status", status=503, times=2)
    tk = connect(server, retry=Retry(attempts=3, base=0.05))
    await tk.layers.list().first()
    assert (tk.stats.retries, tk.stats.waited) == (2, 0.0)


async def test_a_renewed_token_is_counted_and_is_no_retry(
    connect: Connect, server: EmulatorThread
) -> None:
    tokens = ["revoked", server.private_token]
    tk = connect(server, token=lambda: tokens.pop(0))
    await tk.layers.list().first()
    await tk.layers.list().first()
    found = asdict(tk.stats)
    assert {name: found[name] for name in ("calls", "requests", "retries", "failures")} == {
        "calls": 2,
        "requests": 3,
        "retries": 0,
        "failures": 0,
    }
    assert found["tokens_renewed"] == 1


@pytest.mark.threekit(etags=True)
async def test_answers_from_the_cache_are_counted_and_cost_no_bytes(
    connect: Connect, server: EmulatorThread, tmp_path: Path
) -> None:
    server.fill(layers=5)
    tk = connect(server, cache=tmp_path)
    await tk.layers.list().first()
    counted = Counted(tk)
    await tk.layers.list().first()
    assert counted.since() == {"calls": 1, "requests": 1, "cache_hits": 1}


async def test_calls_side_by_side_are_all_counted(connect: Connect, filled: EmulatorThread) -> None:
    filled.faults.add(effect="status", status=503, times=10)
    tk = connect(filled, retry=Retry(attempts=20, base=0.0))
    await asyncio.gather(*(tk.layers.list(per_page=5).first() for _ in range(50)))
    assert (tk.stats.calls, tk.stats.requests, tk.stats.retries) == (50, 60, 10)
    assert (tk.stats.failures, tk.stats.bytes_received) == (0, sent(filled))


async def test_a_cancelled_call_has_failed(filled: EmulatorThread, connect: Connect) -> None:
    filled.faults.add(effect="delay", seconds=5)
    tk = connect(filled, deadline=0.1)
    with pytest.raises(TimeoutError):
        await tk.layers.list().first()
    assert (tk.stats.calls, tk.stats.requests, tk.stats.failures) == (1, 1, 1)
