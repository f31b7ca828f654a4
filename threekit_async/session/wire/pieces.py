"""Where the bytes of an upload come from: an iterable in a thread, or an asynchronous one."""

from __future__ import annotations

import asyncio
from collections.abc import (
    AsyncGenerator,
    AsyncIterable,
    AsyncIterator,
    Callable,
    Generator,
    Iterable,
    Iterator,
)
from contextlib import suppress
from typing import Protocol, cast

from ...errors import UsageError
from .beside import Beside

__all__ = ("Awaited", "Held", "Source", "Stepped")

_ENOUGH = 64 * 1024
_PIECE = 256 * 1024
_SECONDS_TO_CLOSE = 0.5


class Source(Protocol):
    """Bytes that come piece by piece."""

    async def piece(self) -> bytes | None:
        """Return the next piece; None after the last."""
        ...

    async def aclose(self) -> None:
        """Close what was opened, and a generator; harmless when everything was read."""
        ...


class Held:
    """Hand out bytes that are in memory, in pieces."""

    def __init__(self, content: bytes) -> None:
        self._content = content
        self._at = 0

    async def piece(self) -> bytes | None:
        """Return the next piece; None after the last."""
        begun, self._at = self._at, self._at + _PIECE
        return self._content[begun : self._at] or None

    async def aclose(self) -> None:
        """Close nothing."""


class Stepped:
    """Step an iterable in a thread of its own: it may block, and may be bound to its thread.

    :param name: of the file, for messages.
    :param close: called in that thread at the end.
    """

    def __init__(
        self, iterable: Iterable[bytes], name: str, *, close: Callable[[], object] | None = None
    ) -> None:
        self._iterator: Iterator[bytes] = iter(iterable)
        self._name = name
        self._close = close
        self._thread = Beside("threekit-upload")

    async def piece(self) -> bytes | None:
        """Return what comes, small pieces joined; None after the last."""
        return await self._thread.run(self._taken)

    def _taken(self) -> bytes | None:
        taken: list[bytes] = []
        length = 0
        for piece in self._iterator:
            taken.append(_checked(piece, self._name))
            length += len(piece)
            if length >= _ENOUGH:
                break
        return b"".join(taken) if length else None

    async def aclose(self) -> None:
        """Close in the thread, after the step at hand; one that never ends is not waited for."""
        if not self._thread.begun:
            self._end()
            return
        closing = self._thread.begin(self._end)
        self._thread.end()
        await asyncio.wait({closing}, timeout=_SECONDS_TO_CLOSE)

    def _end(self) -> None:
        with suppress(Exception):  # why the upload ended matters more
            iterator: object = self._iterator
            if isinstance(iterator, Generator):
                iterator.close()
        with suppress(Exception):
            if self._close is not None:
                self._close()


class Awaited:
    """Step an asynchronous iterable on the loop.

    :param name: of the file, for messages.
    """

    def __init__(self, iterable: AsyncIterable[bytes], name: str) -> None:
        self._iterator: AsyncIterator[bytes] = aiter(iterable)
        self._name = name
        self._stepping = asyncio.Lock()

    async def piece(self) -> bytes | None:
        """Return the next piece; None after the last."""
        async with self._stepping:
            try:
                return _checked(await anext(self._iterator), self._name)
            except StopAsyncIteration:
                return None

    async def aclose(self) -> None:
        """Close a generator; whoever stepped it was cancelled before."""
        iterator: object = self._iterator
        if isinstance(iterator, AsyncGenerator):
            async with self._stepping:
                with suppress(Exception):  # why the upload ended matters more
                    await iterator.aclose()


def _checked(piece: object, name: str) -> bytes:
    if isinstance(piece, bytes):
        return piece
    if isinstance(piece, (bytearray, memoryview)):
        return bytes(cast("bytearray", piece))
    raise UsageError(
        f"{name} was not uploaded: its source gives {type(piece).__name__}, not bytes. "
        'Open files with mode "rb", and encode text.'
    )
