"""Servers that are gone for a while: bulk work waits for them, one call at a time."""

from __future__ import annotations

import asyncio
import threading
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import Connect
from tests.hazards.moments import Moment, after
from tests.transfer.folders import paths_in
from threekit_async import (
    DeadlineError,
    Hooks,
    Layer,
    Limits,
    NotFoundError,
    Retry,
    RetryPlanned,
    UsageError,
)
from threekit_async.emulator import EmulatorThread
from threekit_async.session.limits import Gate

FILES = 300
AT_ONCE = 16
BEFORE = 60
CONTENT = "/content$"
# So many requests fail before the server is back.
FAULTS = 40
# What an outage may cost: less than was in flight when it began.
HANDFUL = AT_ONCE
PATIENT = Retry(attempts=4, base=0.001)

OUTAGES: list[dict[str, Any]] = [
    {"effect": "status", "status": 503},
    {"effect": "status", "status": 500},
    {"effect": "status", "status": 503, "retry_after": "0"},
    {"effect": "reset_before"},
    {"effect": "reset_before", "hard": True},
    {"effect": "truncate", "bytes": 2},
]


def paused(monkeypatch: pytest.MonkeyPatch, first: float, longest: float) -> None:
    """Make pauses other ones, in seconds."""
    module = "threekit_async.session.pressure.outages"
    monkeypatch.setattr(f"{module}._PAUSE", first)
    monkeypatch.setattr(f"{module}._LONG_PAUSE", longest)


@pytest.fixture
def quickly(monkeypatch: pytest.MonkeyPatch) -> None:
    """Try again very soon."""
    paused(monkeypatch, 0.001, 0.004)


@pytest.fixture
def never(monkeypatch: pytest.MonkeyPatch) -> None:
    """Once an outage began, try again after the test."""
    paused(monkeypatch, 3600.0, 3600.0)


@pytest.fixture
def layers(server: EmulatorThread) -> list[Layer]:
    files = server.seed(files=[{"content": f"file {number}"} for number in range(FILES)])["files"]
    made = server.seed(layers=[{"fileId": file["id"], "format": "txt"} for file in files])
    return [
        Layer(id=layer["id"], file_id=file["id"], format="txt")
        for layer, file in zip(made["layers"], files, strict=True)
    ]


def asked(server: EmulatorThread, path: str = "/content") -> int:
    return sum(path in entry.path for entry in server.journal())


def whole(folder: Path) -> int:
    return sum(path.read_text().startswith("file ") for path in folder.glob("*.txt"))


class Away:
    """Begins to fail after some requests, and is back a moment after the first was repeated."""

    def __init__(self, server: EmulatorThread, outage: dict[str, Any]) -> None:
        server.faults.add(**outage, path=CONTENT, after=BEFORE)
        self.back = threading.Timer(0.4, server.faults.clear)
        self.hooks = Hooks(retry_planned=self.repeated)

    def repeated(self, _event: RetryPlanned) -> None:
        if self.back.ident is None:
            self.back.start()


@pytest.mark.parametrize("outage", OUTAGES, ids=str)
async def test_an_outage_in_the_middle_costs_a_handful_of_files(
    connect: Connect,
    server: EmulatorThread,
    layers: list[Layer],
    tmp_path: Path,
    outage: dict[str, Any],
) -> None:
    away = Away(server, outage)
    tk = connect(server, retry=PATIENT, hooks=away.hooks)
    report = await tk.layers.download_all(layers, to=tmp_path, concurrency=AT_ONCE)
    away.back.join()
    assert report.failed <= HANDFUL
    assert report.downloaded + report.failed == FILES
    assert whole(tmp_path) == len(paths_in(tmp_path)) == report.downloaded
    assert asked(server) <= FILES + 2 * AT_ONCE + HANDFUL


async def test_an_outage_is_noticed_though_records_are_still_read(
    connect: Connect, server: EmulatorThread, layers: list[Layer], tmp_path: Path
) -> None:
    away = Away(server, {"effect": "status"})
    tk = connect(server, retry=PATIENT, hooks=away.hooks)
    report = await tk.layers.download_all(layers, to=tmp_path, concurrency=AT_ONCE, verify=True)
    away.back.join()
    assert report.failed <= HANDFUL
    assert asked(server) <= FILES + 2 * AT_ONCE + HANDFUL


@pytest.mark.usefixtures("quickly")
async def test_a_listing_that_is_walked_ahead_outlives_an_outage(
    connect: Connect, server: EmulatorThread, layers: list[Layer]
) -> None:
    server.faults.add(effect="status", path="/api/layers$", after=10, times=12)
    tk = connect(server, retry=PATIENT)
    found = await tk.layers.list(per_page=5, concurrency=AT_ONCE).all()
    assert {layer.id for layer in found} == {layer.id for layer in layers}


@pytest.mark.usefixtures("never")
async def test_a_server_that_stays_away_sees_what_was_in_flight_and_no_more(
    connect: Connect,
    server: EmulatorThread,
    layers: list[Layer],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    server.faults.add(effect="status", path=CONTENT, after=BEFORE)
    tk = connect(server)
    held = all_held(monkeypatch, AT_ONCE)
    run = asyncio.create_task(tk.layers.download_all(layers, to=tmp_path, concurrency=AT_ONCE))
    await held.wait()
    # Single calls are not held back.
    assert (await tk.layers.get(layers[0].id)).id == layers[0].id
    assert not run.done()
    # Each of those in flight failed, and those that came back before there were eight failures.
    assert asked(server) <= BEFORE + AT_ONCE + 8
    await tk.aclose()
    with pytest.raises(UsageError, match="closed"):
        await asyncio.wait_for(run, timeout=10)


def all_held(monkeypatch: pytest.MonkeyPatch, calls: int) -> Moment:
    """Return the moment the gate has found that so many wait, and none may go."""
    shown = f"<Gate 0 of 32 in flight, {calls} waiting"
    return after(monkeypatch, Gate, "_admit", lambda gate: repr(gate).startswith(shown))


@pytest.mark.usefixtures("never")
async def test_a_single_download_that_is_held_ends_with_the_client(
    connect: Connect,
    server: EmulatorThread,
    layers: list[Layer],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    server.faults.add(effect="status", path=CONTENT)
    tk = connect(server, retry=Retry(attempts=9, base=0))
    held = all_held(monkeypatch, 4)
    calls = [asyncio.create_task(tk.layers.download(one, to=tmp_path)) for one in layers[:4]]
    await held.wait()
    await tk.aclose()
    ended = await asyncio.wait_for(asyncio.gather(*calls, return_exceptions=True), timeout=10)
    assert {type(error) for error in ended} == {UsageError}


@pytest.mark.usefixtures("never")
async def test_who_is_held_back_is_bound_by_its_deadline(
    connect: Connect, server: EmulatorThread, layers: list[Layer], tmp_path: Path
) -> None:
    server.faults.add(effect="status", path=CONTENT)
    tk = connect(server)
    brief = tk.layers.with_options(deadline=0.1)
    report = await brief.download_all(layers[:AT_ONCE], to=tmp_path, concurrency=AT_ONCE)
    assert report.failed == AT_ONCE
    assert DeadlineError in {type(result.error) for result in report.failures}
    assert "0 of 32 in flight" in repr(tk)
    assert "waiting" not in repr(tk)


@pytest.mark.usefixtures("never")
async def test_files_that_are_not_there_are_no_outage(
    connect: Connect, server: EmulatorThread, layers: list[Layer], tmp_path: Path
) -> None:
    server.faults.add(effect="status", status=404, path=CONTENT)
    report = await connect(server).layers.download_all(layers[:60], to=tmp_path)
    assert {type(result.error) for result in report.failures} == {NotFoundError}
    assert asked(server) == report.failed == 60


@pytest.mark.usefixtures("never")
async def test_a_client_that_does_not_adapt_fails_what_fails(
    connect: Connect, server: EmulatorThread, layers: list[Layer], tmp_path: Path
) -> None:
    server.faults.add(effect="status", path=CONTENT)
    tk = connect(server, limits=Limits(adaptive=False, retry_budget=20))
    report = await tk.layers.download_all(layers[:60], to=tmp_path)
    assert report.failed == 60
    assert asked(server) == 80


@pytest.mark.usefixtures("quickly")
async def test_after_an_outage_as_much_is_in_flight_again(
    connect: Connect, server: EmulatorThread, layers: list[Layer], tmp_path: Path
) -> None:
    server.faults.add(effect="status", path=CONTENT, after=BEFORE)
    planned: list[RetryPlanned] = []

    def heard(event: RetryPlanned) -> None:
        planned.append(event)
        if len(planned) == FAULTS:
            server.faults.clear()

    tk = connect(server, retry=PATIENT, hooks=Hooks(retry_planned=heard))
    report = await tk.layers.download_all(layers, to=tmp_path, concurrency=AT_ONCE)
    assert report.failed <= HANDFUL
    assert "one at a time" not in repr(tk)
    # Answers that come late may have taken some of it.
    shown = repr(tk).partition("bulk at most ")[2]
    assert not shown or int(shown.rstrip(">")) >= AT_ONCE // 2
