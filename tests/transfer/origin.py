"""A server of one file that answers as a test says, and keeps what it was asked."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager

from aiohttp import web
from attrs import define, field

from tests.session.raw_server import RawServer, answering

__all__ = ("Answer", "Origin", "serving")


@define(kw_only=True)
class Answer:
    """What a request gets: status, headers and body, of which perhaps only the first bytes come.

    Behind those the connection is closed, or stays open without a word when it is to `stall`.
    Status 0 closes it before any header. `then` is called when the client has had time to read.
    """

    status: int
    headers: dict[str, str]
    body: bytes
    cut: int | None = None
    stall: bool = False
    #: So many bytes of the file must have been taken before the connection is closed.
    until: int | None = None
    then: Callable[[], object] | None = None


# So many times the client's loop has its turn, where it is the same one.
_TURNS = 300

Twist = Callable[[Answer], Answer]


@define(kw_only=True)
class Origin:
    """Serve bytes in part, under an etag; `twists` change the answers, one each, first to last."""

    content: bytes
    etag: str | None = '"one"'
    twists: list[Twist] = field(factory=list[Twist])
    #: How the paths end whose answers they change.
    twisted: str = ""
    asked: list[Mapping[str, str]] = field(factory=list[Mapping[str, str]], init=False)
    #: How many bytes of the file the client has taken; those it has not are lost with a connection.
    taken: int = field(default=0, init=False)
    #: What stalls goes on when it is set.
    over: asyncio.Event = field(factory=asyncio.Event, init=False)

    def cut(self, *sizes: int) -> None:
        """Break the next answers off after so many bytes of each."""
        self.twists += [_cut(size) for size in sizes]

    def stall(self, size: int) -> None:
        """Send so many bytes of the next answer, and nothing more."""

        def twist(answer: Answer) -> Answer:
            answer.cut, answer.stall = size, True
            return answer

        self.twists.append(twist)

    async def handle(self, request: web.BaseRequest) -> web.StreamResponse:
        """Answer a request for the contents."""
        self.asked.append(request.headers.copy())
        answer = self._honest(request)
        if self.twists and request.path.endswith(self.twisted):
            answer = self.twists.pop(0)(answer)
        if not answer.status and request.transport is not None:
            request.transport.close()
            return web.Response()
        response = web.StreamResponse(status=answer.status, headers=answer.headers)
        response.content_length = len(answer.body)
        await response.prepare(request)
        await response.write(answer.body[: answer.cut])
        if answer.cut is None:
            await response.write_eof()
        if answer.then is not None:
            for _ in range(_TURNS):
                await asyncio.sleep(0)
            answer.then()
        if answer.stall:
            await self.over.wait()
        while answer.until is not None and self.taken < answer.until:
            await asyncio.sleep(0)
        if answer.cut is not None and request.transport is not None:
            request.transport.close()
        return response

    def _honest(self, request: web.BaseRequest) -> Answer:
        headers = {"Content-Type": "image/png", "Accept-Ranges": "bytes"}
        if self.etag is not None:
            headers["ETag"] = self.etag
        asked = request.headers.get("Range")
        if asked is None or request.headers.get("If-Range") != self.etag:
            return Answer(status=200, headers=headers, body=self.content)
        start, size = int(asked.removeprefix("bytes=").rstrip("-")), len(self.content)
        headers["Content-Range"] = f"bytes {start}-{size - 1}/{size}"
        return Answer(status=206, headers=headers, body=self.content[start:])

    @property
    def ranges(self) -> list[tuple[str | None, str | None]]:
        """The range each request has asked for, and under which condition."""
        return [(each.get("Range"), each.get("If-Range")) for each in self.asked]


def _cut(size: int) -> Twist:
    def twist(answer: Answer) -> Answer:
        part = answer.headers.get("Content-Range", "bytes 0-").removeprefix("bytes ")
        answer.cut, answer.until = size, int(part.partition("-")[0]) + size
        return answer

    return twist


@asynccontextmanager
async def serving(origin: Origin) -> AsyncIterator[RawServer]:
    """Serve it on the loopback interface."""
    async with answering(origin.handle) as raw:
        try:
            yield raw
        finally:
            origin.over.set()
