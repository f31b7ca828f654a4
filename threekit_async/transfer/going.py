"""A file to be uploaded, and how far it is."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Literal

from attrs import define, frozen

from ..session.request import FilePart
from ..session.span import Span
from .fingerprint import Fingerprint
from .results import FileResult, without_frames

__all__ = ("Going", "Sending")


@frozen(kw_only=True)
class Sending:
    """A file to be uploaded.

    :param id: where it comes from, as `chairs/oak.png` in a folder.
    :param part: makes its part of the form, or raises why there is none; must not wait.
    """

    id: str
    part: Callable[[], FilePart]


@define(kw_only=True)
class Going:
    """How far a file is, and what is known of it."""

    id: str
    began: float
    span: Span
    part: FilePart | None = None
    status: Literal["uploaded", "skipped"] = "skipped"
    size: int = 0
    sha256: str | None = None
    file_id: str | None = None
    job_id: str | None = None

    def found(self, found: Fingerprint) -> None:
        """Note what its bytes are."""
        self.size, self.sha256 = found.size, found.sha256

    def ended(self, now: float, error: Exception | None) -> FileResult:
        """Return the result."""
        source = None if self.part is None else self.part.source
        return FileResult(
            id=self.id,
            status="failed" if error else self.status,
            file_id=self.file_id,
            job_id=self.job_id,
            name=None if self.part is None else self.part.filename,
            path=source if isinstance(source, Path) else None,
            size=self.size,
            sha256=self.sha256,
            seconds=now - self.began,
            error=without_frames(error),
        )
