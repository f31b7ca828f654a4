"""A client that is closed while its calls run: they end, at once, and say how far they came."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from aiohttp import web

from tests.conftest import Connect
from tests.hazards.moments import Moment
from tests.session.raw_server import answering
from threekit_async import AsyncThreekit, Hooks, Layer, Retry, Timeout, UsageError

# Long enough that only the closing can have ended the call.
LONG = Timeout(read=60.0, floor=None)


class Silent:
    """A server that begins to answer, and never goes on."""

    def __init__(self, *, headers: bool) -> None:
        self.headers = headers
        self.asked = asyncio.Event()

    async def __call__(self, request: web.BaseRequest) -> web.StreamResponse:
        answer = web.StreamResponse()
        answer.content_type = "application/json"
        answer.content_length = 100
        if self.headers:
            await answer.prepare(request)
            await answer.write(b"{")
        self.asked.set()
        await asyncio.get_running_loop().create_future()  # until the client hangs up
        return answer


@pytest.mark.parametrize("headers", [False, True], ids=["before headers", "inside a body"])
async def test_a_read_under_way_ends_with_the_client(connect: Connect, headers: bool) -> None:
    server = Silent(headers=headers)
    async with answering(server) as raw:
        tk = connect(raw, timeout=LONG)
        call = asyncio.create_task(tk.files.get("a"))
        await server.asked.wait()
        await tk.aclose()
        with pytest.raises(UsageError, match=r"closed while GET /api/files/a .* Make a new client"):
            await call


async def test_a_write_under_way_says_that_it_may_have_been_carried_out(connect: Connect) -> None:
    server = Silent(headers=False)
    async with answering(server) as raw:
        tk = connect(raw, timeout=LONG)
        call = asyncio.create_task(tk.layers.create(asset_id="a"))
        await server.asked.wait()
        await tk.aclose()
        with pytest.raises(UsageError, match="It may have been carried out"):
            await call


async def test_a_download_under_way_ends_with_the_client_and_leaves_no_file(
    connect: Connect, tmp_path: Path
) -> None:
    server = Silent(headers=True)
    async with answering(server) as raw:
        tk = connect(raw, timeout=LONG)
        layer = Layer(id="a", file_id="f", format="bin")
        call = asyncio.create_task(tk.layers.download(layer, to=tmp_path, verify=False))
        await server.asked.wait()
        await tk.aclose()
        with pytest.raises(Exception, match=r"closed|lost|cut off"):
            await call
    assert not (tmp_path / "a.bin").exists()


async def test_a_call_that_waits_for_its_next_attempt_ends_with_the_client(
    connect: Connect,
) -> None:
    async def refuse(_request: web.BaseRequest) -> web.StreamResponse:
        return web.Response(status=503, headers={"Retry-After": "60"})

    waits = Moment()
    async with answering(refuse) as raw:
        tk = connect(raw, retry=Retry(attempts=2), hooks=Hooks(retry_planned=waits))
        call = asyncio.create_task(tk.files.get("a"))
        await waits.wait()
        await tk.aclose()
        with pytest.raises(Exception, match="closed"):
            await call


async def test_closing_from_another_loop_ends_what_runs_in_the_first() -> None:
    """Of the asynchronous client only: the other one is always closed from another loop."""
    server = Silent(headers=True)
    async with answering(server) as raw:
        tk = AsyncThreekit(token="0f1e2d3c", org_id="o", host=raw.url, timeout=LONG)
        walk = asyncio.create_task(tk.layers.list().all())
        await server.asked.wait()
        await asyncio.to_thread(lambda: asyncio.run(tk.aclose()))
        with pytest.raises(Exception, match="closed"):
            await walk
