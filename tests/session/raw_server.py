"""A bare HTTP server that answers what a test says and keeps every request as it came."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

from aiohttp import web
from aiohttp.test_utils import RawTestServer

Handler = Callable[[web.BaseRequest], Awaitable[web.StreamResponse]]

TOKEN = "raw-server-token"
ORG_ID = "raw-server-org"


class RawServer:
    """What `connect` needs to know about a server, and the requests it has seen."""

    def __init__(self) -> None:
        self.private_token = TOKEN
        self.org_id = ORG_ID
        self.url = ""
        self.seen: list[web.BaseRequest] = []


@asynccontextmanager
async def answering(handler: Handler) -> AsyncIterator[RawServer]:
    """Serve a handler on the loopback interface."""
    raw = RawServer()

    async def noted(request: web.BaseRequest) -> web.StreamResponse:
        raw.seen.append(request)
        return await handler(request)

    async with RawTestServer(noted) as server:
        raw.url = str(server.make_url("/")).rstrip("/")
        yield raw
        # A connection that is being accepted would be known to nobody, and closed by nobody.
        for _ in range(5):
            await asyncio.sleep(0)


def json_handler(body: Any, *, status: int = 200, **headers: str) -> Handler:
    """Always answer the same JSON."""

    async def handler(_request: web.BaseRequest) -> web.StreamResponse:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return web.json_response(body, status=status, headers=named)

    return handler


def bytes_handler(body: bytes, *, status: int = 200, content_type: str = "") -> Handler:
    """Always answer the same bytes."""

    async def handler(_request: web.BaseRequest) -> web.StreamResponse:
        return web.Response(
            body=body, status=status, content_type=content_type or "application/json"
        )

    return handler
