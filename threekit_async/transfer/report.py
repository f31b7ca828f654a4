"""What a run did."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator

from attrs import define, field

from ..errors import BulkError, ThreekitError
from ..paging.walked import Walked
from .results import FileResult, error_name

__all__ = ("TransferReport",)

_MOST_FAILURES = 10_000
_SHOWN = 3
_LONGEST = 200


@define(kw_only=True)
class TransferReport:
    """What a run did: counts of all files, and the results of those that failed.

    It prints as one line; `table()` is for people, `json_lines()` for programs.
    """

    downloaded: int = 0
    resumed: int = 0
    skipped: int = 0
    copied: int = 0
    uploaded: int = 0
    failed: int = 0
    #: The results of the files that failed, in the order they ended; the first 10,000 of them.
    failures: list[FileResult] = field(
        factory=list[FileResult], repr=lambda found: f"<{len(found)}>"
    )
    #: Bytes of the files fetched, resumed or uploaded.
    size: int = 0
    seconds: float = 0.0
    #: Why no more files were begun: a full disk, or the first failure with `on_error="stop"`.
    stopped: Exception | None = None
    #: Files that were under way then: what they have is kept for the next run.
    unfinished: int = 0
    #: How sure it is that the listing was read completely; None when it was none of ours.
    walked: Walked | None = None

    @property
    def files(self) -> int:
        """All files that ended."""
        done = self.downloaded + self.resumed + self.skipped + self.copied + self.uploaded
        return done + self.failed

    def add(self, result: FileResult) -> None:
        """Count one more result."""
        setattr(self, result.status, getattr(self, result.status) + 1)
        if result.status == "failed":
            if len(self.failures) < _MOST_FAILURES:
                self.failures.append(result)
        elif result.status in {"downloaded", "resumed", "uploaded"}:
            self.size += result.size

    def raise_for_failures(self) -> None:
        """Raise when a file failed.

        :raises BulkError: holding the error of each failed file.
        """
        if self.failed:
            stopped = f" {self.unfinished} were under way when it stopped;" if self.stopped else ""
            raise BulkError(
                f"{self.failed} of {self.files} files failed, the others are finished;{stopped} "
                "running again does only what is missing",
                [result.error or ThreekitError(f"{result.id} failed.") for result in self.failures],
            )

    def json_lines(self) -> Iterator[str]:
        """Write each failed file as one line of JSON, and then the whole run as the last one.

        Of the files that ended well there is no line: `iter_downloads` gives each result, and its
        `json_line()`.
        """
        for result in self.failures:
            yield result.json_line()
        yield json.dumps({"report": self._told()})

    def _told(self) -> dict[str, object]:
        told: dict[str, object] = {"files": self.files, **self._counts()}
        told |= {"size": self.size, "seconds": round(self.seconds, 3)}
        if self.stopped is not None:
            told |= {"stopped": str(self.stopped), "unfinished": self.unfinished}
        if self.walked is not None:
            told |= {"listing": str(self.walked), "confirmed": self.walked.confirmed}
        return told

    def _counts(self) -> dict[str, int]:
        names = ("downloaded", "resumed", "skipped", "copied", "uploaded", "failed")
        return {name: getattr(self, name) for name in names}

    def table(self) -> str:
        """Draw it for people: what became of the files, and why some failed."""
        rows = [(name, f"{count:,}") for name, count in self._counts().items() if count]
        rows += [("files", f"{self.files:,}"), ("bytes", f"{self.size:,}")]
        rows.append(("seconds", f"{self.seconds:,.1f}"))
        if self.unfinished:
            rows.append(("unfinished", f"{self.unfinished:,}"))
        wide = max(len(number) for _, number in rows)
        lines = [f"{name:<12}{number:>{wide}}" for name, number in rows]
        return "\n".join([*lines, *self._remarks()])

    def _remarks(self) -> Iterator[str]:
        if self.walked is not None:
            yield f"listing     {self.walked}"
        if self.stopped is not None:
            yield f"stopped     {_short(str(self.stopped))}"
        kinds = Counter(error_name(failure.error) for failure in self.failures)
        for kind, count in kinds.most_common():
            yield f"{count:,} x {kind}:"
            of_kind = [f for f in self.failures if error_name(f.error) == kind]
            yield from (f"  {f.id}: {_short(str(f.error))}" for f in of_kind[:_SHOWN])
        if self.failed > len(self.failures):
            yield f"of the first {len(self.failures):,} of {self.failed:,} that failed"

    def __str__(self) -> str:
        ended = [f"{count:,} {name}" for name, count in self._counts().items() if count]
        text = f"{self.files:,} files: {', '.join(ended) or 'nothing to do'}"
        text += f" ({self.size:,} bytes in {self.seconds:.1f} s)"
        if self.walked is not None and not self.walked.confirmed:
            text += "; layers may be missing, see report.walked"
        if self.stopped is not None:
            text += f"; stopped early, {self.unfinished:,} unfinished: {_short(str(self.stopped))}"
        return text


def _short(text: str) -> str:
    text = " ".join(text.split())
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}..."
