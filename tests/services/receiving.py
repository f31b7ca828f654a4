"""A small server of a customer's own, where the emulator's webhooks arrive."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from aiohttp import web
from aiohttp.test_utils import RawTestServer
from attrs import field, frozen

PATIENCE = 20.0


@frozen
class Receiver:
    """What was posted to an address, as it came."""

    address: str
    bodies: asyncio.Queue[bytes] = field(factory=asyncio.Queue[bytes])

    async def next(self) -> bytes:
        """Wait for the next body."""
        async with asyncio.timeout(PATIENCE):
            return await self.bodies.get()


@asynccontextmanager
async def receiving() -> AsyncGenerator[Receiver, None]:
    """Listen on this machine."""
    bodies: asyncio.Queue[bytes] = asyncio.Queue()

    async def take(request: web.BaseRequest) -> web.StreamResponse:
        bodies.put_nowait(await request.read())
        return web.Response(status=204)

    async with RawTestServer(take) as server:
        yield Receiver(str(server.make_url("/threekit")), bodies)
