"""Clients of one emulator: made for a test, closed after it, whatever became of their loop."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import suppress
from typing import TYPE_CHECKING

from ..client import AsyncThreekit
from ..errors import UsageError
from ..options import Retry

if TYPE_CHECKING:
    from ..emulator.thread import EmulatorThread
    from ..options import Limits, Timeout
    from ..session.auth import Credentials, Secret
    from ..sync.client import Threekit

__all__ = ("AsyncClients", "sync_client")

_SECONDS_TO_CLOSE = 10


def _at_once() -> Retry:
    """Repeat as often as always, without waiting: tests ask what happens, not when."""
    return Retry(base=0.0, cap=0.0)


def sync_client(server: EmulatorThread) -> Threekit:
    """Return a synchronous client of the emulator."""
    from ..sync.client import Threekit

    return Threekit(
        token=server.private_token, org_id=server.org_id, host=server.url, retry=_at_once()
    )


class AsyncClients:
    """Make asynchronous clients of one emulator, and close those that are left open."""

    def __init__(self, server: EmulatorThread) -> None:
        self._server = server
        self._open: list[_Open] = []

    def __call__(
        self,
        *,
        token: str | Secret | Credentials | None = None,
        org_id: str | None = None,
        timeout: Timeout | None = None,
        retry: Retry | None = None,
        limits: Limits | None = None,
        deadline: float | None = None,
    ) -> AsyncThreekit:
        """Return a client for the running loop; parameters are those of `AsyncThreekit`.

        What is not given is right for the emulator: its private token, its organisation, and
        retries that do not wait.

        :raises UsageError: when no event loop of asyncio is running.
        """
        loop = _running_loop()
        client = AsyncThreekit(
            token=token or self._server.private_token,
            org_id=org_id or self._server.org_id,
            host=self._server.url,
            timeout=timeout,
            retry=retry or _at_once(),
            limits=limits,
            deadline=deadline,
        )
        self._open.append(_Open(client, loop))
        return client

    def close(self) -> None:
        """Close what is left open, on loops that run, rest, or are closed already."""
        while self._open:
            self._open.pop().close()

    def __repr__(self) -> str:
        return f"<AsyncClients {len(self._open)} made for {self._server!r}>"


class _Open:
    """A client and the loop it was made in, which closes it before it is closed itself.

    Whoever ends a loop well (asyncio.run, pytest-asyncio, anyio) first has it shut down its
    asynchronous generators: one that has begun, and waits, is told in time.
    """

    def __init__(self, client: AsyncThreekit, loop: asyncio.AbstractEventLoop) -> None:
        self._client = client
        self._loop = loop
        self._closed = False
        self._keeper = self._closing()
        # It does not wait before its first yield: one step begins it, and needs no loop's turn.
        with suppress(StopIteration):
            self._keeper.__anext__().send(None)

    async def _closing(self) -> AsyncGenerator[None]:
        try:
            yield
        finally:
            self._closed = True
            await self._client.aclose()

    def close(self) -> None:
        if self._closed:
            return
        if self._loop.is_closed():
            # Not client.aclose(): work left in the background cannot be cancelled without its loop.
            session = self._client._session  # noqa: SLF001  # pyright: ignore[reportPrivateUsage]
            session.transport.abandon()
        elif self._loop.is_running():
            closing = asyncio.run_coroutine_threadsafe(self._client.aclose(), self._loop)
            closing.result(_SECONDS_TO_CLOSE)
        else:
            self._loop.run_until_complete(self._keeper.aclose())


def _running_loop() -> asyncio.AbstractEventLoop:
    try:
        return asyncio.get_running_loop()
    except RuntimeError:
        raise UsageError(
            "threekit_async_client makes clients for the running event loop, and none of asyncio's "
            "is running here. Call it inside an asynchronous test or function, or use the fixture "
            "threekit_client; nothing was sent."
        ) from None
