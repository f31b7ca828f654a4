"""The only module that imports aiohttp's client: one attempt, over the wire and back."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator
from functools import lru_cache

import aiohttp
from attrs import evolve, frozen
from yarl import URL

from ..errors import ConnectError, RequestTimeoutError, TransportError, UsageError
from ..options import Timeout
from .next_step import once_more
from .redact import shown_url
from .reply import Call, Reply
from .sending import Outgoing

__all__ = ("Transport",)

_MOST_REDIRECTS = 5
_TROUBLE = (aiohttp.ClientError, TimeoutError, OSError, ValueError)


class Transport:
    """Own the connection pool: opened by the first request, in the loop that runs then."""

    def __init__(self, *, user_agent: str) -> None:
        self._headers = {"User-Agent": user_agent, "Accept": "application/json, */*;q=0.5"}
        self._session: aiohttp.ClientSession | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._process = 0
        self._closed = False

    async def exchange(self, call: Call) -> Reply:
        """Send one attempt and return its answer, whatever its status.

        What a source of an upload raises is raised as it is.

        :raises TransportError: when no complete answer came; `sent` says what is known.
        """
        session = self.ready()
        outgoing = Outgoing(call.request.body)
        try:
            async with outgoing:
                response = await self._sent(session, call, outgoing)
                if call.buffered or not 200 <= response.status < 300:
                    async with response:
                        body = await response.read()
                    return Reply(status=response.status, headers=response.headers, body=body)
        except _TROUBLE as error:
            trouble = outgoing.error or _transport_error(call, error)
        else:
            return Reply(
                status=response.status,
                headers=response.headers,
                open_body=_Body(call=call, response=response),
            )
        # Raised out here it has no cause: aiohttp's errors and frames hold the URL and the headers.
        raise trouble

    async def _sent(
        self, session: aiohttp.ClientSession, call: Call, outgoing: Outgoing
    ) -> aiohttp.ClientResponse:
        return await session.request(
            call.request.verb,
            # The URL is encoded already; yarl would undo %2B and dot segments.
            URL(call.url, encoded=True),
            headers=call.headers,
            data=outgoing.data(),
            timeout=_client_timeout(call),
            # A redirected POST would be repeated as a GET.
            allow_redirects=call.request.verb == "GET",
            max_redirects=_MOST_REDIRECTS,
        )

    def ready(self) -> aiohttp.ClientSession:
        """Return the pool, opening it when this is the first request.

        :raises UsageError: when the client is closed, or belongs to another loop or process.
        """
        if self._closed:
            raise UsageError("This client is closed. Make a new one; nothing was sent.")
        loop = asyncio.get_running_loop()
        if self._session is None:
            self._session = aiohttp.ClientSession(
                headers=self._headers,
                # The session layer's gate bounds what is in flight; two bounds would wait twice.
                connector=aiohttp.TCPConnector(limit=0),
                cookie_jar=aiohttp.DummyCookieJar(),
            )
            # aiohttp would repeat a lost read once by itself: uncounted, and without waiting.
            self._session._retry_connection = False  # noqa: SLF001  # pyright: ignore[reportPrivateUsage]
            self._loop = loop
            self._process = os.getpid()
        if self._loop is not loop or self._process != os.getpid():
            raise UsageError(
                "This client was first used in another event loop or process, and its connections "
                "live there. Make one client for each loop; nothing was sent."
            )
        return self._session

    async def aclose(self) -> None:
        """Close every connection; harmless when done before."""
        self._closed = True
        session, self._session = self._session, None
        if session is not None:
            await session.close()

    def __repr__(self) -> str:
        state = "closed" if self._closed else "open" if self._session else "not opened yet"
        return f"<Transport {state}>"


@frozen(kw_only=True)
class _Body:
    call: Call
    response: aiohttp.ClientResponse

    async def chunks(self) -> AsyncIterator[bytes]:
        try:
            while chunk := await self.response.content.readany():
                yield chunk
        except _TROUBLE as error:
            trouble = _transport_error(self.call, error)
        else:
            return
        raise trouble

    def close(self) -> None:
        # A body that was read to its end has given its connection back already.
        self.response.close()


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


def _transport_error(  # noqa: PLR0911  # one sentence for each cause
    call: Call, error: Exception
) -> TransportError | UsageError:
    # `error` may hold the URL with its token: only its parts are shown.
    where, kind = shown_url(call.url), type(error).__name__
    match error:
        case aiohttp.ConnectionTimeoutError():
            return RequestTimeoutError(
                f"{call}: no connection to {where} within {call.timeout.connect} s. "
                "Check the host and the network, or allow more with Timeout(connect=...).",
                sent=False,
            )
        case aiohttp.ClientConnectorDNSError():
            return ConnectError(
                f"{call}: the host name in {where} is not known. "
                "Check the host setting and the network."
            )
        case aiohttp.ClientConnectorCertificateError() | aiohttp.ClientConnectorSSLError():
            return ConnectError(
                f"{call}: {where} did not pass the TLS check ({kind}). "
                "Check the scheme and the port, and the certificates this machine trusts."
            )
        case aiohttp.ClientConnectorError():
            return ConnectError(
                f"{call}: no connection to {where} ({error.os_error.strerror or 'failed'}). "
                "Check that the server runs there, and the host setting."
            )
        case TimeoutError():
            return RequestTimeoutError(
                f"{call}: {where} was silent for too long. Timeout(read=..., total=...) allows "
                f"more. {once_more(str(call))}",
                sent=True,
            )
        case ValueError():
            return UsageError(
                f"{call}: aiohttp refused to send it ({kind}). Look for line breaks or other odd "
                "characters in headers, media types and the host; nothing was sent."
            )
        case aiohttp.ClientPayloadError():
            reason = "the answer was cut off before its end"
        case aiohttp.TooManyRedirects():
            reason = f"more than {_MOST_REDIRECTS} redirects"
        case aiohttp.ServerDisconnectedError() | OSError():
            reason = "the connection was lost"
        case _:
            reason = "the answer is not valid HTTP"
    return TransportError(f"{call}: {reason} ({where}). {once_more(str(call))}", sent=True)
