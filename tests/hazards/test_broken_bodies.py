"""Bodies that break off: an attempt ends with a file's last byte, an error with its status."""

from __future__ import annotations

import asyncio
import gzip
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from tests.conftest import Connect
from tests.hazards.waiting import SHORT, together
from tests.session.attempts import PACKED, Talk, answer, answering_with, asked, talking
from tests.session.raw_server import RawServer, answering
from tests.transfer.folders import paths_in
from threekit_async import (
    AttemptEnded,
    Hooks,
    Layer,
    Limits,
    NotFoundError,
    RateLimitError,
    RequestEnded,
    RequestTimeoutError,
    Retry,
    RetryPlanned,
    ServerError,
    StatusError,
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
    assert paths_in(tmp_path) == []


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
    server.faults.add(effect="drip", bytes=1, interval=0.3, path=CONTENT, times=6)
    crawling = Timeout(read=SHORT, floor=1000.0)
    tk = connect(server, retry=Retry(attempts=1), timeout=crawling)
    report = await tk.layers.download_all(layers[:8], to=tmp_path, concurrency=8)
    assert [type(result.error) for result in report.failures] == [RequestTimeoutError] * 6
    assert "bulk at most 16" in repr(tk)


# All of the vendor's error is there, and the server had promised more.
ERROR = b'{"error": {"code": "layer_notfound", "message": "No such layer"}}'
CHUNK = b"%x\r\n%s\r\n" % (len(ERROR), ERROR)


def ending(begun: bytes) -> Talk:
    """Answer so much, and hang up."""

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await asked(reader)
        writer.write(begun)

    return talk


def silent(begun: bytes) -> Talk:
    """Answer so much, and nothing more until the client has gone."""

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await asked(reader)
        writer.write(begun)
        await reader.read()

    return talk


def dripping(begun: bytes) -> Talk:
    """Answer so much, and then next to nothing."""

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await asked(reader)
        writer.write(begun)
        while True:
            await writer.drain()
            await asyncio.sleep(0.01)
            writer.write(b" ")

    return talk


def promised(status: str, **headers: str) -> bytes:
    return answer(ERROR, status=status, **{"Content_Length": "9999", **headers})


def in_chunks(status: str) -> bytes:
    head = answer(b"", status=status).replace(b"Content-Length: 0", b"Transfer-Encoding: chunked")
    return head + CHUNK


DAMAGED: dict[str, Callable[[str], Talk]] = {
    "ends early": lambda status: ending(promised(status)),
    "chunks end early": lambda status: ending(in_chunks(status)),
    "falls silent": lambda status: silent(promised(status)),
    "drips": lambda status: dripping(promised(status)),
}
# The others end by themselves, however long that takes.
WITHOUT_END = {"falls silent", "drips"}


@pytest.mark.parametrize(
    ("status", "error", "attempts"),
    [("404 Not Found", NotFoundError, 1), ("503 Busy", ServerError, 3), ("409 No", StatusError, 1)],
)
async def test_an_error_whose_body_breaks_off_is_that_error(
    connect: Connect, status: str, error: type[StatusError], attempts: int
) -> None:
    async def check(damage: str) -> None:
        raw = RawServer()
        async with talking(DAMAGED[damage](status)) as raw.url:
            ending_it = Timeout(read=SHORT, floor=10_000.0)
            tk = connect(raw, timeout=ending_it if damage in WITHOUT_END else Timeout())
            with pytest.raises(error, match=f"was answered {status[:3]} layer_notfound") as caught:
                await tk.layers.get("a")
        assert caught.value.status == int(status[:3])
        assert caught.value.code == "layer_notfound"
        assert caught.value.body.strip() == ERROR
        assert tk.stats.requests == attempts

    await together(check, DAMAGED)


@pytest.mark.parametrize("begun", [b"", ERROR[:20], b"<html>"])
async def test_what_came_of_an_errors_body_is_kept(connect: Connect, begun: bytes) -> None:
    raw = RawServer()
    sent = answer(begun, status="404 Not Found", Content_Length="500")
    async with talking(ending(sent)) as raw.url:
        with pytest.raises(NotFoundError) as caught:
            await connect(raw).layers.get("a")
    assert (caught.value.status, caught.value.body) == (404, begun)


@pytest.mark.parametrize("encoding", PACKED)
async def test_an_errors_body_that_cannot_be_unpacked_costs_only_itself(
    connect: Connect, encoding: str
) -> None:
    raw = RawServer()
    sent = answer(b"never packed", status="404 Not Found", Content_Encoding=encoding)
    async with talking(answering_with(sent)) as raw.url:
        tk = connect(raw)
        for _ in range(2):
            with pytest.raises(NotFoundError):
                await tk.layers.get("a")
    assert tk.stats.requests == 2


async def test_a_refusal_whose_body_breaks_off_still_says_when_to_come_back(
    connect: Connect,
) -> None:
    raw = RawServer()
    async with talking(ending(promised("429 Slow down", Retry_After="600"))) as raw.url:
        with pytest.raises(RateLimitError, match="a wait of 600 s") as caught:
            await connect(raw).layers.create(asset_id="a")
    assert caught.value.retry_after == 600


async def test_a_write_refused_for_good_is_not_in_doubt_when_the_body_breaks_off(
    connect: Connect,
) -> None:
    raw = RawServer()
    async with talking(ending(promised("409 Conflict"))) as raw.url:
        tk = connect(raw)
        with pytest.raises(StatusError) as caught:
            await tk.layers.create(asset_id="a")
    assert "may have been carried out" not in str(caught.value)
    assert tk.stats.requests == 1


async def test_a_file_that_is_not_there_is_no_lost_connection_when_the_body_breaks_off(
    connect: Connect, tmp_path: Path
) -> None:
    raw = RawServer()
    async with talking(ending(promised("404 Not Found"))) as raw.url:
        tk = connect(raw)
        report = await tk.layers.download_all(
            [Layer(id="a", file_id="f", format="png")], to=tmp_path
        )
    assert [type(result.error) for result in report.failures] == [NotFoundError]
    assert tk.stats.requests == 1


async def test_an_answer_nobody_reads_must_still_be_whole(connect: Connect) -> None:
    raw = RawServer()
    async with talking(ending(promised("200 OK"))) as raw.url:
        with pytest.raises(TransportError, match="cut off before its end"):
            await connect(raw).webhooks.delete("a")


@pytest.mark.parametrize("kept", [1000, 100_000])
async def test_a_packed_file_that_is_cut_never_gets_its_name(
    connect: Connect, tmp_path: Path, kept: int
) -> None:
    """The packed length is right, and nobody but the record says that bytes are missing."""
    content = random.Random(5).randbytes(300_000)  # noqa: S311
    packed = gzip.compress(content)[:kept]

    async def handler(request: web.BaseRequest) -> web.StreamResponse:
        if request.path.endswith("/content"):
            headers = {"Content-Encoding": "gzip", "Content-Type": "image/png"}
            return web.Response(body=packed, headers=headers)
        return web.json_response({"id": "f", "size": len(content)})

    async with answering(handler) as raw:
        report = await connect(raw).layers.download_all(
            [Layer(id="a", file_id="f", format="png")], to=tmp_path
        )
    assert (report.downloaded, report.failed) == (0, 1)
    assert paths_in(tmp_path) == []
