"""A call that is cancelled, at whichever point it waits, gives back what it held."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable, Coroutine, Generator
from contextlib import aclosing
from pathlib import Path
from tempfile import TemporaryDirectory, mkdtemp
from types import coroutine
from typing import Any

import pytest

from tests.conftest import AT_ONCE
from threekit_async import AsyncThreekit, Limits, Retry, Threekit
from threekit_async.emulator import EmulatorThread

MOST_POINTS = 500

Call = Callable[[AsyncThreekit, Path], Coroutine[Any, Any, object]]


class Points:
    """Counts the points where a coroutine waits, and cancels its task at one of them."""

    def __init__(self, at: int) -> None:
        self.at = at
        self.passed = 0

    @coroutine
    def through(self, work: Coroutine[Any, Any, Any]) -> Generator[Any, Any, Any]:
        value: Any = None
        error: BaseException | None = None
        while True:
            try:
                waits_for = work.throw(error) if error else work.send(value)
            except StopIteration as ended:
                return ended.value
            value, error = None, None
            self.passed += 1
            if self.passed == self.at:
                task = asyncio.current_task()
                assert task is not None
                task.cancel()
            try:
                value = yield waits_for
            except BaseException as thrown:  # noqa: BLE001  # handed on to the work
                error = thrown


async def read_a_page(tk: AsyncThreekit, _folder: Path) -> object:
    return await tk.layers.list(per_page=5).first()


async def walk_the_pages(tk: AsyncThreekit, _folder: Path) -> object:
    return await tk.layers.list(per_page=20, concurrency=3).all()


async def write_a_layer(tk: AsyncThreekit, _folder: Path) -> object:
    return await tk.layers.create(asset_id="5b0f3f8e-1f0a-4d56-8d2e-3a1f6c7d8e02")


async def upload_a_file(tk: AsyncThreekit, folder: Path) -> object:
    source = folder / "picture.png"
    source.write_bytes(bytes(300_000))
    return await tk.files.upload(source)


async def read_within_a_deadline(tk: AsyncThreekit, _folder: Path) -> object:
    return await tk.with_options(deadline=30).layers.list(per_page=5).first()


async def read_after_refusals(tk: AsyncThreekit, _folder: Path) -> object:
    patient = tk.with_options(retry=Retry(attempts=3, base=0.001))
    return await patient.layers.list(per_page=5).first()


async def read_a_file_of_a_layer(tk: AsyncThreekit, _folder: Path) -> object:
    [layer] = (await tk.layers.list(per_page=1).first()).items
    return await tk.layers.content(layer.id)


async def read_a_file(tk: AsyncThreekit, _folder: Path) -> object:
    [layer] = (await tk.layers.list(per_page=1).first()).items
    assert layer.file_id is not None
    return await tk.files.content(layer.file_id)


async def download_a_few(tk: AsyncThreekit, folder: Path) -> object:
    layers = (await tk.layers.list(per_page=4).first()).items
    with TemporaryDirectory(dir=folder) as target:
        return await tk.layers.download_all(layers, to=target, concurrency=2)


async def take_what_is_downloaded(tk: AsyncThreekit, folder: Path) -> object:
    layers = tk.layers.list(per_page=5)
    with TemporaryDirectory(dir=folder) as target:
        results = tk.layers.iter_downloads(layers, to=target, concurrency=2)
        async with aclosing(results):
            return [await anext(results) for _ in range(4)]


CALLS: list[Call] = [
    read_a_page,
    walk_the_pages,
    write_a_layer,
    upload_a_file,
    read_within_a_deadline,
    read_after_refusals,
    read_a_file_of_a_layer,
    read_a_file,
    download_a_few,
    take_what_is_downloaded,
]


@pytest.fixture
def filled(server: EmulatorThread) -> EmulatorThread:
    server.fill(layers=60, file_bytes=1000)
    return server


def settings(server: EmulatorThread) -> dict[str, Any]:
    return {
        "token": server.private_token,
        "org_id": server.org_id,
        "host": server.url,
        "retry": AT_ONCE,
    }


def held(tk: AsyncThreekit) -> tuple[int, bool]:
    """Connections that are handed out, and whether the gate is empty."""
    return tk._session.transport.in_use, "<Gate 0 of" in repr(tk)


@pytest.mark.parametrize("call", CALLS)
async def test_a_call_cancelled_at_any_point_gives_its_connection_back(
    filled: EmulatorThread, tmp_path: Path, call: Call
) -> None:
    cancelled = 0
    async with aclosing(clients(filled)) as fresh:
        async for point, tk in fresh:
            if call is read_after_refusals:
                filled.faults.clear()
                filled.faults.add(effect="status", status=503, times=2)
            points = Points(at=point)
            cancelled += await was_cancelled(points, call(tk, tmp_path))
            filled.faults.clear()
            assert held(tk) == (0, True)
            assert (await tk.layers.list(per_page=1).first()).items
            if points.passed < point:
                break
    assert cancelled >= 3


Changes = Callable[[EmulatorThread, Path], dict[str, Any]]


def token_to_be_renewed(server: EmulatorThread, _folder: Path) -> dict[str, Any]:
    """A function whose first token is refused."""
    tokens = iter(["revoked", *[server.private_token] * MOST_POINTS])

    async def give() -> str:
        await asyncio.sleep(0)
        return next(tokens)

    return {"token": give}


def cache_not_yet_filled(_server: EmulatorThread, folder: Path) -> dict[str, Any]:
    return {"cache": mkdtemp(dir=folder)}


def cache_filled_before(_server: EmulatorThread, folder: Path) -> dict[str, Any]:
    return {"cache": folder / "cache"}


def rate_and_little_room(_server: EmulatorThread, _folder: Path) -> dict[str, Any]:
    return {"limits": Limits(concurrency=2, rate=1000, burst=1)}


@pytest.mark.parametrize(
    ("call", "changes"),
    [
        (read_a_page, token_to_be_renewed),
        (walk_the_pages, token_to_be_renewed),
        (read_a_page, cache_not_yet_filled),
        (read_a_page, cache_filled_before),
        (read_a_file_of_a_layer, cache_not_yet_filled),
        (download_a_few, cache_not_yet_filled),
        (walk_the_pages, rate_and_little_room),
        (download_a_few, rate_and_little_room),
    ],
)
async def test_a_call_cancelled_while_it_waits_for_token_cache_or_turn_gives_all_back(
    filled: EmulatorThread, tmp_path: Path, call: Call, changes: Changes
) -> None:
    cancelled = 0
    async with aclosing(clients(filled, lambda: changes(filled, tmp_path))) as fresh:
        async for point, tk in fresh:
            points = Points(at=point)
            cancelled += await was_cancelled(points, call(tk, tmp_path))
            assert held(tk) == (0, True)
            assert (await tk.layers.list(per_page=1).first()).items
            if points.passed < point:
                break
    assert cancelled >= 3
    assert not list(tmp_path.rglob("*.part"))


async def was_cancelled(points: Points, work: Coroutine[Any, Any, object]) -> bool:
    """Run a call that is cancelled at a point; say whether it got there before it ended."""
    try:
        await asyncio.create_task(wrapped(points, work))
    except asyncio.CancelledError:
        return True
    return False


async def wrapped(points: Points, work: Coroutine[Any, Any, object]) -> object:
    return await points.through(work)


async def clients(
    server: EmulatorThread, changes: Callable[[], dict[str, Any]] = dict
) -> AsyncGenerator[tuple[int, AsyncThreekit]]:
    """A fresh client for each point, so that connecting is among them."""
    for point in range(1, MOST_POINTS):
        async with AsyncThreekit(**{**settings(server), **changes()}) as tk:
            yield point, tk
    pytest.fail("the call has no end")


@pytest.mark.parametrize("call", [read_a_page, write_a_layer, walk_the_pages])
def test_a_synchronous_call_cancelled_at_any_point_gives_its_connection_back(
    filled: EmulatorThread, tmp_path: Path, call: Call
) -> None:
    for point in range(1, MOST_POINTS):
        points = Points(at=point)
        with Threekit(**settings(filled)) as tk:
            inner = tk._async
            try:
                tk._bridge.call(lambda: wrapped(points, call(inner, tmp_path)))  # noqa: B023
            except asyncio.CancelledError:
                assert held(inner) == (0, True)
            assert tk.layers.list(per_page=1).first().items
        if points.passed < point:
            return
    pytest.fail("the call has no end")
