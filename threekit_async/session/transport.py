"""One attempt, over the wire and back. Besides it only the modules in `wire/` know of aiohttp."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from functools import lru_cache
from typing import Any, Final

import aiohttp
from attrs import evolve
from yarl import URL

from ..network import Network
from ..options import Timeout
from .reply import Call, Reply
from .wire.patience import Patience
from .wire.pool import Pool
from .wire.proxies import Proxy
from .wire.sending import Outgoing
from .wire.throughput import Throughput, throughput_of
from .wire.trouble import TROUBLE, explained, too_large, too_slow, unanswered, unreadable

__all__ = ("Transport",)

# Error pages are cut here: their beginning says what there is to say.
_LARGEST_ERROR: Final = 1_000_000
_PLAIN: Final = frozenset({"", "identity"})
_UNPACKED: Final = _PLAIN | {"gzip", "deflate", "br", "zstd"}


class Transport:
    """Send attempts over the connections of one client.

    :param network: how the server is reached; see `Network`.
    :param made_at: where the client was made, as `/srv/shop.py:12`. A transport that is dropped
        before it was closed, or is there at the interpreter's exit, closes its connections and
        warns, naming that place; None closes without a word, and not at the exit.
    """

    def __init__(
        self, *, user_agent: str, network: Network | None = None, made_at: str | None = None
    ) -> None:
        self._network = network or Network()
        headers = {"User-Agent": user_agent, "Accept": "application/json, */*;q=0.5"}
        self._pool = Pool(headers=headers, network=self._network, made_at=made_at)

    def check(self) -> None:
        """Refuse what could not be sent, before anything is waited for.

        :raises UsageError: when the client is closed, or belongs to another loop or process.
        """
        self._pool.check()

    async def exchange(self, call: Call) -> Reply:
        """Send one attempt and return its answer, whatever its status.

        What a source of an upload raises is raised as it is.

        :raises TransportError: when no complete answer came; `sent` says what is known.
        :raises DecodeError: when the answer is too large, or packed in a way nobody asked for.
        :raises UsageError: when the client is closed, or belongs to another loop or process.
        """
        session = await self._pool.ready()
        proxy = self._pool.proxy(call.url)
        outgoing = Outgoing(call.request.body)
        patience = Patience(call.timeout.read, outgoing.handed_over)
        try:
            async with outgoing:
                with patience:
                    incoming = _Incoming(
                        call, await self._sent(session, call, outgoing, proxy), self._pool
                    )
                if call.buffered or not 200 <= incoming.status < 300:
                    return await incoming.reply(self._network.largest_json)
        except TROUBLE as error:
            trouble = outgoing.error or _explained(call, error, proxy, patience)
        else:
            return Reply(status=incoming.status, headers=incoming.headers, open_body=incoming)
        finally:
            call.story.reached |= patience.begun
        # Raised out here it has no cause: aiohttp's errors and frames hold the URL and the headers.
        raise trouble

    async def _sent(
        self,
        session: aiohttp.ClientSession,
        call: Call,
        outgoing: Outgoing,
        proxy: Proxy | None,
    ) -> aiohttp.ClientResponse:
        return await session.request(
            call.request.verb,
            # The URL is encoded already; yarl would undo %2B and dot segments.
            URL(call.url, encoded=True),
            data=outgoing.data(),
            timeout=_client_timeout(call),
            # The session layer follows them: where to, and what goes along, is its affair.
            allow_redirects=False,
            # The caller's own session may have other ideas of these two.
            raise_for_status=False,
            auto_decompress=True,
            **_addressed({**self._pool.headers, **call.headers}, call.url, proxy),
        )

    async def aclose(self) -> None:
        """Close every connection; harmless when done before."""
        await self._pool.aclose()

    def abandon(self) -> bool:
        """Close every connection without waiting, from any thread and at any time; never raises.

        For whoever forgot `aclose()`.

        :returns: whether there was anything to close.
        """
        return self._pool.abandon()

    @property
    def in_use(self) -> int:
        """How many connections are handed out to calls and open bodies."""
        return self._pool.in_use

    def __repr__(self) -> str:
        return f"<Transport {self._pool}>"


def _explained(call: Call, error: Exception, proxy: Proxy | None, patience: Patience) -> Exception:
    if patience.ended and not isinstance(error, TimeoutError):
        return unanswered(call, uploading=patience.uploading)
    return explained(call, error, proxy, begun=patience.begun)


def _addressed(headers: dict[str, str], url: str, proxy: Proxy | None) -> dict[str, Any]:
    """Say what goes to whom: a plain proxy reads the request itself, a tunnel's one does not."""
    if proxy is None:
        return {"headers": headers}
    options: dict[str, Any] = {"headers": headers, "proxy": URL(proxy.url)}
    if proxy.authorization is not None:
        secret = {"Proxy-Authorization": proxy.authorization}
        if url.startswith("https:"):
            options["proxy_headers"] = secret
        else:
            headers.update(secret)
    return options


class _Incoming:
    """An answer on its way in. It has no repr of its own: aiohttp's shows the URL and its token."""

    __slots__ = ("_call", "_clock", "_pool", "_response", "_throughput", "headers", "status")

    def __init__(self, call: Call, response: aiohttp.ClientResponse, pool: Pool) -> None:
        self._call = call
        self._pool = pool  # a client that is dropped now closes nothing before this is read
        self._clock = asyncio.get_running_loop().time
        self._throughput = throughput_of(call.timeout)
        self._response = response
        self.headers: Mapping[str, str] = response.headers
        self.status = response.status

    async def reply(self, largest: int) -> Reply:
        """Read the whole answer.

        :param largest: bytes, for answers that are to be decoded.
        """
        async with self._response:
            if not 200 <= self.status < 300:
                body = await self._error_page()
            elif self._call.request.returns.kind == "an answer":
                body = await self._beginning(bytearray())
            elif self._call.request.returns.kind == "a file":
                self._check_encoding(_PLAIN)
                body = await self._whole(None)
            else:
                self._check_encoding(_UNPACKED)
                body = await self._whole(largest)
        return Reply(status=self.status, headers=self.headers, body=body)

    def _check_encoding(self, asked_for: frozenset[str]) -> None:
        encoding = self.headers.get("Content-Encoding", "").strip().lower()
        if encoding not in asked_for:
            raise unreadable(self._call, encoding)

    async def _whole(self, largest: int | None) -> bytes:
        promised = self._response.content_length
        if largest is not None and promised is not None and promised > largest:
            raise too_large(self._call, largest)
        pieces: list[bytes] = []
        size = 0
        while piece := await self._piece():
            pieces.append(piece)
            size += len(piece)
            if largest is not None and size > largest:
                raise too_large(self._call, largest)
        return pieces[0] if len(pieces) == 1 else b"".join(pieces)

    async def _error_page(self) -> bytes:
        """Read what comes of it: its status counts, whatever becomes of the rest."""
        begun = bytearray()
        try:
            return await self._beginning(begun)
        except TROUBLE:
            self.close()
            return bytes(begun)

    async def _beginning(self, begun: bytearray) -> bytes:
        """Read into `begun`, and return it cut."""
        while len(begun) < _LARGEST_ERROR and (piece := await self._piece()):
            begun += piece
        return bytes(begun[:_LARGEST_ERROR])

    async def chunks(self) -> AsyncIterator[bytes]:
        """Iterate over the pieces as they come; before a break, hand out what has arrived."""
        try:
            while piece := await self._piece():
                self._call.story.received += len(piece)
                yield piece
        except TROUBLE as error:
            trouble = explained(self._call, error)
        else:
            return
        if rest := _arrived(self._response.content):
            yield rest
        raise trouble

    async def _piece(self) -> bytes:
        """Wait for what comes next; empty at the end. Only this waiting counts as the server's."""
        if self._throughput is None:
            return await self._read()
        began = self._clock()
        if self._call.timeout.read is None:
            piece = await self._within(self._throughput)
        else:
            piece = await self._read()
        if self._throughput.too_slow(self._clock() - began, len(piece)) and piece:
            raise too_slow(self._call, self._throughput)
        return piece

    async def _read(self) -> bytes:
        seconds = self._call.timeout.read
        if seconds is None or "Content-Encoding" not in self.headers:
            return await self._response.content.readany()
        # aiohttp's own timer ends with the last packed byte, also when more should be unpacked.
        bound = asyncio.timeout(seconds)
        try:
            async with bound:
                return await self._response.content.readany()
        except TimeoutError as error:
            if not bound.expired():
                raise
            raise aiohttp.SocketTimeoutError from error

    async def _within(self, throughput: Throughput) -> bytes:
        """Wait as long as no pace could be enough: nothing else ends a silence without `read`."""
        bound = asyncio.timeout(throughput.window)
        try:
            async with bound:
                return await self._response.content.readany()
        except TimeoutError:
            if not bound.expired():
                raise
            raise too_slow(self._call, throughput) from None

    def close(self) -> None:
        """Give the connection up; one whose body was read to its end was given back already."""
        self._response.close()


def _arrived(stream: Any) -> bytes:
    """Return what aiohttp holds and would not hand out any more: that much need not come again."""
    held = b"".join(getattr(stream, "_buffer", ()))
    return held[getattr(stream, "_buffer_offset", 0) :]


def _client_timeout(call: Call) -> aiohttp.ClientTimeout:
    if call.deadline is None:
        return _timeout(call.timeout)
    left = call.deadline - asyncio.get_running_loop().time()
    return _timeout(evolve(call.timeout, total=max(0.001, min(left, call.timeout.total or left))))


@lru_cache(maxsize=64)
def _timeout(timeout: Timeout) -> aiohttp.ClientTimeout:
    return aiohttp.ClientTimeout(
        total=timeout.total, connect=timeout.connect, sock_read=timeout.read
    )
