"""Files kept by their hash: what is lent, what is dropped, and what never leaves the folder."""

from __future__ import annotations

import fcntl
import os
import threading
from hashlib import sha256
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from threekit_async.transfer import kept as kept_module
from threekit_async.transfer.kept import Kept

BYTES = b"picture" * 50_000
NAME = f"sha256-{sha256(BYTES).hexdigest()}"


class Clock:
    """A clock that moves when it is told to, in seconds."""

    def __init__(self) -> None:
        self.now = 1_700_000_000.0

    def __call__(self) -> float:
        self.now += 1
        return self.now


@pytest.fixture
def source(tmp_path: Path) -> Path:
    path = tmp_path / "downloaded.png"
    path.write_bytes(BYTES)
    return path


@pytest.fixture
def kept(tmp_path: Path) -> Kept:
    return Kept(folder=tmp_path / "cache" / "files", clock=Clock())


def left(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.rglob("*") if path.is_file())


@pytest.fixture(params=["shared", "copied", "partly shared"])
def _ways_to_copy(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    share = getattr(os, "copy_file_range", None)

    def partly(source: int, target: int, count: int) -> int:
        if share is None or os.lseek(source, 0, os.SEEK_CUR):
            raise OSError("not across file systems")
        return int(share(source, target, 1000))

    if request.param == "copied":
        monkeypatch.delattr(os, "copy_file_range", raising=False)
    if request.param == "partly shared":
        monkeypatch.setattr(os, "copy_file_range", partly, raising=False)


@pytest.mark.usefixtures("_ways_to_copy")
def test_what_was_kept_is_lent_byte_for_byte(kept: Kept, source: Path, tmp_path: Path) -> None:
    kept.keep(NAME, source)
    source.unlink()
    final = tmp_path / "out" / "again.png"
    assert kept.lend(NAME, len(BYTES), str(final), replace=True)
    assert final.read_bytes() == BYTES
    assert left(final.parent) == ["again.png"]
    assert left(kept.folder) == [NAME]


def test_it_stands_under_the_first_two_digits_for_its_owner_only(kept: Kept, source: Path) -> None:
    old = os.umask(0)
    try:
        kept.keep(NAME, source)
    finally:
        os.umask(old)
    path = kept.folder / NAME[7:9] / NAME
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o777 == 0o700
    assert kept.folder.stat().st_mode & 0o777 == 0o700


def test_a_file_is_found_by_hash_and_size(kept: Kept, source: Path) -> None:
    assert kept.find(NAME, len(BYTES)) is None
    kept.keep(NAME, source)
    path = kept.folder / NAME[7:9] / NAME
    assert kept.find(NAME, len(BYTES)) == path
    assert kept.find(NAME.upper().replace("SHA", "sha"), len(BYTES)) == path
    assert kept.find(NAME, None) == path
    assert kept.find(NAME, len(BYTES) - 1) is None
    assert kept.find(None, len(BYTES)) is None


def test_editing_a_lent_or_a_kept_file_in_place_changes_no_other(
    kept: Kept, source: Path, tmp_path: Path
) -> None:
    kept.keep(NAME, source)
    first, second = tmp_path / "first", tmp_path / "second"
    assert kept.lend(NAME, len(BYTES), str(first), replace=True)
    for edited in (source, first):
        with edited.open("r+b") as file:
            file.write(b"edited")
    assert kept.lend(NAME, len(BYTES), str(second), replace=True)
    assert second.read_bytes() == BYTES


@pytest.mark.parametrize("damage", [b"X", b"\0" * len(BYTES)])
def test_a_damaged_file_is_dropped_and_not_lent(
    kept: Kept, source: Path, tmp_path: Path, damage: bytes
) -> None:
    kept.keep(NAME, source)
    with (kept.folder / NAME[7:9] / NAME).open("r+b") as file:
        file.write(damage)
    final = tmp_path / "out.png"
    final.write_bytes(b"before")
    assert not kept.lend(NAME, len(BYTES), str(final), replace=True)
    assert final.read_bytes() == b"before"
    assert left(kept.folder) == []
    assert left(tmp_path) == ["downloaded.png", "out.png"]
    kept.keep(NAME, source)
    assert kept.lend(NAME, len(BYTES), str(final), replace=True)


def test_a_file_of_another_size_is_replaced(kept: Kept, source: Path) -> None:
    kept.keep(NAME, source)
    (kept.folder / NAME[7:9] / NAME).write_bytes(b"short")
    kept.keep(NAME, source)
    assert kept.find(NAME, len(BYTES)) is not None


@pytest.mark.parametrize(
    "name",
    [
        None,
        "",
        NAME[7:],
        f"{NAME}-gz",
        f"md5-{NAME[7:]}",
        NAME[:-1],
        f"{NAME}\n",
        f"../{NAME}",
        "sha256-../../../../../../../../../../../../../../../../../../../../etc/a",
        f"sha256-{'٣' * 64}",
        f"sha256-{'g' * 64}",
    ],
)
def test_other_names_are_ignored(
    kept: Kept, source: Path, tmp_path: Path, name: str | None
) -> None:
    kept.keep(name, source)
    assert kept.find(name, len(BYTES)) is None
    assert not kept.lend(name, len(BYTES), str(tmp_path / "out"), replace=True)
    assert left(tmp_path) == ["downloaded.png"]


@given(st.text() | st.from_regex(r"sha256-[0-9a-fA-F./\\]{60,68}"))
def test_no_name_leads_out_of_the_folder(name: str) -> None:
    path = Kept(folder=Path("/kept"))._path(name)
    if path is not None:
        assert path.resolve().parent.parent == Path("/kept").resolve()


def test_a_link_in_the_folder_is_not_followed(kept: Kept, source: Path) -> None:
    kept.keep(NAME, source)
    path = kept.folder / NAME[7:9] / NAME
    path.unlink()
    path.symlink_to(source)
    assert kept.find(NAME, len(BYTES)) is None


def test_a_part_that_another_run_writes_is_left_to_it(
    kept: Kept, source: Path, tmp_path: Path
) -> None:
    kept.keep(NAME, source)
    final = tmp_path / "out.png"
    with (tmp_path / "out.png.part").open("wb") as other:
        other.write(b"theirs")
        other.flush()
        fcntl.flock(other, fcntl.LOCK_EX)
        assert not kept.lend(NAME, len(BYTES), str(final), replace=True)
        assert (tmp_path / "out.png.part").read_bytes() == b"theirs"
    assert not final.exists()
    assert kept.lend(NAME, len(BYTES), str(final), replace=True)


def test_a_target_that_cannot_be_written_is_left_to_the_download(
    kept: Kept, source: Path, tmp_path: Path
) -> None:
    kept.keep(NAME, source)
    assert not kept.lend(NAME, len(BYTES), str(source / "below a file"), replace=True)
    assert kept.find(NAME, len(BYTES)) is not None


def test_what_cannot_be_kept_is_not(tmp_path: Path, source: Path) -> None:
    below_a_file = Kept(folder=source / "files")
    below_a_file.keep(NAME, source)
    below_a_file.keep(NAME, tmp_path / "missing")
    too_small = Kept(folder=tmp_path / "small", most_bytes=len(BYTES) - 1)
    too_small.keep(NAME, source)
    assert left(tmp_path) == ["downloaded.png"]


def test_a_copy_that_fails_leaves_nothing(
    kept: Kept, source: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(kept_module, "copy_bytes", full)
    kept.keep(NAME, source)
    assert left(kept.folder) == []


def test_the_log_says_once_that_files_cannot_be_kept(
    source: Path, caplog: pytest.LogCaptureFixture
) -> None:
    below_a_file = Kept(folder=source / "files")
    for _ in range(3):
        below_a_file.keep(NAME, source)
    [message] = caplog.messages
    assert message.endswith("Not a directory. Downloads go on without it.")


def made(number: int) -> tuple[str, bytes]:
    body = bytes([number]) * 1000
    return f"sha256-{sha256(body).hexdigest()}", body


def test_those_longest_unused_go_when_the_bound_is_passed(tmp_path: Path) -> None:
    kept = Kept(folder=tmp_path / "files", most_bytes=10_000, clock=Clock())
    source = tmp_path / "source"
    for number in range(10):
        name, body = made(number)
        source.write_bytes(body)
        kept.keep(name, source)
    assert kept.lend(made(0)[0], 1000, str(tmp_path / "lent"), replace=True)
    name, body = made(10)
    source.write_bytes(body)
    kept.keep(name, source)
    there = {number for number in range(11) if kept.find(made(number)[0], 1000)}
    assert there == {0, 3, 4, 5, 6, 7, 8, 9, 10}


def test_the_folder_is_looked_through_once_in_a_while_only(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sweeps: list[int] = []

    def files(folder: Path) -> list[object]:
        sweeps.append(1)
        return []

    monkeypatch.setattr(kept_module, "_files", files)
    kept = Kept(folder=tmp_path / "files", most_bytes=100_000)
    source = tmp_path / "source"
    for number in range(25):
        name, body = made(number)
        source.write_bytes(body)
        kept.keep(name, source)
    # The first, and then each time more than 5,000 bytes have come.
    assert len(sweeps) == 1 + 24 // 6


def test_what_a_killed_process_left_is_removed_after_an_hour(kept: Kept, source: Path) -> None:
    folder = kept.folder / "ab"
    folder.mkdir(parents=True)
    now = kept.clock()
    for name, age in (("old.part", 4000), ("young.part", 10)):
        (folder / name).touch()
        os.utime(folder / name, (now - age, now - age))
    kept.keep(NAME, source)
    assert left(kept.folder) == [NAME, "young.part"]


def test_threads_keep_and_lend_the_same_file(kept: Kept, source: Path, tmp_path: Path) -> None:
    lent: list[bool] = []

    def work(number: int) -> None:
        kept.keep(NAME, source)
        lent.append(kept.lend(NAME, len(BYTES), str(tmp_path / f"out{number}"), replace=True))

    threads = [threading.Thread(target=work, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert lent == [True] * 8
    assert {(tmp_path / f"out{number}").read_bytes() for number in range(8)} == {BYTES}
    assert left(kept.folder) == [NAME]
