"""Closes the connections nobody closed: from a finalizer, where nothing can be waited for.

A transport is told that it is closed by its loop, in the loop's next round. Where none will come
the socket is closed at once; what is reached into for that is the same in all Pythons we run on.
"""

from __future__ import annotations

import asyncio
import os
from contextlib import suppress
from typing import Any

from attrs import frozen

from ...place import warn_at

__all__ = ("Opened",)


@frozen
class Opened:
    """A session that was opened, and what has to be known to close it from anywhere.

    :param session: aiohttp's; ours to close.
    :param made_at: where its client was made, as `/srv/shop.py:12`; None warns of nothing.
    """

    session: Any
    loop: asyncio.AbstractEventLoop
    process: int
    made_at: str | None = None

    def forgotten(self) -> None:
        """Close what nobody closed, and say so once."""
        if self.drop() and self.made_at is not None:
            message = (
                f"A client was forgotten: it was made at {self.made_at} and is closed only now. "
                "Use `async with AsyncThreekit(...) as tk:`, or await its aclose(); what its "
                "with_options() returns closes nothing."
            )
            warn_at(self.made_at, message, ResourceWarning)

    def drop(self) -> bool:
        """Close every connection without waiting; never raises.

        :returns: whether there was anything to close in this process.
        """
        if self.session.closed:
            return False
        connector = self.session.connector
        with suppress(Exception):
            self.session.detach()
        with suppress(Exception):
            self._drop(connector)
        return self.process == os.getpid()

    def _drop(self, connector: Any) -> None:
        if self.process != os.getpid():
            # Closing would take the parent's sockets out of the selector that both still share.
            _forget(connector)
        elif not self.loop.is_running():
            _cut(connector)
        elif self.loop is asyncio._get_running_loop():  # noqa: SLF001
            _abort(connector)
        else:
            self.loop.call_soon_threadsafe(_abort, connector)


def _abort(connector: Any) -> None:
    for transport in _transports(connector):
        transport.abort()
    _forget(connector)


def _cut(connector: Any) -> None:
    for transport in _transports(connector):
        _end(transport)
    _forget(connector)


def _end(transport: Any) -> None:
    plain = transport
    with suppress(AttributeError):  # one with TLS lies over a plain one
        plain = transport._ssl_protocol._transport  # noqa: SLF001
        transport._closed = True  # noqa: SLF001
    with suppress(Exception):
        plain.pause_reading()
    with suppress(Exception):
        plain._call_connection_lost(None)  # noqa: SLF001


def _transports(connector: Any) -> list[Any]:
    idle = [pair[0] for kept in connector._conns.values() for pair in kept]  # noqa: SLF001
    found = [protocol.transport for protocol in (*idle, *connector._acquired)]  # noqa: SLF001
    return [transport for transport in found if transport is not None]


def _forget(connector: Any) -> None:
    connector._conns.clear()  # noqa: SLF001
    connector._acquired.clear()  # noqa: SLF001
    connector._closed = True  # noqa: SLF001
