"""Servers that bear only so much at once: bulk work gives way, and everything arrives."""

from __future__ import annotations

import asyncio
from collections import Counter
from pathlib import Path

import pytest

from tests.conftest import Connect
from tests.hazards.moments import Moment
from tests.transfer.folders import paths_in
from threekit_async import Hooks, Limits, Retry
from threekit_async.emulator import EmulatorThread

CAPACITY = 4
PATIENT = Retry(attempts=12, base=0.02, cap=0.3)
FILES = 150
# So many are sent before the server has refused any.
FIRST = 32

# So long that what the machine does besides is little against it.
LATENCY = 0.03

refusing = pytest.mark.threekit(capacity=CAPACITY, overload="refuse", latency=LATENCY)
queueing = pytest.mark.threekit(capacity=CAPACITY, overload="queue", latency=LATENCY)
# A full queue takes sixteen times as long as one request does.
crowded = pytest.mark.threekit(capacity=2, overload="queue", latency=0.04)


@pytest.fixture
def filled(server: EmulatorThread) -> EmulatorThread:
    """Layers whose format is known, so that nothing is asked for but their files."""
    files = server.seed(files=[{"content": f"file {number}"} for number in range(FILES)])["files"]
    server.seed(layers=[{"fileId": file["id"], "format": "png"} for file in files])
    return server


def statuses(server: EmulatorThread) -> Counter[int]:
    return Counter(entry.status for entry in server.journal())


@refusing
async def test_a_listing_is_walked_whole_against_refusals(
    connect: Connect, server: EmulatorThread
) -> None:
    server.fill(layers=2000)
    tk = connect(server, retry=PATIENT)
    found = await tk.layers.list(per_page=10, concurrency=FIRST).all()
    assert len({layer.id for layer in found}) == len(found) == 2000
    seen = statuses(server)
    assert 0 < seen[503] < 2 * FIRST + seen[200] / 8


@refusing
async def test_files_all_arrive_against_refusals(
    connect: Connect, filled: EmulatorThread, tmp_path: Path
) -> None:
    tk = connect(filled, retry=PATIENT)
    report = await tk.layers.download_all(tk.layers.list(), to=tmp_path, concurrency=FIRST)
    assert (report.downloaded, report.failed) == (FILES, 0)
    assert len(paths_in(tmp_path)) == FILES
    assert {path.read_text()[:5] for path in paths_in(tmp_path)} == {"file "}
    seen = statuses(filled)
    assert 0 < seen[503] < 2 * FIRST + seen[200] / 8


@pytest.fixture
def unnamed(server: EmulatorThread) -> EmulatorThread:
    """Layers whose format only the record of their file tells."""
    files = server.seed(files=[{"content": f"file {number}"} for number in range(FILES)])["files"]
    server.seed(layers=[{"fileId": file["id"]} for file in files])
    return server


@refusing
@pytest.mark.parametrize("verify", [False, True])
@pytest.mark.parametrize("files", ["filled", "unnamed"])
async def test_files_and_their_records_all_arrive_against_refusals(
    connect: Connect, request: pytest.FixtureRequest, tmp_path: Path, files: str, verify: bool
) -> None:
    server = request.getfixturevalue(files)
    tk = connect(server, retry=PATIENT)
    report = await tk.layers.download_all(
        tk.layers.list(), to=tmp_path, concurrency=FIRST, verify=verify
    )
    assert (report.downloaded, report.failed) == (FILES, 0)
    assert {path.read_text()[:5] for path in paths_in(tmp_path)} == {"file "}
    seen = statuses(server)
    assert 0 < seen[503] < 2 * FIRST + seen[200] / 8


@refusing
async def test_what_cannot_adapt_is_refused_more_often(
    connect: Connect, filled: EmulatorThread, tmp_path: Path
) -> None:
    refused: list[int] = []
    for adaptive in (True, False):
        filled.clear_journal()
        tk = connect(filled, retry=PATIENT, limits=Limits(adaptive=adaptive, retry_budget=10_000))
        folder = tmp_path / str(adaptive)
        report = await tk.layers.download_all(tk.layers.list(), to=folder, concurrency=FIRST)
        assert report.downloaded + report.failed == FILES
        refused.append(statuses(filled)[503])
    assert refused[0] < refused[1] * 0.7


@queueing
async def test_a_server_that_lets_wait_refuses_nothing(
    connect: Connect, filled: EmulatorThread, tmp_path: Path
) -> None:
    tk = connect(filled)
    report = await tk.layers.download_all(tk.layers.list(), to=tmp_path, concurrency=FIRST)
    assert (report.downloaded, report.failed) == (FILES, 0)
    assert set(statuses(filled)) == {200}
    assert tk.stats.retries == 0


@crowded
async def test_a_queue_of_our_making_becomes_shorter(
    connect: Connect, filled: EmulatorThread, tmp_path: Path
) -> None:
    tk = connect(filled)
    layers = await tk.layers.list().all()
    most: list[int] = []

    def look(_progress: object) -> None:
        shown = repr(tk).partition("bulk at most ")[2]
        most.append(int(shown.partition(" ")[0].strip(",>")) if shown else FIRST)

    # One after another: what is usual is learned before there is a queue.
    for some, concurrency in ((layers[:8], 1), (layers[8:], FIRST)):
        report = await tk.layers.download_all(
            some, to=tmp_path, concurrency=concurrency, progress=look
        )
        assert (report.downloaded, report.failed) == (len(some), 0)
    # How far it comes down in so short a run depends on the moment; the model's tests say.
    assert max(most) == FIRST
    assert min(most) < FIRST


@queueing
async def test_a_single_call_gets_through_while_bulk_work_goes_on(
    connect: Connect, filled: EmulatorThread, tmp_path: Path
) -> None:
    layer = (await connect(filled).layers.list().first()).items[0]
    filled.clear_journal()
    going_on = Moment(times=20)
    tk = connect(filled, hooks=Hooks(attempt_ended=going_on), limits=Limits(concurrency=8))
    # All of them wait in the client at once: whoever had to stand behind them would be last.
    bulk = asyncio.create_task(
        tk.layers.download_all(tk.layers.list(), to=tmp_path, concurrency=FILES)
    )
    await going_on.wait()
    await tk.layers.get(layer.id)
    assert not bulk.done()
    assert (await bulk).downloaded == FILES
    paths = [entry.path for entry in filled.journal()]
    assert paths.index(f"/api/layers/{layer.id}") < len(paths) / 2
