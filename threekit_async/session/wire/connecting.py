"""Connections that are not lost while hooks are told of them."""

from __future__ import annotations

from contextvars import ContextVar
from typing import Any, Final

import aiohttp

__all__ = ("Connector",)

_FRESH: Final = ContextVar[list[Any]]("threekit_async_fresh")


class Connector(aiohttp.TCPConnector):
    """Close a new connection whose request ends while a hook of aiohttp's hears of it.

    aiohttp has the connection then, and whoever waits for it has not: nobody closes it.
    """

    async def connect(self, req: Any, traces: Any, timeout: Any) -> Any:  # noqa: ASYNC109
        """Return a connection, of the pool or a new one."""
        if not traces:
            return await super().connect(req, traces, timeout)
        fresh: list[Any] = []
        token = _FRESH.set(fresh)
        try:
            return await super().connect(req, traces, timeout)
        except BaseException:
            for protocol in fresh:
                protocol.abort()
            raise
        finally:
            _FRESH.reset(token)

    async def _create_connection(self, req: Any, traces: Any, timeout: Any) -> Any:  # noqa: ASYNC109
        protocol = await super()._create_connection(req, traces, timeout)
        if traces:
            _FRESH.get().append(protocol)
        return protocol
