"""Bytes as a download gives them: in chunks, and sometimes with an error at their end."""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator

CHUNK = 64 * 1024
LARGE = 30 * 1024 * 1024


class BrokenDownloadError(Exception):
    """What a download fails with: no error of the destination."""


class Chunks:
    """Gives `size` bytes, counts what was drawn, and may fail in the end."""

    def __init__(
        self, size: int, *, fill: bytes = b"x", error: BaseException | None = None
    ) -> None:
        self.size = size
        self.drawn = 0
        self.closed = False
        self._fill = fill
        self._error = error

    def __aiter__(self) -> AsyncIterator[bytes]:
        return self

    async def __anext__(self) -> bytes:
        if self.drawn >= self.size:
            if self._error is not None:
                raise self._error
            raise StopAsyncIteration
        chunk = self._fill * min(CHUNK, self.size - self.drawn)
        self.drawn += len(chunk)
        return chunk

    @property
    def digest(self) -> str:
        return digest_of(self._fill * self.size)


def digest_of(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def given(data: bytes) -> Chunks:
    """Give some bytes that are all the same."""
    return Chunks(len(data), fill=data[:1])
