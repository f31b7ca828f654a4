"""One more file with the same bytes: copied or linked, and never another's."""

from __future__ import annotations

import errno
import fcntl
import hashlib
import os
from functools import partial
from pathlib import Path

import pytest

from tests.transfer.folders import files_in
from threekit_async import DownloadError, UnsafeNameError
from threekit_async.transfer.copying import copied, linked
from threekit_async.transfer.partial import PartFile
from threekit_async.transfer.resume import Notes

BYTES = b"picture" * 400_000
SHA256 = hashlib.sha256(BYTES).hexdigest()


@pytest.fixture
def source(tmp_path: Path) -> Path:
    path = tmp_path / "source.png"
    path.write_bytes(BYTES)
    return path


@pytest.fixture
def final(tmp_path: Path) -> Path:
    return tmp_path / "below" / "final.png"


def left_unfinished(final: Path) -> None:
    part = PartFile.begun(str(final))
    part.write(b"first")
    part.leave(Notes(file_id="f", etag='"v1"', written=5, sha256=part.sha256))


def refused(code: int) -> OSError:
    return OSError(code, os.strerror(code))


def test_a_copy_has_the_bytes_and_is_a_file_of_its_own(source: Path, final: Path) -> None:
    assert copied(str(source), str(final), sha256=SHA256, replace=True)
    with source.open("r+b") as file:
        file.write(b"painted over")
    assert final.read_bytes() == BYTES
    assert files_in(final.parent) == ["final.png"]


@pytest.mark.parametrize("code", [errno.EXDEV, errno.ENOSYS, errno.EOPNOTSUPP])
def test_where_blocks_cannot_be_shared_all_bytes_are_copied(
    source: Path, final: Path, monkeypatch: pytest.MonkeyPatch, code: int
) -> None:
    def no_sharing(*_: object) -> int:
        raise refused(code)

    monkeypatch.setattr(os, "copy_file_range", no_sharing, raising=False)
    assert copied(str(source), str(final), sha256=SHA256, replace=True)
    assert final.read_bytes() == BYTES


@pytest.mark.parametrize("there", [b"old", None])
@pytest.mark.parametrize("changed", [BYTES[:-1], b"X" + BYTES[1:], b""])
def test_what_was_changed_since_is_not_copied(
    source: Path, final: Path, changed: bytes, there: bytes | None
) -> None:
    source.write_bytes(changed)
    final.parent.mkdir()
    if there is not None:
        final.write_bytes(there)
    assert not copied(str(source), str(final), sha256=SHA256, replace=True)
    assert files_in(final.parent) == (["final.png"] if there else [])
    assert not there or final.read_bytes() == there


@pytest.mark.parametrize("how", ["copied", "linked"])
def test_what_is_there_is_replaced_and_what_was_left_unfinished_removed(
    source: Path, final: Path, how: str
) -> None:
    left_unfinished(final)
    final.write_bytes(b"old")
    if how == "copied":
        assert copied(str(source), str(final), sha256=SHA256, replace=True)
    else:
        assert linked(str(source), str(final), replace=True)
    assert final.read_bytes() == BYTES
    assert files_in(final.parent) == ["final.png"]


def test_a_copy_is_left_to_the_run_that_writes_the_file(source: Path, final: Path) -> None:
    other = PartFile.begun(str(final))
    other.write(b"theirs")
    with pytest.raises(DownloadError, match="is being written by another run"):
        copied(str(source), str(final), sha256=SHA256, replace=True)
    other.finish()
    assert final.read_bytes() == b"theirs"


def test_a_link_leaves_another_runs_part_alone(source: Path, final: Path) -> None:
    other = PartFile.begun(str(final))
    other.write(b"theirs")
    assert linked(str(source), str(final), replace=True)
    assert final.read_bytes() == BYTES
    other.finish()
    assert (final.read_bytes(), source.read_bytes()) == (b"theirs", BYTES)


def test_where_there_are_no_locks_a_copy_is_made_all_the_same(
    source: Path, final: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_locks(*_: object) -> None:
        raise refused(errno.ENOLCK)

    monkeypatch.setattr(fcntl, "flock", no_locks)
    assert copied(str(source), str(final), sha256=SHA256, replace=True)
    assert final.read_bytes() == BYTES
    assert files_in(final.parent) == ["final.png"]


def test_a_missing_source_leaves_nothing(source: Path, final: Path) -> None:
    source.unlink()
    with pytest.raises(FileNotFoundError):
        copied(str(source), str(final), sha256=SHA256, replace=True)
    with pytest.raises(FileNotFoundError):
        linked(str(source), str(final), replace=True)
    assert files_in(final.parent) == []


@pytest.mark.parametrize("how", ["copied", "linked"])
def test_what_may_not_be_replaced_is_left_as_it_is(source: Path, final: Path, how: str) -> None:
    final.parent.mkdir(parents=True, exist_ok=True)
    give = partial(copied, sha256=SHA256) if how == "copied" else linked
    assert give(str(source), str(final), replace=False)
    assert final.read_bytes() == BYTES
    final.unlink()
    final.write_bytes(b"precious")
    with pytest.raises(UnsafeNameError, match="has appeared meanwhile and is another file"):
        give(str(source), str(final), replace=False)
    assert final.read_bytes() == b"precious"
    assert files_in(final.parent) == ["final.png"]


def test_a_symbolic_link_is_not_linked(source: Path, final: Path) -> None:
    real = source.rename(source.with_name("real.png"))
    source.symlink_to(real.name)
    assert not linked(str(source), str(final), replace=True)
    assert not linked(str(source), str(final), replace=False)
    assert files_in(final.parent) == []


def test_a_full_disk_leaves_no_part_of_a_copy(
    source: Path, final: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise refused(errno.ENOSPC)

    monkeypatch.setattr("threekit_async.transfer.copying.copy_bytes", full)
    with pytest.raises(OSError, match=os.strerror(errno.ENOSPC)):
        copied(str(source), str(final), sha256=SHA256, replace=True)
    assert files_in(final.parent) == []


def test_a_link_is_one_more_name_of_the_same_file(source: Path, final: Path) -> None:
    assert linked(str(source), str(final), replace=True)
    assert final.samefile(source)
    # Once more is nothing new, and leaves nothing behind.
    assert linked(str(source), str(final), replace=True)
    assert files_in(final.parent) == ["final.png"]


@pytest.mark.parametrize("code", [errno.EXDEV, errno.EPERM, errno.EMLINK, errno.EOPNOTSUPP])
def test_where_there_are_no_links_nothing_is_made(
    source: Path, final: Path, monkeypatch: pytest.MonkeyPatch, code: int
) -> None:
    def no_links(*_: object) -> None:
        raise refused(code)

    monkeypatch.setattr(Path, "hardlink_to", no_links)
    assert not linked(str(source), str(final), replace=True)
    assert files_in(final.parent) == []


@pytest.mark.parametrize("how", ["copied", "linked"])
def test_a_folder_at_the_final_name_is_refused_and_leaves_nothing(
    source: Path, final: Path, how: str
) -> None:
    final.mkdir(parents=True)
    give = partial(copied, sha256=SHA256) if how == "copied" else linked
    with pytest.raises(IsADirectoryError):
        give(str(source), str(final), replace=True)
    assert files_in(final.parent) == []
