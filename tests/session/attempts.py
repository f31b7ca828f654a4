"""Single attempts, straight through the transport, and servers that write bytes as they like."""

from __future__ import annotations

import asyncio
import gzip
import zlib
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from importlib import import_module
from typing import Any, Literal

from backports import zstd

from tests.session.stories import untold
from threekit_async import Retry, Timeout
from threekit_async.network import Network
from threekit_async.session.decode import Object
from threekit_async.session.reply import Call
from threekit_async.session.request import Json, Request
from threekit_async.session.transport import Transport

Talk = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]

TOKEN = "tok-recognisable"

brotli: Any = import_module("brotli")  # it comes without types
PACKED: dict[str, Callable[[bytes], bytes]] = {
    "gzip": gzip.compress,
    "deflate": zlib.compress,
    "br": lambda body: bytes(brotli.compress(body, quality=1)),
    "zstd": zstd.compress,
}


def call_to(
    url: str,
    *,
    verb: Literal["GET", "POST"] = "GET",
    returns: Any = None,
    timeout: Timeout | None = None,
    buffered: bool = True,
    headers: dict[str, str] | None = None,
) -> Call:
    """One attempt at an address, with a token in its query and one in its headers."""
    return Call(
        request=Request(
            verb=verb,
            path="/api/layers",
            returns=returns or Object(),
            body=Json({"a": 1}) if verb == "POST" else None,
        ),
        url=f"{url}/api/layers?bearer_token={TOKEN}",
        headers=headers or {"Authorization": f"Bearer {TOKEN}"},
        timeout=timeout or Timeout(),
        retry=Retry(attempts=1),
        started=0.0,
        deadline=None,
        buffered=buffered,
        story=untold(verb, "/api/layers"),
    )


@asynccontextmanager
async def transport(network: Network | None = None) -> AsyncIterator[Transport]:
    """A transport that is closed at the end, with nothing handed out."""
    made = Transport(user_agent="tests", network=network)
    try:
        yield made
        assert made.in_use == 0
    finally:
        await made.aclose()


@asynccontextmanager
async def talking(talk: Talk, *, tls: Any = None) -> AsyncIterator[str]:
    """Serve each connection with `talk`; gives the address."""
    tasks: set[asyncio.Task[Any]] = set()

    async def served(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await talk(reader, writer)
        except (OSError, asyncio.IncompleteReadError):
            pass  # the client has gone
        finally:
            writer.close()

    def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.create_task(served(reader, writer))
        tasks.add(task)
        task.add_done_callback(tasks.discard)

    server = await asyncio.start_server(connected, "127.0.0.1", 0, ssl=tls)
    port = server.sockets[0].getsockname()[1]
    try:
        yield f"{'https' if tls else 'http'}://127.0.0.1:{port}"
    finally:
        server.close()
        for task in tasks.copy():
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await server.wait_closed()


async def asked(reader: asyncio.StreamReader) -> bytes:
    """Read the head of a request and its body, as far as it has one."""
    head = await reader.readuntil(b"\r\n\r\n")
    for line in head.lower().split(b"\r\n"):
        if line.startswith(b"content-length:"):
            await reader.readexactly(int(line.partition(b":")[2]))
    return head


def answer(body: bytes = b"{}", *, status: str = "200 OK", **headers: str) -> bytes:
    """An answer as it goes over the wire."""
    given = {name.replace("_", "-"): value for name, value in headers.items()}
    named = {"Content-Length": str(len(body)), "Content-Type": "application/json", **given}
    lines = "".join(f"{name}: {value}\r\n" for name, value in named.items())
    return f"HTTP/1.1 {status}\r\n{lines}\r\n".encode() + body


def answering_with(sent: bytes) -> Talk:
    """Always answer the same bytes, on connections that stay open."""

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while True:
            await asked(reader)
            writer.write(sent)
            await writer.drain()

    return talk
