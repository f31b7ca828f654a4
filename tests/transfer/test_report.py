"""What a run did, as people and programs read it."""

from __future__ import annotations

import json
from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest

from threekit_async import (
    BulkError,
    DiskFullError,
    IntegrityError,
    NotFoundError,
    ThreekitError,
    errors,
)
from threekit_async.paging.walked import Walked
from threekit_async.transfer import report as report_module
from threekit_async.transfer.destinations.place import PageError, UnannouncedError
from threekit_async.transfer.manifest import ManifestInUseError
from threekit_async.transfer.report import TransferReport
from threekit_async.transfer.results import FileResult, FileStatus, error_name
from threekit_async.transfer.resume import OtherBytesError

STATUSES: tuple[FileStatus, ...] = ("downloaded", "resumed", "skipped", "copied", "uploaded")
WALKED = Walked(
    rows=1250, pages=26, sweeps=2, late=0, duplicates=0, ended=True, confirmed=True, doubts=()
)


def not_found(text: str = "There is no such file.") -> NotFoundError:
    return NotFoundError(text, status=404, code=None, message=text, attempts=1)


def failed(id: str, error: Exception) -> FileResult:  # noqa: A002
    return FileResult(id=id, status="failed", file_id=f"file of {id}", error=error)


def filled() -> TransferReport:
    report = TransferReport(seconds=62.25)
    for status, count in (("downloaded", 1200), ("resumed", 3), ("skipped", 40), ("copied", 7)):
        for number in range(count):
            report.add(FileResult(id=f"{status} {number}", status=status, size=1_000_000))  # type: ignore[arg-type]
    return report


def lines(report: TransferReport) -> list[Any]:
    return [json.loads(line) for line in report.json_lines()]


@pytest.mark.parametrize("status", STATUSES)
def test_only_bytes_that_moved_count(status: FileStatus) -> None:
    report = TransferReport()
    report.add(FileResult(id="a", status=status, size=10))
    assert (getattr(report, status), report.files, report.failed) == (1, 1, 0)
    assert report.size == (10 if status in {"downloaded", "resumed", "uploaded"} else 0)
    assert report.failures == []


def test_a_failure_is_counted_and_held() -> None:
    report, result = TransferReport(), failed("a", not_found())
    report.add(result)
    assert (report.failed, report.files, report.size) == (1, 1, 0)
    assert report.failures == [result]


def test_it_prints_as_one_line() -> None:
    report = filled()
    report.add(failed("a", not_found()))
    assert str(report) == (
        "1,251 files: 1,200 downloaded, 3 resumed, 40 skipped, 7 copied, 1 failed "
        "(1,203,000,000 bytes in 62.2 s)"
    )


def test_a_run_of_nothing_says_so() -> None:
    assert str(TransferReport()) == "0 files: nothing to do (0 bytes in 0.0 s)"
    assert TransferReport().table() == dedent("""\
        files         0
        bytes         0
        seconds     0.0""")


def test_what_stopped_it_is_told_in_one_line() -> None:
    report = TransferReport(stopped=DiskFullError("No space left.\nFree some."), unfinished=1234)
    assert str(report) == (
        "0 files: nothing to do (0 bytes in 0.0 s); stopped early, 1,234 unfinished: "
        "No space left. Free some."
    )


def test_the_table_is_readable() -> None:
    report = filled()
    report.walked = WALKED
    report.stopped, report.unfinished = DiskFullError("No space left."), 31
    for name in "abcd":
        report.add(failed(name, not_found(f"There is no file for {name}.")))
    report.add(failed("e", IntegrityError("e.png: 7 bytes were received.\n\tTry again.")))
    assert report.table() == dedent("""\
        downloaded          1,200
        resumed                 3
        skipped                40
        copied                  7
        failed                  5
        files               1,255
        bytes       1,203,000,000
        seconds              62.2
        unfinished             31
        listing     1,250 rows in 26 pages; the listing was read 2 times: \
no row that was there all the time is missing.
        stopped     No space left.
        4 x NotFoundError:
          a: There is no file for a.
          b: There is no file for b.
          c: There is no file for c.
        1 x IntegrityError:
          e: e.png: 7 bytes were received. Try again.""")


def test_long_messages_are_cut_in_the_table_and_whole_in_the_lines() -> None:
    report = TransferReport()
    report.add(failed("a", not_found("x" * 1000)))
    assert f"  a: {'x' * 200}...\n" in f"{report.table()}\n"
    assert lines(report)[0]["message"] == "x" * 1000


def test_the_lines_are_the_failures_and_then_the_run() -> None:
    report = filled()
    report.walked = WALKED
    report.stopped, report.unfinished = DiskFullError("No space left."), 2
    report.add(failed("a", not_found("There is\nno such file.")))
    [failure, run] = lines(report)
    assert failure == {
        "id": "a",
        "status": "failed",
        "file_id": "file of a",
        "size": 0,
        "seconds": 0.0,
        "error": "NotFoundError",
        "message": "There is\nno such file.",
    }
    assert run == {
        "report": {
            "files": 1251,
            "downloaded": 1200,
            "resumed": 3,
            "skipped": 40,
            "copied": 7,
            "uploaded": 0,
            "failed": 1,
            "size": 1_203_000_000,
            "seconds": 62.25,
            "stopped": "No space left.",
            "unfinished": 2,
            "listing": str(WALKED),
            "confirmed": True,
        }
    }
    assert all("\n" not in line for line in report.json_lines())


def test_a_result_is_one_line_of_all_that_is_known() -> None:
    result = FileResult(
        id="\ud800 id",
        status="uploaded",
        file_id="f",
        name="a/b.png",
        path=Path("/files/a/b.png"),
        size=7,
        sha256="ab" * 32,
        seconds=1.23456,
        job_id="j",
    )
    line = result.json_line()
    assert line.isascii()
    assert json.loads(line) == {
        "id": "\ud800 id",
        "status": "uploaded",
        "file_id": "f",
        "name": "a/b.png",
        "path": str(Path("/files/a/b.png")),
        "size": 7,
        "sha256": "ab" * 32,
        "seconds": 1.235,
        "job_id": "j",
    }


@pytest.mark.parametrize(
    ("error", "name"),
    [
        (IntegrityError("no"), "IntegrityError"),
        (PageError("no"), "IntegrityError"),
        (UnannouncedError("no"), "IntegrityError"),
        (OtherBytesError("no"), "DownloadError"),
        (ManifestInUseError("no"), "DownloadError"),
        (LookupError("no"), "LookupError"),
    ],
)
def test_an_error_is_told_by_the_name_it_can_be_caught_by(error: Exception, name: str) -> None:
    assert isinstance(error, getattr(errors, name, LookupError))
    assert error_name(error) == name
    report = TransferReport()
    report.add(failed("a", error))
    assert lines(report)[0]["error"] == name
    assert f"1 x {name}:" in report.table()


def test_failures_are_raised_together() -> None:
    report = filled()
    report.raise_for_failures()
    report.add(failed("a", not_found()))
    report.add(FileResult(id="b", status="failed"))
    with pytest.raises(BulkError, match="2 of 1252 files failed, the others are") as raised:
        report.raise_for_failures()
    assert "when it stopped" not in str(raised.value)
    assert [type(error) for error in raised.value.exceptions] == [NotFoundError, ThreekitError]


def test_those_that_were_under_way_are_not_said_to_be_finished() -> None:
    report = filled()
    report.add(failed("a", not_found()))
    report.stopped, report.unfinished = DiskFullError("No space left."), 7
    with pytest.raises(BulkError, match="; 7 were under way when it stopped; running again"):
        report.raise_for_failures()


def test_of_very_many_failures_the_first_are_held_and_all_counted(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(report_module, "_MOST_FAILURES", 3)
    report = TransferReport()
    for number in range(5):
        report.add(failed(str(number), not_found()))
    assert (report.failed, [held.id for held in report.failures]) == (5, ["0", "1", "2"])
    assert report.table().endswith("  2: There is no such file.\nof the first 3 of 5 that failed")
