"""The connections of one client: opened once, for one event loop in one process."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any
from weakref import finalize

import aiohttp

from ...errors import UsageError
from ...network import Network, tls_context
from .abandon import Opened
from .borrowed import give_back, take_over
from .careful import careful
from .connecting import Connector
from .proxies import Proxies, Proxy

__all__ = ("Pool",)

# A lost connection is told to its reader by the loop, with TLS in a few steps.
_ROUNDS_TO_END = 20


class Pool:
    """Own an aiohttp session, or use the caller's; opened by the first request.

    :param headers: for every request.
    :param made_at: where the client was made; one that is never closed is warned of there.
    """

    def __init__(
        self, *, headers: Mapping[str, str], network: Network, made_at: str | None = None
    ) -> None:
        self._network = network
        self._defaults = headers
        self._made_at = made_at
        #: What each request must bring along: a session of the caller's has defaults of its own.
        self.headers: Mapping[str, str] = {}
        self._proxies = Proxies()
        self._session: aiohttp.ClientSession | None = None
        self._opening = asyncio.Lock()
        # Not __del__: in a cycle aiohttp's own could come first, with a warning of its own.
        self._forgotten: finalize[Any, Any] | None = None
        self._drop: Callable[[], bool] = bool
        self._loop: asyncio.AbstractEventLoop | None = None
        self._process = 0
        self._closed = False

    async def ready(self) -> aiohttp.ClientSession:
        """Return the session, opening it when this is the first request.

        :raises UsageError: when the client is closed, or belongs to another loop or process.
        :raises ConfigError: when a file of certificates cannot be used.
        """
        loop = self.check()
        if self._session is None:
            theirs = self._network.http_session
            return await self._opened(loop) if theirs is None else self._borrowed(theirs, loop)
        if self._session.closed and self._session is self._network.http_session:
            raise _closed_session()
        return self._session

    def check(self) -> asyncio.AbstractEventLoop:
        """Return the loop of here; raises as `ready` does when it cannot be used here."""
        if self._closed:
            raise UsageError("This client is closed. Make a new one; nothing was sent.")
        loop = asyncio.get_running_loop()
        if self._loop is None:
            self._loop, self._process = loop, os.getpid()
        if self._process != os.getpid():
            raise UsageError(
                f"This client was first used in the process {self._process}, and a forked process "
                "must not share its connections. Make a client in each process; nothing was sent."
            )
        if self._loop is not loop:
            raise UsageError(
                "This client was first used in another event loop, and its connections live "
                "there. Make a client in each loop, or run all calls in one; nothing was sent."
            )
        return loop

    async def _opened(self, loop: asyncio.AbstractEventLoop) -> aiohttp.ClientSession:
        async with self._opening:
            if self._session is None:
                context = None
                if self._network.has_tls_settings:  # reading certificates takes a while
                    context = await asyncio.to_thread(tls_context, self._network)
                    self.check()
                self._session = self._made(context)
                opened = Opened(self._session, loop, self._process, self._made_at)
                self._drop = opened.drop
                self._forgotten = finalize(self, opened.forgotten)
                self._forgotten.atexit = self._made_at is not None
        return self._session

    def _made(self, context: Any) -> aiohttp.ClientSession:
        self._proxies = _proxies(self._network)
        session = aiohttp.ClientSession(
            headers=self._defaults,
            # The session layer's gate bounds what is in flight; two bounds would wait twice.
            connector=Connector(limit=0, ssl=True if context is None else context),
            cookie_jar=aiohttp.DummyCookieJar(),
            trace_configs=careful(self._network.trace_configs),
        )
        take_over(session)
        return session

    def _borrowed(
        self, session: aiohttp.ClientSession, loop: asyncio.AbstractEventLoop
    ) -> aiohttp.ClientSession:
        if session.closed:
            raise _closed_session()
        if getattr(session, "_loop", loop) is not loop:
            raise UsageError(
                "The http_session of this client was made in another event loop. Make it in the "
                "loop that uses it; nothing was sent."
            )
        own = {name.lower() for name in session.headers}
        self.headers = {k: v for k, v in self._defaults.items() if k.lower() not in own}
        take_over(session)
        self._drop = partial(give_back, session)
        self._forgotten = finalize(self, give_back, session)
        self._session = session
        return session

    def proxy(self, url: str) -> Proxy | None:
        """Return the proxy a URL is asked through; None for none, or one the session knows.

        :raises ConfigError: when the environment names one that cannot be used.
        """
        return self._proxies.of(url)

    async def aclose(self) -> None:
        """Close every connection of ours; harmless when done before."""
        session = self._session
        ours = session is not self._network.http_session
        if session is None or not ours or self._loop is not asyncio.get_running_loop():
            self.abandon()
            return
        self._closed, self._session = True, None
        if self._forgotten is not None:
            self._forgotten.detach()
        await _hang_up(session.connector)
        await session.close()

    def abandon(self) -> bool:
        """Close every connection of ours without waiting, from wherever; never raises.

        :returns: whether there was anything to close: False when nothing was opened, or is not
            ours: the caller's session, and in a forked process the connections of its parent.
        """
        self._closed, self._session = True, None
        if self._forgotten is None or not self._forgotten.detach():
            return False
        return self._drop()

    @property
    def in_use(self) -> int:
        """How many connections are handed out."""
        connector = self._session.connector if self._session is not None else None
        return len(getattr(connector, "_acquired", ()))

    def __str__(self) -> str:
        return "closed" if self._closed else "open" if self._session else "not opened yet"

    def __repr__(self) -> str:
        return f"<Pool {self}>"


async def _hang_up(connector: Any) -> None:
    """End what still comes in: aiohttp would leave whoever reads it waiting for ever."""
    acquired = list(getattr(connector, "_acquired", ()))
    for protocol in acquired:
        if protocol.transport is not None:
            protocol.transport.abort()
    for _ in range(_ROUNDS_TO_END):
        if all(protocol.transport is None for protocol in acquired):
            return
        await asyncio.sleep(0)


def _closed_session() -> UsageError:
    return UsageError(
        "The http_session of this client is closed. Close it after the client; nothing was sent."
    )


def _proxies(network: Network) -> Proxies:
    if network.proxy is not None:
        return Proxies(chosen=Proxy.parse(network.proxy, source="proxy"))
    if not network.trust_env:
        return Proxies()
    from urllib.request import getproxies_environment

    found = getproxies_environment()
    found = {name: found[name] for name in ("http", "https", "all", "no") if name in found}
    return Proxies(environment=found if found.keys() - {"no"} else {})
