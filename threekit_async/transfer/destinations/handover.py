"""Bytes handed from the task that receives them to the upload that sends them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable

__all__ = ("Handover",)

_HELD = 1024 * 1024
_SETTLES_WITHIN = 10.0


class GivenUp(Exception):  # noqa: N818  # it is no failure: the receiving side has its own
    """Ends the upload from the inside, so that it is aborted instead of completed."""


class Handover:
    """What an upload iterates over, filled from outside; it holds about 1 MiB.

    `start` begins the upload with it.

    The upload runs beside the caller, but the chunks are drawn by the caller's own task: their
    time limits and their errors stay where they belong. An upload that is told to give up removes
    the parts it has sent. One that is cancelled would leave them in the bucket, unseen and billed.
    """

    def __init__(self, start: Callable[[AsyncIterator[bytes]], Awaitable[object]]) -> None:
        self._held: list[bytes] = []
        self._size = 0
        self._over = False
        self._given_up = False
        self._filled = asyncio.Event()
        self._room = asyncio.Event()
        self._room.set()
        self._upload = asyncio.ensure_future(start(self))
        # Nobody waits for room in an upload that has ended.
        self._upload.add_done_callback(lambda _: self._room.set())

    async def give(self, chunk: bytes) -> None:
        """Hand over some bytes, when there is room; raise what the upload failed with."""
        await self._room.wait()
        if self._upload.done():
            await self._upload
        self._held.append(chunk)
        self._size += len(chunk)
        if self._size >= _HELD:
            self._room.clear()
        self._filled.set()

    async def end(self) -> None:
        """Say that this was all, and wait for the upload; raise what it failed with."""
        self._over = True
        self._filled.set()
        await asyncio.shield(self._upload)

    async def give_up(self) -> None:
        """Abort the upload, and wait some seconds until it has cleared away what it sent."""
        self._given_up = True
        self._filled.set()
        try:
            await asyncio.wait({self._upload}, timeout=_SETTLES_WITHIN)
        finally:
            if not self._upload.cancel() and not self._upload.cancelled():
                # Looked at, so that nobody reports it as never retrieved.
                self._upload.exception()

    def __aiter__(self) -> Handover:
        return self

    async def __anext__(self) -> bytes:
        await self._filled.wait()
        if self._given_up:
            raise GivenUp
        if not self._held:
            raise StopAsyncIteration
        piece = b"".join(self._held)
        self._held, self._size = [], 0
        if not self._over:
            self._filled.clear()
        self._room.set()
        return piece
