"""Answers that break off in the middle: everything is whole in the end, or nothing is there."""

from __future__ import annotations

import asyncio
import hashlib
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from tests.conftest import Connect
from tests.session.raw_server import Handler, answering
from tests.transfer.folders import paths_in
from threekit_async import Layer, Limits, Retry, TransportError
from threekit_async.emulator import EmulatorThread

CONTENT = b"".join(hashlib.sha256(bytes([number])).digest() for number in range(200)) * 100
LAYER = Layer(id="a", file_id="f", format="bin")
PATIENT = Retry(attempts=20, base=0.0, cap=0.0)
CUTS = [0, 1, 1000, 65_536, len(CONTENT) - 1]


@pytest.fixture
def filled(server: EmulatorThread) -> EmulatorThread:
    server.fill(layers=60, file_bytes=5000)
    return server


def breaking_off(*cuts: int) -> Handler:
    """Cut one answer after the other, each after so many bytes; then send the whole."""
    left = list(cuts)

    async def handler(request: web.BaseRequest) -> web.StreamResponse:
        if not left:
            return web.Response(body=CONTENT)
        response = web.StreamResponse(headers={"Content-Length": str(len(CONTENT))})
        await response.prepare(request)
        await response.write(CONTENT[: left.pop(0)])
        assert request.transport is not None
        request.transport.close()
        return response

    return handler


async def test_a_file_is_whole_wherever_its_answers_broke_off(
    connect: Connect, tmp_path: Path
) -> None:
    async with answering(breaking_off(*CUTS)) as raw:
        tk = connect(raw, retry=PATIENT)
        result = await tk.layers.download(LAYER, to=tmp_path)
        assert len(raw.seen) == len(CUTS) + 1
    assert result.path.read_bytes() == CONTENT
    assert [path.name for path in paths_in(tmp_path)] == ["a.bin"]
    assert tk.stats.retries == len(CUTS)
    assert tk.stats.bytes_received == len(CONTENT)


async def test_bytes_in_memory_are_whole_wherever_answers_broke_off(connect: Connect) -> None:
    async with answering(breaking_off(*CUTS)) as raw:
        assert await connect(raw, retry=PATIENT).files.content("f") == CONTENT
        assert len(raw.seen) == len(CUTS) + 1


@pytest.mark.parametrize("cut", CUTS)
async def test_a_file_that_never_comes_whole_leaves_nothing(
    connect: Connect, tmp_path: Path, cut: int
) -> None:
    async with answering(breaking_off(*[cut] * 3)) as raw:
        tk = connect(raw, retry=Retry(attempts=3, base=0.0))
        with pytest.raises(TransportError, match="cut off before its end"):
            await tk.layers.download(LAYER, to=tmp_path)
        assert paths_in(tmp_path) == []
        assert len(raw.seen) == 3
        # What it has learnt is forgotten: the next call is a new one.
        result = await tk.layers.download(LAYER, to=tmp_path)
    assert result.path.read_bytes() == CONTENT


async def test_what_was_there_before_stays_when_its_successor_breaks_off(
    connect: Connect, server: EmulatorThread, tmp_path: Path
) -> None:
    tk = connect(server)
    file = await tk.files.upload(b"the right bytes", filename="a.bin")
    old = tmp_path / f"{file.id}.bin"
    old.write_bytes(b"damaged")
    server.faults.add(effect="truncate", bytes=3, path="/content$")
    with pytest.raises(TransportError):
        await tk.files.download(file.id, to=tmp_path, name="{id}.bin")
    assert old.read_bytes() == b"damaged"
    server.faults.clear()
    await tk.files.download(file.id, to=tmp_path, name="{id}.bin")
    assert old.read_bytes() == b"the right bytes"
    assert [path.name for path in paths_in(tmp_path)] == [old.name]


@pytest.mark.parametrize("effect", ["truncate", "reset_after", "reset_before"])
@pytest.mark.parametrize("hard", [False, True])
async def test_a_listing_is_whole_although_every_page_breaks_off_once(
    connect: Connect, filled: EmulatorThread, effect: str, hard: bool
) -> None:
    tk = connect(filled)
    whole = await tk.layers.list().all()
    for page in range(1, 8):
        query = f"(^|&)page={page}(&|$)"
        filled.faults.add(effect=effect, bytes=30, hard=hard, query=query, times=1)
    assert await tk.layers.list(per_page=10, concurrency=4).all() == whole
    assert tk.stats.retries >= 7


async def test_a_page_that_never_comes_ends_the_walk_with_what_came_before(
    connect: Connect, filled: EmulatorThread
) -> None:
    tk = connect(filled)
    filled.faults.add(effect="truncate", bytes=30, query="(^|&)page=3(&|$)")
    seen: list[Any] = []

    async def walk() -> None:
        async for layer in tk.layers.list(per_page=10):
            seen.append(layer.id)  # noqa: PERF401  # what came before the error counts

    with pytest.raises(TransportError, match="cut off before its end"):
        await walk()
    assert len(seen) == len(set(seen)) == 20
    filled.faults.clear()
    assert len(await tk.layers.list(per_page=10).all()) == 60


async def test_half_of_all_answers_break_off_and_everything_arrives(
    connect: Connect, filled: EmulatorThread, tmp_path: Path
) -> None:
    filled.faults.add(effect="truncate", bytes=100, probability=0.2)
    filled.faults.add(effect="reset_after", hard=True, probability=0.2)
    filled.faults.add(effect="reset_before", probability=0.2)
    tk = connect(filled, retry=PATIENT, limits=Limits(retry_budget=1000))
    report = await tk.layers.download_all(tk.layers.list(per_page=10), to=tmp_path)
    assert (report.downloaded, report.failed) == (60, 0)
    assert [path.stat().st_size for path in paths_in(tmp_path)] == [5000] * 60
    assert tk.stats.retries > 30


async def test_writes_that_broke_off_are_done_once_each(
    connect: Connect, server: EmulatorThread
) -> None:
    server.faults.add(effect="truncate", bytes=10, method="POST", probability=0.5)
    tk = connect(server)
    names = [f"chair-{number}" for number in range(30)]
    ended = await asyncio.gather(
        *(tk.layers.create(asset_id=name) for name in names), return_exceptions=True
    )
    broken = [error for error in ended if isinstance(error, TransportError)]
    assert broken
    assert all("It may have been carried out" in str(error) for error in broken)
    server.faults.clear()
    made = [layer.asset_id for layer in await tk.layers.list().all()]
    assert sorted(made) == sorted(names)
    assert sum(entry.carried_out for entry in server.journal() if entry.method == "POST") == 30
