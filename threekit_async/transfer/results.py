"""How each file ended, and how the run did."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from attrs import define, field, frozen

from ..errors import BulkError, ThreekitError

__all__ = ("FileResult", "TransferReport")


@frozen(kw_only=True)
class FileResult:
    """How one file ended.

    `downloaded` was fetched now, `skipped` was there already, `failed` has an `error` and left
    nothing under its name. `id` is the layer's, or the file's when files were asked for.
    `sha256` is known when the bytes were checked against the file record.
    """

    id: str
    status: Literal["downloaded", "skipped", "failed"]
    file_id: str | None = None
    path: Path | None = None
    #: Bytes on disk.
    size: int = 0
    sha256: str | None = None
    seconds: float = 0.0
    error: Exception | None = None


@define(kw_only=True)
class TransferReport:
    """What a run did: counts of all files, and the results of those that failed."""

    downloaded: int = 0
    skipped: int = 0
    #: The results of the files that failed, in the order they ended.
    failures: list[FileResult] = field(
        factory=list[FileResult], repr=lambda found: f"<{len(found)}>"
    )
    #: Bytes fetched.
    size: int = 0
    seconds: float = 0.0

    @property
    def failed(self) -> int:
        """Files that failed."""
        return len(self.failures)

    @property
    def files(self) -> int:
        """All files of the run."""
        return self.downloaded + self.skipped + self.failed

    def add(self, result: FileResult) -> None:
        """Count one more result."""
        if result.status == "failed":
            self.failures.append(result)
        elif result.status == "skipped":
            self.skipped += 1
        else:
            self.downloaded += 1
            self.size += result.size

    def raise_for_failures(self) -> None:
        """Raise when a file failed.

        :raises BulkError: holding the error of each failed file.
        """
        if self.failures:
            raise BulkError(
                f"{self.failed} of {self.files} files failed; the others are on disk, and "
                "running again fetches only what is missing",
                [result.error or ThreekitError(f"{result.id} failed.") for result in self.failures],
            )

    def __str__(self) -> str:
        return (
            f"{self.files} files: {self.downloaded} downloaded ({self.size:,} bytes), "
            f"{self.skipped} skipped, {self.failed} failed, in {self.seconds:.1f} s"
        )
