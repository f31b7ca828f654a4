"""The unfinished file: what of it is continued, and the moment it gets its name."""

from __future__ import annotations

import errno
import fcntl
import hashlib
import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest
from attrs import evolve

from tests.transfer.folders import opened_in
from threekit_async import DiskFullError, DownloadError
from threekit_async.transfer.partial import PartFile
from threekit_async.transfer.resume import Notes

MIB = 1024 * 1024
HASH = "cd" * 32
REFUSALS = [errno.ENOLCK, errno.ENOSYS, errno.EOPNOTSUPP]


@pytest.fixture
def final(tmp_path: Path) -> Path:
    return tmp_path / "a.bin"


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def noted(size: int, digits: str) -> Notes:
    return Notes(file_id="f", etag='"v1"', written=size, sha256=digits, length=None, hash=HASH)


def listed(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def left(final: Path, data: bytes) -> None:
    """Leave an unfinished file that can be continued."""
    part = PartFile.begun(str(final))
    part.write(data)
    part.leave(noted(part.size, part.sha256))


def continued(final: Path, *, file_id: str = "f", hash: str | None = HASH) -> PartFile | None:  # noqa: A002
    return PartFile.continued(str(final), file_id=file_id, hash=hash)


def continuing(final: str) -> object:
    return continued(Path(final))


def gone(part: PartFile) -> None:
    part.leave(None)


@pytest.mark.parametrize(
    "chunks",
    [[], [b""], [b"small"], [b"a" * 1000] * 3, [bytes([number]) * MIB for number in range(20)]],
)
@pytest.mark.parametrize("durable", [True, False])
def test_bytes_arrive_whole_and_in_order(final: Path, chunks: list[bytes], durable: bool) -> None:
    whole = b"".join(chunks)
    part = PartFile.begun(str(final))
    for chunk in chunks:
        part.write(chunk, noted=noted)
    modified = part.modified(durable=durable)
    assert (part.size, part.sha256) == (len(whole), sha256(whole))
    assert not final.exists()
    part.finish()
    assert final.read_bytes() == whole
    assert final.stat().st_mtime_ns == modified
    assert listed(final.parent) == ["a.bin"]


def test_folders_are_made_when_they_are_missing(tmp_path: Path) -> None:
    final = tmp_path / "a" / "b" / "c.bin"
    part = PartFile.begun(str(final))
    part.write(b"x")
    part.finish()
    assert final.read_bytes() == b"x"


def test_a_file_that_is_there_is_replaced_in_one_step(final: Path) -> None:
    final.write_bytes(b"old")
    part = PartFile.begun(str(final))
    part.write(b"new")
    assert final.read_bytes() == b"old"
    part.finish()
    assert final.read_bytes() == b"new"


def test_what_was_left_is_continued(final: Path) -> None:
    left(final, b"the first half ")
    part = continued(final)
    assert part is not None
    assert part.notes == noted(15, sha256(b"the first half "))
    part.write(b"and the rest")
    assert part.sha256 == sha256(b"the first half and the rest")
    part.finish()
    assert final.read_bytes() == b"the first half and the rest"
    assert listed(final.parent) == ["a.bin"]


def test_it_is_left_and_continued_as_often_as_needed(final: Path) -> None:
    left(final, b"0")
    for number in range(1, 5):
        part = continued(final)
        assert part is not None
        part.write(str(number).encode())
        part.leave(noted(part.size, part.sha256))
    assert listed(final.parent) == ["a.bin.part", "a.bin.part.json"]
    assert (final.parent / "a.bin.part").read_bytes() == b"01234"


@pytest.mark.parametrize(("hash", "same"), [(None, True), (HASH, True), ("ab" * 32, False)])
def test_what_promises_another_hash_is_not_continued(
    final: Path,
    hash: str | None,  # noqa: A002
    same: bool,
) -> None:
    left(final, b"first")
    part = continued(final, hash=hash)
    assert (part is not None) is same
    if part is not None:
        gone(part)


def test_another_file_under_the_same_name_is_not_continued(final: Path) -> None:
    left(final, b"first")
    assert continued(final, file_id="g") is None


@pytest.mark.parametrize("text", [b"", b"{", b"[]", b"null", b"\xff", b'{"file_id": "f"}'])
def test_notes_that_cannot_be_read_continue_nothing(final: Path, text: bytes) -> None:
    left(final, b"first")
    (final.parent / "a.bin.part.json").write_bytes(text)
    assert continued(final) is None


def test_without_notes_nothing_is_continued(final: Path) -> None:
    (final.parent / "a.bin.part").write_bytes(b"first")
    assert continued(final) is None


@pytest.mark.parametrize(
    "there", [b"FIRST", b"firs", b"", None], ids=["changed", "cut off", "empty", "missing"]
)
def test_bytes_that_are_not_those_of_the_notes_are_begun_anew(
    final: Path, there: bytes | None
) -> None:
    left(final, b"first")
    path = final.parent / "a.bin.part"
    path.unlink()
    if there is not None:
        path.write_bytes(there)
    part = continued(final)
    assert part is not None
    assert (part.size, part.notes) == (0, None)
    assert not (final.parent / "a.bin.part.json").exists()
    part.write(b"anew")
    part.finish()
    assert final.read_bytes() == b"anew"


def test_bytes_behind_those_of_the_notes_are_cut_off(final: Path) -> None:
    left(final, b"first")
    with (final.parent / "a.bin.part").open("ab") as file:
        file.write(b" and what came before the power went")
    part = continued(final)
    assert part is not None
    assert part.size == 5
    part.write(b" second")
    part.finish()
    assert final.read_bytes() == b"first second"


def test_beginning_anew_forgets_bytes_and_notes(final: Path) -> None:
    left(final, b"a long first half")
    part = continued(final)
    assert part is not None
    part.empty()
    assert listed(final.parent) == ["a.bin.part"]
    part.write(b"anew")
    assert (part.size, part.sha256) == (4, sha256(b"anew"))
    part.finish()
    assert final.read_bytes() == b"anew"


def test_it_is_noted_with_the_first_batch_and_every_4_mib_for_runs_that_are_killed(
    final: Path,
) -> None:
    notes = final.parent / "a.bin.part.json"
    part = PartFile.begun(str(final))
    seen: list[int] = []
    for _ in range(20):
        part.write(b"x" * MIB, noted=noted)
        seen.append(json.loads(notes.read_bytes())["written"] // MIB if notes.exists() else 0)
    assert seen == [1] * 4 + [5] * 4 + [9] * 4 + [13] * 4 + [17] * 4
    part.empty()
    part.write(b"y", noted=noted)
    assert json.loads(notes.read_bytes()) == json.loads(noted(part.size, part.sha256).encoded())
    gone(part)


def test_what_nobody_could_continue_is_not_noted(final: Path) -> None:
    part = PartFile.begun(str(final))
    part.write(b"x" * 10 * MIB)
    assert listed(final.parent) == ["a.bin.part"]
    gone(part)


def test_shorter_notes_leave_nothing_of_longer_ones(final: Path) -> None:
    part = PartFile.begun(str(final))
    part.write(b"x" * MIB, noted=lambda *what: evolve(noted(*what), etag=f'"{"v" * 99}"'))
    part.leave(noted(part.size, part.sha256))
    found = Notes.read((final.parent / "a.bin.part.json").read_bytes())
    assert found == noted(MIB, sha256(b"x" * MIB))


def test_leaving_without_notes_leaves_nothing(final: Path) -> None:
    final.write_bytes(b"old")
    left(final, b"first")
    part = continued(final)
    assert part is not None
    gone(part)
    assert listed(final.parent) == ["a.bin"]
    assert final.read_bytes() == b"old"


def test_leaving_twice_or_after_the_end_does_nothing(final: Path) -> None:
    part = PartFile.begun(str(final))
    part.write(b"x")
    part.finish()
    part.leave(noted(1, sha256(b"x")))
    part.leave(None)
    assert final.read_bytes() == b"x"
    assert listed(final.parent) == ["a.bin"]


def test_notes_of_another_file_do_not_outlive_the_one_that_is_written(final: Path) -> None:
    left(final, b"another")
    part = PartFile.begun(str(final))
    part.write(b"x")
    part.finish()
    assert listed(final.parent) == ["a.bin"]


@pytest.mark.parametrize("again", [PartFile.begun, continuing])
def test_a_file_that_another_run_is_writing_is_left_to_it(
    final: Path, again: Callable[[str], object]
) -> None:
    left(final, b"first")
    first = continued(final)
    assert first is not None
    with pytest.raises(DownloadError, match="is being written by another run"):
        again(str(final))
    first.write(b" second")
    first.finish()
    assert final.read_bytes() == b"first second"


def test_a_part_that_was_renamed_before_the_lock_was_had_is_not_written(
    final: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, lock = PartFile.begun(str(final)), fcntl.flock
    first.write(b"finished")

    def late(descriptor: int, how: int) -> None:
        monkeypatch.undo()
        first.finish()
        lock(descriptor, how)

    monkeypatch.setattr(fcntl, "flock", late)
    second = PartFile.begun(str(final))
    second.write(b"unfinished")
    assert final.read_bytes() == b"finished"
    gone(second)
    assert listed(final.parent) == ["a.bin"]


def refuse_locks(monkeypatch: pytest.MonkeyPatch, code: int) -> None:
    def refused(*_: object) -> None:
        raise OSError(code, os.strerror(code))

    monkeypatch.setattr(fcntl, "flock", refused)


@pytest.mark.parametrize("code", REFUSALS)
def test_without_locks_each_run_writes_a_part_of_its_own(
    final: Path, monkeypatch: pytest.MonkeyPatch, code: int
) -> None:
    refuse_locks(monkeypatch, code)
    first, second = PartFile.begun(str(final)), PartFile.begun(str(final))
    assert first.part != second.part
    assert sorted([first.part, second.part]) == sorted(str(p) for p in final.parent.iterdir())
    first.write(b"first")
    second.write(b"second")
    first.finish()
    assert final.read_bytes() == b"first"
    second.leave(noted(6, sha256(b"second")))
    assert listed(final.parent) == ["a.bin"]


@pytest.mark.parametrize("code", REFUSALS)
def test_without_locks_nothing_is_continued(
    final: Path, monkeypatch: pytest.MonkeyPatch, code: int
) -> None:
    left(final, b"first")
    refuse_locks(monkeypatch, code)
    assert continued(final) is None


def test_another_refusal_of_the_lock_is_an_error(
    final: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    refuse_locks(monkeypatch, errno.EIO)
    with pytest.raises(DownloadError, match=os.strerror(errno.EIO)):
        PartFile.begun(str(final))


def full(*_: object) -> int:
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def test_a_full_disk_keeps_what_is_there_and_its_notes(
    final: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    part = PartFile.begun(str(final))
    part.write(b"first")
    with monkeypatch.context() as patch:
        patch.setattr(os, "write", full)
        with pytest.raises(DiskFullError, match="There is no space left to write "):
            part.write(b" second")
    part.leave(noted(part.size, part.sha256))
    again = continued(final)
    assert again is not None
    assert again.size == 5
    again.write(b" second")
    again.finish()
    assert final.read_bytes() == b"first second"


def test_a_batch_that_fitted_in_half_is_taken_back(
    final: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    part, write = PartFile.begun(str(final)), os.write
    part.write(b"first")

    def half(to: int, data: memoryview) -> int:
        monkeypatch.setattr(os, "write", full)
        return write(to, data[:3])

    monkeypatch.setattr(os, "write", half)
    with pytest.raises(DiskFullError):
        part.write(b" second")
    monkeypatch.undo()
    assert part.size == 5
    part.leave(noted(part.size, part.sha256))
    assert (final.parent / "a.bin.part").read_bytes() == b"first"


def test_after_a_failed_write_nothing_is_added_behind_a_gap(
    final: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    part = PartFile.begun(str(final))
    with monkeypatch.context() as patch:
        patch.setattr(os, "write", full)
        with pytest.raises(DiskFullError):
            part.write(b"first")
    # There is room again.
    with pytest.raises(DiskFullError):
        part.write(b"second")
    part.empty()
    part.write(b"first and second")
    part.finish()
    assert final.read_bytes() == b"first and second"


@pytest.mark.parametrize("earlier", [True, False])
def test_where_there_is_no_room_for_notes_earlier_ones_hold(
    final: Path, monkeypatch: pytest.MonkeyPatch, earlier: bool
) -> None:
    part = PartFile.begun(str(final))
    part.write(b"x" * MIB, noted=noted if earlier else None)
    part.write(b"more")
    with monkeypatch.context() as patch:
        patch.setattr(os, "write", full)
        part.leave(noted(part.size, part.sha256))
    assert listed(final.parent) == (["a.bin.part", "a.bin.part.json"] if earlier else [])
    again = continued(final)
    assert (again.size if again else None) == (MIB if earlier else None)
    if again is not None:
        gone(again)


@pytest.mark.parametrize(
    ("code", "raised", "says"),
    [
        (errno.ENOSPC, DiskFullError, "no space left"),
        (errno.EDQUOT, DiskFullError, "no space left"),
        (errno.EMFILE, DownloadError, "may not open more files at once"),
        (errno.EIO, DownloadError, os.strerror(errno.EIO)),
    ],
)
def test_a_refusal_to_write_is_a_sentence(
    final: Path,
    monkeypatch: pytest.MonkeyPatch,
    code: int,
    raised: type[DownloadError],
    says: str,
) -> None:
    def refused(*_: object) -> int:
        raise OSError(code, os.strerror(code))

    part = PartFile.begun(str(final))
    with monkeypatch.context() as patch:
        patch.setattr(os, "write", refused)
        with pytest.raises(raised, match=says) as failed:
            part.write(b"x")
    assert type(failed.value) is raised
    gone(part)
    assert listed(final.parent) == []


def test_short_writes_of_the_system_are_continued(
    final: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write = os.write
    monkeypatch.setattr(os, "write", lambda to, data: write(to, bytes(data[:7])))
    part = PartFile.begun(str(final))
    part.write(bytes(range(256)))
    part.leave(noted(part.size, part.sha256))
    again = continued(final)
    assert again is not None
    again.finish()
    assert final.read_bytes() == bytes(range(256))


def test_a_folder_at_the_final_name_is_an_error_and_changes_nothing(final: Path) -> None:
    final.mkdir()
    part = PartFile.begun(str(final))
    part.write(b"x")
    with pytest.raises(DownloadError, match="cannot be written"):
        part.finish()
    part.leave(noted(part.size, part.sha256))
    assert listed(final.parent) == ["a.bin", "a.bin.part", "a.bin.part.json"]


@pytest.mark.parametrize("again", [PartFile.begun, continuing])
def test_a_link_planted_at_the_parts_name_is_not_followed(
    tmp_path: Path, final: Path, again: Callable[[str], object]
) -> None:
    victim = tmp_path / "victim"
    victim.write_bytes(b"precious")
    left(final, b"precious")
    (tmp_path / "a.bin.part").unlink()
    (tmp_path / "a.bin.part").symlink_to(victim)
    with pytest.raises(DownloadError, match="is no file"):
        again(str(final))
    assert victim.read_bytes() == b"precious"


def test_a_hard_link_at_the_parts_name_keeps_the_other_file(tmp_path: Path, final: Path) -> None:
    victim = tmp_path / "finished.bin"
    victim.write_bytes(b"precious")
    (tmp_path / "a.bin.part").hardlink_to(victim)
    part = PartFile.begun(str(final))
    part.write(b"x")
    part.finish()
    assert (victim.read_bytes(), final.read_bytes()) == (b"precious", b"x")


def test_a_link_planted_at_the_notes_name_is_not_written_through(
    tmp_path: Path, final: Path
) -> None:
    victim = tmp_path / "victim"
    victim.write_bytes(b"precious")
    part = PartFile.begun(str(final))
    part.write(b"x")
    (tmp_path / "a.bin.part.json").symlink_to(victim)
    part.leave(noted(part.size, part.sha256))
    assert victim.read_bytes() == b"precious"
    # What cannot be noted cannot be continued.
    assert listed(tmp_path) == ["victim"]


def test_a_writer_leaves_no_descriptor_open(final: Path) -> None:
    left(final, b"first")
    for wanted in ("f", "g"):
        if (part := continued(final, file_id=wanted)) is not None:
            part.leave(noted(part.size, part.sha256))
    with pytest.raises(DownloadError):
        PartFile.begun(str(final.parent / "a.bin.part" / "below a file"))
    part = PartFile.begun(str(final))
    part.finish()
    assert opened_in(final.parent) == []
