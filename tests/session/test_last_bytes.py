"""What had arrived when a line broke is handed out before the error: it need not come again.

The order in which a body's pieces and its error come is seen from inside the session alone, so in
one world alone.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

import pytest

from tests.session.attempts import asked, talking
from threekit_async import AsyncThreekit, Retry, TransportError
from threekit_async.services.wire import content_request
from threekit_async.session.reply import Reply

HEAD = b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n"


class Slow:
    """Reads a body, and after the first piece waits until the line is broken."""

    def __init__(self) -> None:
        self.begun = asyncio.Event()
        self.received = b""

    def headers(self) -> Mapping[str, str]:
        return {}

    async def take(self, reply: Reply) -> None:
        body: Any = reply.open_body
        async for piece in body.chunks():
            self.received += piece
            if not self.begun.is_set():
                self.begun.set()
                await broken(body._response.content)


async def broken(stream: Any) -> None:
    for _ in range(100_000):
        if stream.exception() is not None:
            return
        await asyncio.sleep(0)
    raise AssertionError("the line did not break")


async def test_what_arrived_before_a_break_is_handed_out_before_the_error() -> None:
    slow = Slow()

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await asked(reader)
        writer.write(HEAD + b"first")
        await slow.begun.wait()
        writer.write(b"x" * 5000)
        await writer.drain()

    async with talking(talk) as host, AsyncThreekit(token="t", org_id="o", host=host) as tk:
        request = content_request("f")
        once = tk.with_options(retry=Retry(attempts=1))._session
        with pytest.raises(TransportError):
            await once.stream(request, slow)
    assert slow.received == b"first" + b"x" * 5000
