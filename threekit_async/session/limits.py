"""How much happens at the same time."""

from __future__ import annotations

import asyncio

from ..options import Limits

__all__ = ("Gate",)


class Gate:
    """Let at most `Limits.concurrency` requests through at a time, in order of arrival."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._slots = asyncio.Semaphore(limits.concurrency)
        self._taken = 0

    async def enter(self) -> None:
        """Wait for a slot and take it."""
        await self._slots.acquire()
        self._taken += 1

    def leave(self) -> None:
        """Give a slot back."""
        self._taken -= 1
        self._slots.release()

    def __repr__(self) -> str:
        return f"<Gate {self._taken} of {self._limits.concurrency} in flight>"
