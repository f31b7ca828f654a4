"""What can be uploaded: a source of bytes, and its name there."""

from __future__ import annotations

from collections.abc import AsyncIterable, Iterable
from os import PathLike
from typing import IO, TypeAlias

from attrs import field, frozen

__all__ = ("Upload", "UploadSource")

UploadSource: TypeAlias = (
    str | PathLike[str] | bytes | IO[bytes] | Iterable[bytes] | AsyncIterable[bytes]
)
"""A path, bytes, a file open for reading bytes, or any iterable that yields bytes.

It is streamed, never held in memory as a whole. A path is opened anew for each attempt; an open
file is wound back to where it stood, and left open; what an iterable yields can be sent once, and
its length is not told in advance. A plain iterable is stepped in a thread of its own and may block.
Generators are closed when the upload has ended.
"""


@frozen
class Upload:
    """A file to be uploaded, where its source does not say everything.

    :param source: see `UploadSource`.
    :param filename: its name there; a path's own name by default, needed for anything else.
    :param mime_type: its media type; guessed from the name by default.

        Upload(render(), filename="front.png")
    """

    source: UploadSource
    filename: str | None = field(default=None, kw_only=True)
    mime_type: str | None = field(default=None, kw_only=True)
