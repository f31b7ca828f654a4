"""Send a blob's bytes: at once when small, in pieces when large, in part when Range is on."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from aiohttp import web
from attrs import frozen

from threekit_async.emulator.state import state_of
from threekit_async.emulator.web.answers import disposition
from threekit_async.emulator.web.exchange import current
from threekit_async.emulator.web.validators import http_date, is_unchanged

if TYPE_CHECKING:
    from pathlib import Path

    from threekit_async.emulator.data.store import Record
    from threekit_async.emulator.settings import EmulatorSettings

SMALL = 1024 * 1024
PIECE = 256 * 1024
VALIDATORS = ("ETag", "Last-Modified")
_RANGE = re.compile(r"bytes=([0-9]{0,18})-([0-9]{0,18})")


@frozen(kw_only=True)
class Span:
    """The bytes from ``start`` up to, not including, ``stop`` of ``size``."""

    start: int
    stop: int
    size: int

    @property
    def length(self) -> int:
        """How many bytes."""
        return self.stop - self.start


async def send_content(request: web.Request, file: Record, path: Path) -> web.StreamResponse:
    """Answer with a file's bytes, as far as the settings promise."""
    settings = state_of(request).settings
    headers = content_headers(file, settings)
    if settings.etags and is_unchanged(
        request, tag=headers["ETag"], modified=headers["Last-Modified"]
    ):
        return web.Response(status=304, headers={name: headers[name] for name in VALIDATORS})
    span, status = choose_span(request, settings, file)
    if status == 416:
        return web.Response(status=416, headers={"Content-Range": f"bytes */{file['size']}"})
    if status == 206:
        headers["Content-Range"] = f"bytes {span.start}-{span.stop - 1}/{span.size}"
    if span.length <= SMALL or current().whole:
        return web.Response(body=_read(path, span), status=status, headers=headers)
    return await _stream(request, path, span, web.StreamResponse(status=status, headers=headers))


def content_headers(file: Record, settings: EmulatorSettings) -> dict[str, str]:
    """Return the headers of a file's content."""
    headers = {
        "Content-Type": file["mimeType"],
        "Content-Disposition": disposition(file["filename"]),
    }
    if settings.etags:
        headers["ETag"] = f'"{file["hash"]}"'
        headers["Last-Modified"] = http_date(file["createdAt"])
    if settings.ranges:
        headers["Accept-Ranges"] = "bytes"
    return headers


def choose_span(request: web.Request, settings: EmulatorSettings, file: Record) -> tuple[Span, int]:
    """Return the bytes to send and the status: 200, 206 or 416.

    ``If-Range`` is honoured with ETags on; an ``If-Range`` that cannot be checked gives the whole.
    """
    whole = Span(start=0, stop=file["size"], size=file["size"])
    asked = request.headers.get("Range")
    if_range = request.headers.get("If-Range")
    unchanged = if_range is None or (settings.etags and if_range == f'"{file["hash"]}"')
    if not settings.ranges or asked is None or not unchanged:
        return whole, 200
    return read_range(asked, whole)


def read_range(asked: str, whole: Span) -> tuple[Span, int]:
    """Read one byte range; a list of ranges or another unit is ignored, as HTTP allows."""
    found = _RANGE.fullmatch(asked.strip())
    if found is None or found[1] == found[2] == "":
        return whole, 200
    if found[1] == "":
        start, stop = max(0, whole.size - int(found[2])), whole.size
    else:
        start = int(found[1])
        stop = min(whole.size, int(found[2]) + 1) if found[2] else whole.size
        if found[2] and int(found[2]) < start:
            return whole, 200
    if start >= whole.size:
        return whole, 416
    return Span(start=start, stop=stop, size=whole.size), 206


def _read(path: Path, span: Span) -> bytes:
    if span.length == span.size:
        return path.read_bytes()
    with path.open("rb") as file:
        file.seek(span.start)
        return file.read(span.length)


async def _stream(
    request: web.Request, path: Path, span: Span, answer: web.StreamResponse
) -> web.StreamResponse:
    answer.content_length = span.length
    # A piece read from the page cache costs less than a hop to a thread and back.
    with path.open("rb") as file:
        file.seek(span.start)
        await answer.prepare(request)
        left = span.length
        while left and (piece := file.read(min(PIECE, left))):
            await answer.write(piece)
            current().streamed += len(piece)
            left -= len(piece)
    await answer.write_eof()
    return answer
