"""A server that speaks enough of S3 to be written to, and misbehaves as a test wants."""

from __future__ import annotations

from collections import Counter
from collections.abc import Awaitable, Callable

from aiohttp import web
from aiohttp.test_utils import TestServer

Step = Callable[[web.Request, str], Awaitable[web.StreamResponse]]
Misbehaviour = Callable[[web.Request, str], Awaitable[web.StreamResponse | None]]

_STARTED = "<InitiateMultipartUploadResult><UploadId>u1</UploadId></InitiateMultipartUploadResult>"
_COMPLETED = "<CompleteMultipartUploadResult><ETag>e</ETag></CompleteMultipartUploadResult>"


async def behave(request: web.Request, step: str) -> None:
    """Misbehave not at all."""


class StubStore:
    """Keeps objects in `objects`, and counts in `steps` what was asked: put, part, complete ..."""

    def __init__(self) -> None:
        self.objects: dict[str, bytes] = {}
        self.steps: Counter[str] = Counter()
        self.misbehave: Misbehaviour = behave
        self._parts: dict[int, bytes] = {}
        app = web.Application(client_max_size=64 * 1024 * 1024)
        app.router.add_route("*", "/{bucket}/{key:.*}", self._answer)
        self.server = TestServer(app)

    async def _answer(self, request: web.Request) -> web.StreamResponse:
        step = step_of(request)
        self.steps[step] += 1
        misbehaved = await self.misbehave(request, step)
        if misbehaved is not None:
            return misbehaved
        done: Step = getattr(self, f"_{step}")
        return await done(request, request.match_info["key"])

    async def _put(self, request: web.Request, key: str) -> web.Response:
        if request.headers.get("If-None-Match") and key in self.objects:
            return web.Response(status=412)
        self.objects[key] = await request.read()
        return web.Response(headers={"ETag": "e"})

    async def _start(self, _request: web.Request, _key: str) -> web.Response:
        self._parts = {}
        return web.Response(text=_STARTED)

    async def _part(self, request: web.Request, _key: str) -> web.Response:
        self._parts[int(request.query["partNumber"])] = await request.read()
        return web.Response(headers={"ETag": "e"})

    async def _complete(self, _request: web.Request, key: str) -> web.Response:
        self.objects[key] = b"".join(self._parts[number] for number in sorted(self._parts))
        return web.Response(text=_COMPLETED)

    async def _abort(self, _request: web.Request, _key: str) -> web.Response:
        self._parts = {}
        return web.Response(status=204)

    async def _delete(self, _request: web.Request, key: str) -> web.Response:
        self.objects.pop(key, None)
        return web.Response(status=204)

    async def _read(self, request: web.Request, key: str) -> web.Response:
        if key not in self.objects:
            return web.Response(status=404)
        headers = {"ETag": "e", "Last-Modified": "Tue, 01 Jan 2030 00:00:00 GMT"}
        if request.method == "HEAD":
            return web.Response(headers={**headers, "Content-Length": str(len(self.objects[key]))})
        return web.Response(body=self.objects[key], headers=headers)


def step_of(request: web.Request) -> str:
    """Name a request: `put`, `start`, `part`, `complete`, `abort`, `delete` or `read`."""
    in_parts = {"PUT": "part", "POST": "complete", "DELETE": "abort"}
    if "uploadId" in request.query:
        return in_parts[request.method]
    return {"PUT": "put", "POST": "start", "DELETE": "delete"}.get(request.method, "read")


def refusal(status: int, code: str = "", message: str = "") -> web.Response:
    """Refuse as S3 does."""
    text = f"<Error><Code>{code}</Code><Message>{message}</Message></Error>"
    return web.Response(status=status, text=text)
