"""A request's body on its way out: opened for one attempt, and closed after it."""

from __future__ import annotations

import asyncio
import io
import os
import stat
from collections.abc import AsyncIterable, Iterator
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Self

import aiohttp
from attrs import define, field

from ...errors import TransportError, UsageError
from ..request import FilePart, Json, Multipart
from .pieces import Awaited, Held, Source, Stepped

__all__ = ("Outgoing",)

_PIECE = 256 * 1024
# More than this is sent in pieces, so that it can be seen how far it got.
_AT_ONCE = 64 * 1024


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
            return self._json(self.body.encoded())
        form = aiohttp.FormData(quote_fields=False)
        for name, value in self.body.fields.items():
            form.add_field(name, value)
        for part in self.body.files:
            content = self._content(part)
            form.add_field(part.name, content, filename=part.filename, content_type=part.mime_type)
        return form

    def _json(self, body: bytes) -> aiohttp.Payload:
        if len(body) <= _AT_ONCE:
            return aiohttp.BytesPayload(body, content_type="application/json")
        return self._fed(_Feed(Held(body), "The body", len(body)), "application/json")

    def _content(self, part: FilePart) -> aiohttp.Payload:
        return self._fed(_opened(part), part.mime_type)

    def _fed(self, feed: _Feed, content_type: str) -> aiohttp.Payload:
        self._feeds.append(feed)
        return _Pieces(feed, content_type=content_type)

    def handed_over(self) -> int | None:
        """Return how many bytes were taken from the sources; None while one is waited for."""
        if any(feed.waiting for feed in self._feeds):
            return None
        return sum(feed.sent for feed in self._feeds)

    @property
    def error(self) -> BaseException | None:
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
    error: BaseException | None = None
    sent: int = 0
    waiting: bool = False

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> bytes:
        self.waiting = True
        try:
            piece = await self.source.piece()
            self._count(piece)
        except asyncio.CancelledError:
            raise
        except BaseException as error:
            self.error = error
            if isinstance(error, Exception):
                raise
            # Whoever waits for the answer raises it. In aiohttp's task it would leave the loop.
            raise ConnectionError("The source of the upload ended the call.") from None
        finally:
            self.waiting = False
        if piece is None:
            raise StopAsyncIteration
        return piece

    def _count(self, piece: bytes | None) -> None:
        self.sent += len(piece or b"")
        if self.size is None or (self.sent <= self.size and piece is not None):
            return
        if self.sent != self.size:
            found = "more" if self.sent > self.size else self.sent
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
    if isinstance(source, bytes):
        return _Feed(Held(source), name, len(source))
    if isinstance(source, Path):
        file = _opened_path(source)
        pieces = Stepped(_read_to_end(file), name, close=file.close)
        return _Feed(pieces, name, _length_of(file, 0))
    if isinstance(source, AsyncIterable):
        return _Feed(Awaited(source, name), name)
    if not hasattr(source, "read"):
        return _Feed(Stepped(source, name), name)
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
