"""The end of a client, and the waits that end with it."""

from __future__ import annotations

import asyncio

from ..errors import UsageError
from .next_step import look_first

__all__ = ("Closing",)


class Closing:
    """Know whether the client is closed; who rests between two attempts wakes up when it is."""

    def __init__(self) -> None:
        self._began = False
        self._resting: set[asyncio.Future[None]] = set()

    def began(self) -> bool:
        """Tell whether the client is closed, or about to be."""
        return self._began

    async def rest(self, seconds: float) -> None:
        """Wait so many seconds, or until the client is closed."""
        loop = asyncio.get_running_loop()
        wake = loop.create_future()
        timer = loop.call_later(seconds, _wake, wake)
        self._resting.add(wake)
        try:
            await wake
        finally:
            timer.cancel()
            self._resting.discard(wake)

    def close(self) -> None:
        """Close, and wake everybody up."""
        self._began = True
        for wake in list(self._resting):
            loop = wake.get_loop()
            if loop is asyncio.get_running_loop():
                _wake(wake)
            elif not loop.is_closed():
                loop.call_soon_threadsafe(_wake, wake)

    def check(self, asked: str, *, sent: bool) -> None:
        """Refuse to go on with a call when the client was closed meanwhile.

        :param asked: verb and path, as `GET /api/layers`.
        :raises UsageError: when it was.
        """
        if self._began:
            then = (look_first(asked) if sent else "It was not sent.") or "Make a new client."
            raise UsageError(f"The client was closed while {asked} was under way. {then}")


def _wake(wake: asyncio.Future[None]) -> None:
    if not wake.done():
        wake.set_result(None)
