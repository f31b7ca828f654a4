"""A proxy on the loopback interface: it forwards plain requests and opens tunnels."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from urllib.parse import urlsplit

from tests.session.attempts import talking


class ProxyServer:
    """What a proxy has seen, and whom it lets through.

    :param wanted: the value of Proxy-Authorization; None lets everybody through.
    """

    def __init__(self, wanted: str | None) -> None:
        self.wanted = wanted
        self.url = ""
        #: The heads of requests as they came, tunnels included.
        self.heads: list[str] = []

    @property
    def verbs(self) -> list[str]:
        return [head.partition(" ")[0] for head in self.heads]

    async def talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while True:
            head = (await reader.readuntil(b"\r\n\r\n")).decode()
            self.heads.append(head)
            if self.wanted is not None and f"Proxy-Authorization: {self.wanted}" not in head:
                writer.write(
                    b"HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n"
                )
            elif head.startswith("CONNECT "):
                await self._tunnel(head, reader, writer)
                return
            else:
                await self._forward(head, reader, writer)
            await writer.drain()

    async def _tunnel(
        self, head: str, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        host, _, port = head.split(" ")[1].rpartition(":")
        far_reader, far_writer = await asyncio.open_connection(host, int(port))
        writer.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
        try:
            async with asyncio.TaskGroup() as both:
                both.create_task(_copied(reader, far_writer))
                both.create_task(_copied(far_reader, writer))
        finally:
            far_writer.close()

    async def _forward(
        self, head: str, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        verb, url, _ = head.split(" ", 2)
        target = urlsplit(url)
        lines = [line for line in head.split("\r\n")[1:] if not line.startswith("Proxy-")]
        sent = f"{verb} {target.path}?{target.query} HTTP/1.1\r\n" + "\r\n".join(lines)
        far_reader, far_writer = await asyncio.open_connection(target.hostname, target.port)
        try:
            far_writer.write(sent.encode() + await _body(head, reader))
            answered = await far_reader.readuntil(b"\r\n\r\n")
            writer.write(answered + await _body(answered.decode(), far_reader))
        finally:
            far_writer.close()


async def _body(head: str, reader: asyncio.StreamReader) -> bytes:
    found = re.search(r"content-length: (\d+)", head, re.IGNORECASE)
    return await reader.readexactly(int(found[1])) if found else b""


async def _copied(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while piece := await reader.read(65536):
        writer.write(piece)
        await writer.drain()
    writer.close()


@asynccontextmanager
async def proxying(*, wanted: str | None = None) -> AsyncIterator[ProxyServer]:
    """Run a proxy."""
    proxy = ProxyServer(wanted)
    async with talking(proxy.talk) as url:
        proxy.url = url
        yield proxy
