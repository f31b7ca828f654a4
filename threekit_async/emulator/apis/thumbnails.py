"""Pictures of assets: the latest one that was rendered, or a placeholder."""

from __future__ import annotations

import struct
import zlib
from typing import TYPE_CHECKING

from threekit_async.emulator.apis.optimised import Optimization, optimised_file
from threekit_async.emulator.data.filters import Filters
from threekit_async.emulator.data.store import LATEST_FIRST
from threekit_async.emulator.data.tables import FILES, LAYERS

if TYPE_CHECKING:
    from pathlib import Path

    from threekit_async.emulator.data.store import Record
    from threekit_async.emulator.state import State

PICTURES = ("png", "jpg", "webp")
EDGE = 64
GREY = b"\xd8"


def newest_picture(state: State, asset: Record) -> tuple[Record, Path] | None:
    """Return the file and the bytes' place of the latest picture of an asset, or ``None``.

    That a thumbnail is the latest render is an assumption.
    """
    filters = Filters()
    filters.equals("orgId", asset["orgId"])
    filters.equals("assetId", asset["id"])
    filters.among("format", PICTURES)
    filters.differs("fileId", None)
    layer = state.store.first(LAYERS, filters, order=LATEST_FIRST)
    file = state.store.get(FILES, layer["fileId"]) if layer else None
    path = state.blobs.path(file["hash"]) if file else None
    return (file, path) if file and path else None


async def scaled(state: State, file: Record, path: Path, *, width: int) -> tuple[Record, Path]:
    """Return the picture in another width; what is no picture stays as it is."""
    from threekit_async.emulator.pictures.optimise import NotAPicture

    try:
        copy = await optimised_file(state, file, path, Optimization(width=width))
    except NotAPicture:
        return file, path
    return copy, state.blobs.path(copy["hash"]) or path


def placeholder(edge: int = EDGE) -> bytes:
    """Draw a grey square PNG, ``edge`` pixels wide."""
    head = struct.pack(">2I5B", edge, edge, 8, 0, 0, 0, 0)
    rows = zlib.compress((b"\0" + GREY * edge) * edge)
    chunks = ((b"IHDR", head), (b"IDAT", rows), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(*chunk) for chunk in chunks)


def _chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
