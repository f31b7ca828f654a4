"""One client of either world, one bare server: what was asked, word for word, and answered."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any, TypeAlias

from aiohttp import BodyPartReader, web
from aiohttp.test_utils import RawTestServer
from attrs import frozen

from tests.conftest import Connect
from tests.session.raw_server import RawServer
from threekit_async import AsyncThreekit, Retry

TOKEN = "a-private-token"
ORG_ID = "9e1d7c6b-5a49-4f38-8271-60f5e4d3c203"


@frozen
class Part:
    """One part of a form; a field has no file name."""

    name: str
    content: bytes
    filename: str | None = None
    mime_type: str | None = None


@frozen
class Sent:
    """A request as it arrived; the client's own organisation is left out of the query."""

    verb: str
    path: str
    query: dict[str, str]
    body: Any = None


@frozen
class Answer:
    """What the server says: JSON, or bytes as they are."""

    body: Any
    status: int = 200
    content_type: str = "application/json"


@frozen
class Slow:
    """An answer that takes its time."""

    answer: Any
    seconds: float = 0.0


Exchanging: TypeAlias = Callable[..., AbstractAsyncContextManager[tuple[AsyncThreekit, list[Sent]]]]


@asynccontextmanager
async def exchanges(
    connect: Connect, *answers: Any
) -> AsyncIterator[tuple[AsyncThreekit, list[Sent]]]:
    """Answer the first request with the first answer, and so on; the last one is repeated."""
    seen: list[Sent] = []

    async def handler(request: web.BaseRequest) -> web.StreamResponse:
        seen.append(await _sent(request))
        answer = answers[min(len(seen), len(answers)) - 1]
        if isinstance(answer, Slow):
            await asyncio.sleep(answer.seconds)
            answer = answer.answer
        return _response(answer)

    async with RawTestServer(handler) as server:
        settings = {"token": TOKEN, "org_id": ORG_ID, "retry": Retry(attempts=1)}
        async with connect(at(str(server.make_url("/"))), **settings) as tk:
            yield tk, seen


def at(address: str) -> RawServer:
    """Whoever answers there, for `connect`."""
    server = RawServer()
    server.url = address.rstrip("/")
    return server


async def _sent(request: web.BaseRequest) -> Sent:
    query = dict(request.query)
    if query.get("orgId") == ORG_ID:
        del query["orgId"]
    else:
        query.setdefault("orgId", "not sent")
    assert request.headers["Authorization"] == f"Bearer {TOKEN}"
    return Sent(request.method, request.rel_url.raw_path, query, await _body(request))


async def _body(request: web.BaseRequest) -> Any:
    if request.content_type.startswith("multipart/"):
        return [part async for part in _parts(request)]
    content = await request.read()
    if not content:
        return None
    assert request.content_type == "application/json"
    return json.loads(content)


async def _parts(request: web.BaseRequest) -> AsyncIterator[Part]:
    async for part in await request.multipart():
        assert isinstance(part, BodyPartReader)
        content = bytes(await part.read())
        if part.filename is None:
            yield Part(str(part.name), content)
        else:
            yield Part(str(part.name), content, part.filename, part.headers["Content-Type"])


def _response(answer: Any) -> web.Response:
    given = answer if isinstance(answer, Answer) else Answer(answer)
    body = given.body if isinstance(given.body, bytes) else json.dumps(given.body).encode()
    return web.Response(body=body, status=given.status, content_type=given.content_type)
