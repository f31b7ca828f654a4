"""How long an answer's headers are waited for, from the moment the request has a connection.

aiohttp's own timer does not run while a body is written, and begins anew with each byte and each
interim answer: a server that stops reading, or drips, would be waited for without end.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextvars import ContextVar
from types import TracebackType
from typing import Any, Final, Self

import aiohttp

__all__ = ("Patience", "watched")

# So often within the time it is looked at whether the upload goes on.
_LOOKS: Final = 4
# Plain silence is left to aiohttp's own timer, whose error tells it from the rest.
_LATER: Final = 1.05

_WATCHING: ContextVar[Patience | None] = ContextVar("threekit_async_watching", default=None)


class Patience:
    """Watch one request until the headers of its answer are complete.

    Enter it around aiohttp's call, whose session must be one of `watched` requests. It ends the
    connection when nothing of the body was accepted, and the headers have not come, for `seconds`.

    :param seconds: None waits for ever.
    :param sent: tells how many bytes of the body were handed over so far; None while a source has
        the next one to give, which is no fault of the server's.
    """

    __slots__ = (
        "_handle",
        "_progress",
        "_seconds",
        "_sent",
        "_since",
        "_token",
        "_transport",
        "begun",
    )

    def __init__(self, seconds: float | None, sent: Callable[[], int | None]) -> None:
        self._seconds = seconds
        self._sent = sent
        self._since = 0.0
        self._progress: tuple[int | None, int] = (0, 0)
        self._transport: asyncio.Transport | None = None
        self._handle: asyncio.TimerHandle | None = None
        self._token: Any = None
        #: A connection was there, and something may have been sent over it.
        self.begun: bool = False

    @property
    def ended(self) -> bool:
        """The patience is at its end; the connection was cut for that."""
        return self._seconds is not None and self._since < 0

    @property
    def uploading(self) -> bool:
        """Some of the request has not left this machine."""
        return self._progress[1] > 0

    def begin(self, transport: asyncio.Transport | None) -> None:
        """Start the time: here is the connection the request goes over."""
        self._drop()
        self._transport = transport
        self.begun = transport is not None
        if self._seconds is not None and transport is not None:
            loop = asyncio.get_running_loop()
            self._since = loop.time()
            self._handle = loop.call_later(self._seconds / _LOOKS, self._look, loop)

    def _look(self, loop: asyncio.AbstractEventLoop) -> None:
        assert self._seconds is not None  # noqa: S101  # nobody looks otherwise
        assert self._transport is not None  # noqa: S101
        progress = (self._sent(), self._transport.get_write_buffer_size())
        if progress[0] is None or progress != self._progress:
            self._progress, self._since = progress, loop.time()
        left = self._since + self._seconds * _LATER - loop.time()
        if left > 0:
            wait = min(left, self._seconds / _LOOKS)
            self._handle = loop.call_later(wait, self._look, loop)
        else:
            self._handle, self._since = None, -1.0
            self._transport.abort()

    def _drop(self) -> None:
        if self._handle is not None:
            self._handle.cancel()
            self._handle = None

    def __enter__(self) -> Self:
        self._token = _WATCHING.set(self)
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        _WATCHING.reset(self._token)
        self._drop()
        if exc is not None and self._transport is not None:
            # Closed politely it would stay until the server has read what it does not read.
            self._transport.abort()
        # A connection keeps the context it was made in, and this in it, for as long as it lives.
        self._sent, self._transport = _nothing, None


def _nothing() -> None:
    """Hold on to no body."""


class _Watched(aiohttp.ClientRequest):
    async def send(self, conn: Any) -> aiohttp.ClientResponse:
        patience = _WATCHING.get()
        if patience is not None:
            patience.begin(conn.transport)
        return await super().send(conn)


def watched(base: type[aiohttp.ClientRequest]) -> type[aiohttp.ClientRequest]:
    """Return a class of requests that start the time of who watches them."""
    if base is aiohttp.ClientRequest:
        return _Watched
    return type(base.__name__, (_Watched, base), {})
