"""A request's body on its way out: opened for one attempt, and closed after it."""

from __future__ import annotations

import io
import os
import stat
from collections.abc import AsyncIterable, Iterable, Iterator
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Self, cast

import aiohttp
from attrs import define, field

from ...errors import TransportError, UsageError
from ..request import FilePart, Json, Multipart
from .pieces import Awaited, Source, Stepped

__all__ = ("Outgoing",)

_PIECE = 256 * 1024


@define
class Outgoing:
    """The body of one attempt. Leave it when the answer was read: its sources are closed then."""

    body: Json | Multipart | None
    _feeds: list[_Feed] = field(factory=list["_Feed"], init=False)

    def data(self) -> Any:
        """Open the sources, or wind them back, and return what aiohttp sends.

        :raises UsageError: when a path cannot be read.
        """
        if self.body is None:
            return None
        if isinstance(self.body, Json):
            return aiohttp.BytesPayload(self.body.encoded(), content_type="application/json")
        form = aiohttp.FormData(quote_fields=False)
        for name, value in self.body.fields.items():
            form.add_field(name, value)
        for part in self.body.files:
            content = self._content(part)
            form.add_field(part.name, content, filename=part.filename, content_type=part.mime_type)
        return form

    def _content(self, part: FilePart) -> Any:
        if isinstance(part.source, bytes):
            # Bare bytes would be written in one go, with a warning when there are many.
            return io.BytesIO(part.source)
        feed = _opened(part)
        self._feeds.append(feed)
        return _Pieces(feed, content_type=part.mime_type)

    @property
    def error(self) -> Exception | None:
        """What a source raised: aiohttp speaks of a lost connection then."""
        return next((feed.error for feed in self._feeds if feed.error is not None), None)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        for feed in self._feeds:
            await feed.source.aclose()


@define
class _Feed:
    """The pieces of one part as aiohttp asks for them; a promised length is kept to."""

    source: Source
    name: str
    size: int | None = None
    error: Exception | None = None
    _sent: int = 0

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> bytes:
        try:
            piece = await self.source.piece()
            self._count(piece)
        except Exception as error:
            self.error = error
            raise
        if piece is None:
            raise StopAsyncIteration
        return piece

    def _count(self, piece: bytes | None) -> None:
        self._sent += len(piece or b"")
        if self.size is None or (self._sent <= self.size and piece is not None):
            return
        if self._sent != self.size:
            found = "more" if self._sent > self.size else self._sent
            raise TransportError(
                f"{self.name} was not uploaded: it changed meanwhile, from {self.size} bytes to "
                f"{found}. Upload it again when it is complete.",
                sent=True,
            )


class _Pieces(aiohttp.AsyncIterablePayload):
    def __init__(self, feed: _Feed, *, content_type: str) -> None:
        super().__init__(feed, content_type=content_type)
        self._size = feed.size


def _opened(part: FilePart) -> _Feed:
    source, name = part.source, part.filename
    if isinstance(source, Path):
        file = _opened_path(source)
        pieces = Stepped(_read_to_end(file), name, close=file.close)
        return _Feed(pieces, name, _length_of(file, 0))
    if isinstance(source, AsyncIterable):
        return _Feed(Awaited(source, name), name)
    if not hasattr(source, "read"):
        return _Feed(Stepped(cast("Iterable[bytes]", source), name), name)
    lent: Any = source
    if part.start is not None:
        lent.seek(part.start)
    return _Feed(Stepped(_read_to_end(lent), name), name, _length_of(lent, part.start))


def _opened_path(path: Path) -> IO[bytes]:
    try:
        return path.open("rb")
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {error.strerror}; nothing was sent.") from error


def _read_to_end(file: IO[bytes]) -> Iterator[bytes]:
    while piece := file.read(_PIECE):
        yield piece


def _length_of(file: IO[bytes], start: int | None) -> int | None:
    """Say how many bytes are left, where that is certain without reading: plain files, memory."""
    if start is None:
        return None
    if isinstance(file, io.BytesIO):
        with file.getbuffer() as view:
            return max(0, view.nbytes - start)
    if isinstance(getattr(file, "raw", file), io.FileIO):
        found = os.fstat(file.fileno())
        return max(0, found.st_size - start) if stat.S_ISREG(found.st_mode) else None
    return None
