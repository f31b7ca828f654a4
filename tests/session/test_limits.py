"""How much is in flight, and what a deadline covers."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from aiohttp import web
from attrs import define, field

from tests.conftest import Connect
from tests.session.raw_server import answering
from threekit_async import (
    AsyncThreekit,
    DeadlineError,
    Hooks,
    Limits,
    Options,
    RequestTimeoutError,
    Retry,
    ThreekitError,
    Timeout,
    UsageError,
)
from threekit_async.emulator import EmulatorThread
from threekit_async.session.limits import Gate

LAYER = "5b0f3f8e-1f0a-4d56-8d2e-3a1f6c7d8e02"


class Doors:
    """Answers nobody until as many requests have arrived as are expected."""

    def __init__(self, expected: int) -> None:
        self.expected = expected
        self.inside = self.most = self.total = 0
        self.open = asyncio.Event()

    async def answer(self, request: web.BaseRequest) -> web.StreamResponse:
        self.inside += 1
        self.total += 1
        self.most = max(self.most, self.inside)
        if self.inside >= self.expected:
            self.open.set()
        await self.open.wait()
        self.inside -= 1
        return web.json_response({"id": request.path.rpartition("/")[2]})


@pytest.mark.parametrize("concurrency", [1, 3, 8])
async def test_as_many_calls_run_as_allowed_and_not_one_more(
    connect: Connect, concurrency: int
) -> None:
    # The doors open only for exactly as many as may come: fewer would wait for ever.
    doors = Doors(concurrency)
    async with answering(doors.answer) as raw:
        tk = connect(raw, limits=Limits(concurrency=concurrency))
        layers = await asyncio.gather(*(tk.layers.get(str(number)) for number in range(30)))
    assert [layer.id for layer in layers] == [str(number) for number in range(30)]
    assert doors.most == concurrency
    assert doors.total == 30


@define
class Silent:
    """Answers listings at once, and the first requests for a layer not until it may speak."""

    times: int
    asked: asyncio.Event = field(factory=asyncio.Event)
    may_speak: asyncio.Event = field(factory=asyncio.Event)

    async def answer(self, request: web.BaseRequest) -> web.StreamResponse:
        if self.times and request.path != "/api/layers":
            self.times -= 1
            self.asked.set()
            await self.may_speak.wait()
        return web.json_response({"id": "a", "layers": []})


@asynccontextmanager
async def silenced(connect: Connect, silent: Silent, **settings: Any) -> AsyncIterator[Any]:
    """A client of a server that is silent for a while."""
    async with answering(silent.answer) as raw, connect(raw, **settings) as tk:
        try:
            yield tk
        finally:
            silent.may_speak.set()


async def test_a_cancelled_call_gives_its_slot_back() -> None:
    # Nobody can cancel a synchronous call.
    silent = Silent(1)
    async with silenced(Connect(AsyncThreekit), silent, limits=Limits(concurrency=1)) as tk:
        task = asyncio.create_task(tk.layers.get(LAYER))
        await silent.asked.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert "0 of 1 in flight" in repr(tk)
        assert await tk.layers.list().all() == []


async def test_a_call_that_waits_for_its_next_attempt_holds_no_slot(
    connect: Connect, server: EmulatorThread
) -> None:
    server.faults.add(effect="status", status=503, retry_after="60", path="/api/layers/", times=1)
    loop, planned = asyncio.get_running_loop(), asyncio.Event()
    hooks = Hooks(retry_planned=lambda _: loop.call_soon_threadsafe(planned.set))
    tk = connect(server, limits=Limits(concurrency=1), hooks=hooks)
    waiting = asyncio.create_task(tk.layers.get(LAYER))
    await planned.wait()
    assert await tk.layers.list().all() == []
    await tk.aclose()
    with pytest.raises((ThreekitError, asyncio.CancelledError)):
        await waiting


async def test_a_silent_server_is_a_timeout_that_names_its_setting(connect: Connect) -> None:
    patience = {"timeout": Timeout(read=0.05), "retry": Retry(attempts=2, base=0)}
    async with silenced(connect, Silent(9), **patience) as tk:
        with pytest.raises(RequestTimeoutError, match=r"Timeout\(read=") as failed:
            await tk.layers.get(LAYER)
        assert failed.value.sent is True
        assert tk.stats.requests == 2


async def test_a_deadline_ends_a_call_that_is_in_flight(connect: Connect) -> None:
    async with silenced(connect, Silent(9)) as tk:
        with pytest.raises(DeadlineError, match=r"GET /api/layers/.*deadline .*passed") as failed:
            await tk.layers.get(LAYER, options=Options(deadline=0.05))
        assert "Options(deadline=" in str(failed.value)
        assert tk.stats.requests == 1


async def test_a_deadline_covers_the_wait_for_a_slot(connect: Connect) -> None:
    silent = Silent(1)
    async with silenced(connect, silent, limits=Limits(concurrency=1)) as tk:
        holding = asyncio.create_task(tk.layers.get(LAYER))
        await silent.asked.wait()
        with pytest.raises(DeadlineError):
            await tk.layers.get(LAYER, options=Options(deadline=0.05))
        silent.may_speak.set()
        assert (await holding).id == "a"


def test_a_client_belongs_to_the_loop_that_used_it_first(server: EmulatorThread) -> None:
    # Loops are of the asynchronous world.
    tk = AsyncThreekit(token=server.private_token, host=server.url)

    async def first_use() -> None:
        await tk.layers.list().first()

    with asyncio.Runner() as first, asyncio.Runner() as second:
        first.run(first_use())
        with pytest.raises(UsageError, match="Make a client in each loop"):
            second.run(first_use())
        first.run(first_use())
        first.run(tk.aclose())
    assert len(server.journal()) == 2


async def test_the_gate_shows_how_full_it_is() -> None:
    gate = Gate(Limits(concurrency=2))
    await gate.enter()
    assert repr(gate) == "<Gate 1 of 2 in flight>"
    gate.leave()
    assert repr(gate) == "<Gate 0 of 2 in flight>"
