"""From what a caller uploads to the parts of a multipart body."""

from __future__ import annotations

import mimetypes
from collections.abc import AsyncIterable, Iterable
from contextlib import suppress
from os import PathLike
from pathlib import Path
from typing import IO, TypeAlias, cast

from attrs import evolve

from ..errors import UsageError
from ..session.request import FilePart
from ..transfer.upload import Upload, UploadSource

__all__ = ("file_part", "file_parts")

_LONGEST_SHOWN = 300

_Opened: TypeAlias = Path | bytes | IO[bytes] | Iterable[bytes] | AsyncIterable[bytes]


def file_parts(sources: Iterable[UploadSource | Upload], *, name: str = "files") -> list[FilePart]:
    """Make a part of each source; see `file_part`.

    :raises UsageError: when it is one source in place of a list of them, too.
    """
    # Text and bytes can be iterated over as well, to no good end.
    if isinstance(sources, (str, bytes, bytearray, PathLike, Upload)) or hasattr(sources, "read"):
        raise UsageError("Pass a list of files, also for a single one: [file]; nothing was sent.")
    return [file_part(source, name=name) for source in sources]


def file_part(
    source: UploadSource | Upload,
    *,
    filename: str | None = None,
    mime_type: str | None = None,
    name: str = "files",
) -> FilePart:
    """Make the part of one source; what is given here wins over what an `Upload` says.

    :param name: of the form's field.
    :raises UsageError: when the source cannot be read or has no name.
    """
    upload = source if isinstance(source, Upload) else Upload(source)
    upload = evolve(
        upload, filename=filename or upload.filename, mime_type=mime_type or upload.mime_type
    )
    content = _content(upload.source)
    called = _called(upload, content)
    return FilePart(
        name=name,
        source=content,
        filename=called,
        mime_type=upload.mime_type or mimetypes.guess_type(called)[0] or "application/octet-stream",
        start=_start(content),
    )


def _content(source: UploadSource) -> _Opened:
    if isinstance(source, (str, PathLike)):
        path = Path(source)
        if not _is_file(path):
            raise UsageError(f"{_shown(path)} is not a file that can be read; nothing was sent.")
        return path
    if isinstance(source, (bytearray, memoryview)):
        return bytes(source)
    _check_iterable(source)
    return cast("_Opened", source)


def _is_file(path: Path) -> bool:
    # What was meant as a file's content is often too long for a name.
    with suppress(OSError):
        return path.is_file()
    return False


def _shown(path: Path) -> str:
    text = str(path)
    return text if len(text) <= _LONGEST_SHOWN else f"{text[:_LONGEST_SHOWN]}..."


def _check_iterable(source: object) -> None:
    if not isinstance(source, (AsyncIterable, Iterable)) and not hasattr(source, "read"):
        raise UsageError(
            "Upload a path, bytes, a file open for reading bytes, or an iterable of bytes, "
            f"not {type(source).__name__}; nothing was sent."
        )


def _called(upload: Upload, content: _Opened) -> str:
    filename = upload.filename or (content.name if isinstance(content, Path) else None)
    if not filename:
        raise UsageError("Pass filename= for what is not a path; nothing was sent.")
    if not filename.isprintable():
        raise UsageError(f"{filename!r} has characters a file name cannot have; nothing was sent.")
    return filename


def _start(content: _Opened) -> int | None:
    """Say where an open file stands, when it can be wound back to there.

    :raises UsageError: when it is closed.
    """
    if getattr(content, "closed", False):
        raise UsageError("The file is closed: open it again for reading. Nothing was sent.")
    seekable = getattr(content, "seekable", None)
    if isinstance(content, (Path, bytes, AsyncIterable)) or seekable is None or not seekable():
        return None
    return cast("IO[bytes]", content).tell()
