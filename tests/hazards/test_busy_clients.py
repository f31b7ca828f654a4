"""What cannot be sent is refused at once, however busy the client is."""

from __future__ import annotations

import asyncio
import threading
from typing import Any

import pytest
from aiohttp import web

from tests.conftest import Connect
from tests.session.raw_server import RawServer, answering, json_handler
from threekit_async import (
    AsyncThreekit,
    ConnectError,
    DeadlineError,
    Limits,
    Retry,
    StatusError,
    UsageError,
)
from threekit_async.emulator import EmulatorThread

FILE = {"id": "a"}


def client(url: str, **more: object) -> AsyncThreekit:
    return AsyncThreekit(**{"token": "0f1e2d3c", "org_id": "o", "host": url, **more})  # type: ignore[arg-type]


async def test_a_second_loop_is_refused_while_the_only_slot_is_taken() -> None:
    """Of the asynchronous client only: the other one has but one loop."""
    asked, go = asyncio.Event(), asyncio.Event()

    async def slow(_request: web.BaseRequest) -> web.StreamResponse:
        asked.set()
        await go.wait()
        return web.json_response(FILE)

    async with (
        answering(slow) as raw,
        client(raw.url, limits=Limits(concurrency=1)) as tk,
    ):
        first = asyncio.create_task(tk.files.get("a"))
        await asked.wait()
        with pytest.raises(UsageError, match="first used in another event loop"):
            await asyncio.to_thread(lambda: asyncio.run(tk.files.get("a")))
        go.set()
        assert (await first).id == "a"
        assert tk.stats.requests == 1


async def test_a_closed_client_does_not_wait_for_the_end_of_a_pause(connect: Connect) -> None:
    async def refuse(_request: web.BaseRequest) -> web.StreamResponse:
        return web.Response(status=429, headers={"Retry-After": "60"})

    async with answering(refuse) as raw:
        tk = connect(raw, retry=Retry(attempts=1))
        with pytest.raises(StatusError):
            await tk.files.get("a")
        await tk.aclose()
        with pytest.raises(UsageError, match="closed"):
            await tk.files.get("a")


async def test_a_closed_client_does_not_ask_for_a_token(connect: Connect) -> None:
    asked: list[int] = []

    def provide() -> str:
        asked.append(1)
        return "0f1e2d3c"

    async with answering(json_handler(FILE)) as raw:
        tk = connect(raw, token=provide)
        await tk.aclose()
        with pytest.raises(UsageError, match="closed"):
            await tk.files.get("a")
    assert asked == []


@pytest.mark.parametrize("calls", [1, 32])
async def test_a_provider_that_calls_its_own_client_is_refused_although_no_slot_is_left(
    connect: Connect, calls: int
) -> None:
    held: list[Any] = []

    async def provide() -> str:
        found = await held[0].files.get("token")
        return str(found.id)

    async with answering(json_handler(FILE)) as raw:
        tk = connect(raw, token=provide, limits=Limits(concurrency=calls))
        held.append(tk)
        ended = await asyncio.gather(
            *(tk.files.get("a") for _ in range(calls)), return_exceptions=True
        )
    assert {type(one) for one in ended} == {UsageError}
    assert "waits for the client that waits for it" in str(ended[0])


async def test_calls_that_waited_for_the_same_token_have_errors_of_their_own(
    connect: Connect,
) -> None:
    def provide() -> str:
        raise ConnectError("The identity server is down.")

    raw = RawServer()
    raw.url = "http://127.0.0.1:9"
    tk = connect(raw, token=provide, retry=Retry(attempts=2, base=0, cap=0))
    ended = await asyncio.gather(*(tk.files.get("a") for _ in range(8)), return_exceptions=True)
    assert len({id(one) for one in ended}) == 8
    assert {str(one).count("Given up") for one in ended} == {1}


async def test_a_write_whose_deadline_passes_in_a_pause_was_not_sent(
    connect: Connect, server: EmulatorThread
) -> None:
    server.faults.add(effect="status", status=429, retry_after="60", times=1)
    tk = connect(server, retry=Retry(attempts=1))
    with pytest.raises(StatusError):
        await tk.layers.list().first()
    with pytest.raises(DeadlineError, match="Nothing was sent") as late:
        await tk.with_options(deadline=0.05).layers.create(asset_id="a")
    assert late.value.sent is False
    assert len(server.journal()) == 1


def test_threads_do_not_share_an_asynchronous_client() -> None:
    """Of the asynchronous client only: the other one is made to be shared."""

    async def used(tk: AsyncThreekit) -> None:
        with pytest.raises((UsageError, ConnectError)):
            await tk.files.get("a")

    tk = client("http://127.0.0.1:9", retry=Retry(attempts=1))
    for _ in range(2):
        thread = threading.Thread(target=lambda: asyncio.run(used(tk)))
        thread.start()
        thread.join(10)
        assert not thread.is_alive()
    asyncio.run(tk.aclose())
