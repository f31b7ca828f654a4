"""How each file ended."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Literal, TypeAlias, TypeVar

from attrs import frozen

__all__ = ("Duplicates", "FileResult", "FileStatus", "OnError", "error_name", "without_frames")

E = TypeVar("E", bound=BaseException | None)

FileStatus: TypeAlias = Literal["downloaded", "resumed", "skipped", "copied", "uploaded", "failed"]
"""How a file ended; see `FileResult`."""

Duplicates: TypeAlias = Literal["copy", "link"]
"""How a file that is there under another name gets one more: by its bytes, or by a hard link."""

OnError: TypeAlias = Literal["continue", "stop"]
"""What a run does when a file fails: go on with the others, or begin no more."""


@frozen(kw_only=True)
class FileResult:
    """How one file ended.

    `downloaded` was fetched now; of `resumed`, an earlier run had fetched the beginning. `skipped`
    was there already. `copied` has the bytes of another file of the folder, or of one that the
    client's cache has kept.
    `uploaded` was sent. `failed` has an `error`, and left nothing under its name.
    `id` is the layer's, or the file's when files were asked for; that of an upload is its name.
    """

    id: str
    status: FileStatus
    file_id: str | None = None
    #: Relative to the destination; `/` separates folders.
    name: str | None = None
    #: Where it is on this machine; None when it is elsewhere.
    path: Path | None = None
    #: Bytes.
    size: int = 0
    #: Of all its bytes; None when nobody has read them, now or in a run the manifest tells of.
    sha256: str | None = None
    seconds: float = 0.0
    error: Exception | None = None
    #: The job that imports an uploaded file, when one was asked for.
    job_id: str | None = None

    def json_line(self) -> str:
        """Write it as one line of JSON; what is not known is left out."""
        told: dict[str, object] = {
            "id": self.id,
            "status": self.status,
            "file_id": self.file_id,
            "name": self.name,
            "path": None if self.path is None else str(self.path),
            "size": self.size,
            "sha256": self.sha256,
            "seconds": round(self.seconds, 3),
            "job_id": self.job_id,
            "error": None if self.error is None else error_name(self.error),
            "message": None if self.error is None else str(self.error),
        }
        return json.dumps({key: value for key, value in told.items() if value is not None})


def error_name(error: BaseException | None) -> str:
    """Name the class of an error as it can be imported: those of our own stand for another."""
    own = __name__.partition(".")[0]
    for kind in type(error).__mro__:
        if not kind.__module__.startswith(own) or kind.__module__ == f"{own}.errors":
            return kind.__name__
    return type(error).__name__


def without_frames(error: E) -> E:
    """Let go of the frames of an error, and of those it came from: they hold bytes of files."""
    left: list[BaseException | None] = [error]
    seen: set[int] = set()
    while left:
        one = left.pop()
        if one is not None and id(one) not in seen:
            seen.add(id(one))
            one.__traceback__ = None
            left += [one.__cause__, one.__context__]
    return error
