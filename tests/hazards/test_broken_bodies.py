"""Files whose bodies break off: an attempt ends with the last byte, wherever it fails."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.conftest import Connect
from threekit_async import (
    AttemptEnded,
    Hooks,
    Layer,
    Limits,
    RequestEnded,
    RequestTimeoutError,
    Retry,
    RetryPlanned,
    Timeout,
    TransportError,
)
from threekit_async.emulator import EmulatorThread

CONTENT = "/content$"
BROKEN: dict[str, Any] = {"effect": "truncate", "bytes": 5, "path": CONTENT}
BUSY: dict[str, Any] = {"effect": "status", "path": CONTENT}


@pytest.fixture
def layers(server: EmulatorThread) -> list[Layer]:
    files = server.seed(files=[{"content": "a whole file"} for _ in range(40)])["files"]
    return [
        Layer(id=str(number), file_id=file["id"], format="txt") for number, file in enumerate(files)
    ]


async def failed(tk: Any, layer: Layer, folder: Path) -> TransportError:
    with pytest.raises(TransportError) as caught:
        await tk.layers.download(layer, to=folder)
    return caught.value


@pytest.mark.parametrize("attempts", [1, 2, 3])
async def test_headers_and_bodies_share_one_count_of_attempts(
    connect: Connect, server: EmulatorThread, layers: list[Layer], tmp_path: Path, attempts: int
) -> None:
    server.faults.add(**BUSY, times=attempts - 1)
    server.faults.add(**BROKEN)
    tk = connect(server, retry=Retry(attempts=attempts, base=0))
    error = await failed(tk, layers[0], tmp_path)
    assert len(server.journal()) == tk.stats.requests == attempts
    assert (tk.stats.retries, tk.stats.calls, tk.stats.failures) == (attempts - 1, 1, 1)
    assert str(error).count("Given up after") == (attempts > 1)
    assert attempts == 1 or f"Given up after {attempts} attempts in " in str(error)
    assert error.sent is True
    assert list(tmp_path.iterdir()) == []


async def test_a_file_that_is_had_in_the_end_counts_its_repetitions(
    connect: Connect, server: EmulatorThread, layers: list[Layer], tmp_path: Path
) -> None:
    for fault in (BROKEN, BUSY):
        server.faults.add(**fault, times=1)
    tk = connect(server)
    result = await tk.layers.download(layers[0], to=tmp_path)
    assert result.path.read_text() == "a whole file"
    assert (tk.stats.retries, tk.stats.requests, tk.stats.failures) == (2, 3, 0)
    assert tk.stats.bytes_received == len("a whole file")


async def test_the_error_says_why_a_body_is_not_asked_for_again(
    connect: Connect, server: EmulatorThread, layers: list[Layer], tmp_path: Path
) -> None:
    server.faults.add(**BROKEN)
    tk = connect(server, limits=Limits(retry_budget=0))
    error = await failed(tk, layers[0], tmp_path)
    assert "Not repeated: the client's retry budget is spent." in str(error)
    assert tk.stats.requests == 1


async def test_headers_alone_pay_nothing_back(
    connect: Connect, server: EmulatorThread, layers: list[Layer], tmp_path: Path
) -> None:
    server.faults.add(**BROKEN)
    limits = Limits(retry_budget=6, adaptive=False)
    tk = connect(server, retry=Retry(attempts=10, base=0), limits=limits)
    report = await tk.layers.download_all(layers, to=tmp_path)
    assert report.failed == len(layers)
    assert tk.stats.requests == len(layers) + 6


async def test_who_observes_hears_of_a_body_that_broke_off(
    connect: Connect, server: EmulatorThread, layers: list[Layer], tmp_path: Path
) -> None:
    server.faults.add(**BROKEN, times=1)
    heard: list[AttemptEnded | RetryPlanned | RequestEnded] = []
    hooks = Hooks(
        attempt_ended=heard.append, retry_planned=heard.append, request_ended=heard.append
    )
    await connect(server, hooks=hooks).layers.download(layers[0], to=tmp_path)
    first, planned, second, ended = heard
    assert isinstance(first, AttemptEnded)
    assert (first.attempt, first.status, first.error) == (1, None, "TransportError")
    assert isinstance(planned, RetryPlanned)
    assert planned.reason == "TransportError"
    assert isinstance(second, AttemptEnded)
    assert (second.attempt, second.status, second.error) == (2, 200, None)
    assert isinstance(ended, RequestEnded)
    assert (ended.attempts, ended.status, ended.error) == (2, 200, None)


async def test_bodies_that_break_off_leave_fewer_in_flight(
    connect: Connect, server: EmulatorThread, layers: list[Layer], tmp_path: Path
) -> None:
    server.faults.add(**BROKEN, times=6)
    tk = connect(server, retry=Retry(attempts=1))
    report = await tk.layers.download_all(layers[:8], to=tmp_path, concurrency=8)
    assert report.failed == 6
    assert "bulk at most 16" in repr(tk)


async def test_bodies_that_crawl_leave_fewer_in_flight(
    connect: Connect, server: EmulatorThread, layers: list[Layer], tmp_path: Path
) -> None:
    server.faults.add(effect="drip", bytes=1, interval=0.05, path=CONTENT, times=6)
    crawling = Timeout(read=0.1, floor=1000.0)
    tk = connect(server, retry=Retry(attempts=1), timeout=crawling)
    report = await tk.layers.download_all(layers[:8], to=tmp_path, concurrency=8)
    assert {type(result.error) for result in report.failures} == {RequestTimeoutError}
    assert "bulk at most 16" in repr(tk)
