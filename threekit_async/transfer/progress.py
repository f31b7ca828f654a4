"""How far a run is. The engine reports; it draws nothing."""

from __future__ import annotations

from attrs import frozen

from .results import FileResult

__all__ = ("Progress",)


@frozen(kw_only=True)
class Progress:
    """The state of a run after one more file ended.

    `size` counts the bytes fetched so far, `result` is the file that just ended.
    """

    downloaded: int
    skipped: int
    failed: int
    size: int
    result: FileResult

    @property
    def files(self) -> int:
        """Files that have ended."""
        return self.downloaded + self.skipped + self.failed
