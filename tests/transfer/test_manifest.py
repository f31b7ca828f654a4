"""The manifest: its lines, and what a crash or a stranger may have made of it."""

from __future__ import annotations

import errno
import fcntl
import json
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from threekit_async import DiskFullError, DownloadError
from threekit_async.transfer.entries import Entry, Gone, Header, Line, Mark, read, written
from threekit_async.transfer.manifest import Manifest

texts = st.text(st.characters(codec="utf-8"))
integers = st.integers(0, 2**63 - 1)


def entry(name: str = "a.png", **changes: Any) -> Entry:
    values: dict[str, Any] = {"id": "1", "file_id": "f1", "name": name, "size": 3, "sha256": "ab"}
    return Entry(**{**values, **changes})


def lines_of(path: Path) -> list[Line | None]:
    manifest = Manifest.opened(path)
    try:
        return [line for _, line in manifest.lines()]
    finally:
        manifest.close()


def began(path: Path, template: str = "{id}") -> Manifest:
    manifest = Manifest.opened(path)
    list(manifest.lines())
    manifest.begin(template)
    return manifest


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "manifest.jsonl"


@pytest.fixture
def manifest(path: Path) -> Iterator[Manifest]:
    made = began(path)
    yield made
    made.close()


# Lines


@given(
    st.one_of(
        st.builds(
            Entry,
            id=texts,
            file_id=texts,
            name=texts.map(lambda text: "n" + text.replace("\\", "").replace("\0", "")).filter(
                lambda name: ".." not in name and name[1:2] != ":"
            ),
            size=integers,
            sha256=texts,
            modified=st.integers(-(2**63) + 1, 2**63 - 1),
            checked=st.booleans(),
        ),
        st.builds(Header, st.integers(1, 9), texts),
        st.builds(Gone, texts),
        st.tuples(integers, integers).map(lambda two: Mark(*sorted(two))),
    )
)
def test_every_line_is_read_as_it_was_written(line: Line) -> None:
    text = written(line)
    assert text.endswith(b"\n")
    assert text.count(b"\n") == 1
    assert read(text) == line
    json.loads(text)


@given(st.binary())
def test_no_bytes_make_reading_fail(line: bytes) -> None:
    read(line)


@given(st.data())
def test_no_part_of_a_line_is_a_line(data: st.DataObject) -> None:
    text = written(entry("Stühle/grün.png", id="é"))
    cut = data.draw(st.integers(0, len(text) - 2))
    assert read(text[:cut]) is None
    assert read(text[:cut] + b"~\n") is None
    assert read(text[:cut] + bytes(len(text) - cut)) is None


def test_unknown_keys_and_windows_newlines_do_not_matter() -> None:
    text = written(entry()).replace(b"}\n", b',"etag":"x","deep":{"a":[1]}}\r\n')
    assert read(text) == entry()


def test_what_is_not_told_of_an_entry_has_its_default() -> None:
    text = b'{"id":"1","file_id":"f1","name":"a.png","size":3}'
    assert read(text) == entry(sha256="")


@pytest.mark.parametrize(
    "name",
    ["/etc/passwd", "../a", "a/../../b", "a/..", "..", "a\\b", "C:a", "c:/a", "a\0b", "", "\ud800"],
)
def test_names_that_leave_the_folder_are_not_believed(name: str) -> None:
    values = {"id": "1", "file_id": "f1", "name": name, "size": 3, "sha256": ""}
    assert read(json.dumps(values).encode()) is None


@pytest.mark.parametrize("name", ["a..b", "..a/b..", "a/b/c.png", ".hidden", "1:2", "ä/ö"])
def test_names_that_only_look_odd_are_believed(name: str) -> None:
    assert read(written(entry(name))) == entry(name)


@pytest.mark.parametrize(
    "change",
    [
        {"id": 1},
        {"id": None},
        {"file_id": ["f1"]},
        {"name": {}},
        {"size": "3"},
        {"size": 3.0},
        {"size": True},
        {"size": -1},
        {"size": 2**63},
        {"sha256": None},
        {"modified": "now"},
        {"modified": 2**63},
        {"checked": 1},
    ],
)
def test_entries_of_wrong_types_are_not_believed(change: dict[str, Any]) -> None:
    values = {"id": "1", "file_id": "f1", "name": "a", "size": 3, "sha256": "", "modified": 0}
    assert read(json.dumps(values).encode()) is not None
    assert read(json.dumps({**values, **change}).encode()) is None


@pytest.mark.parametrize(
    "line",
    [
        b"",
        b"\n",
        b"[]",
        b"{}",
        b"null",
        b'"id"',
        b'{"gone":1}',
        b'{"synced":5}',
        b'{"synced":5,"since":6}',
        b'{"synced":5,"since":-1}',
        b'{"synced":true,"since":false}',
        b'{"threekit_manifest":true}',
        b'{"threekit_manifest":0}',
        b'{"threekit_manifest":"1"}',
        b"[" * 100_000,
        b'{"gone":' + b"9" * 5000 + b"}",
        b'{"gone":"\xff"}',
    ],
)
def test_lines_that_say_nothing_are_passed_over(line: bytes) -> None:
    assert read(line) is None


# The file


def test_lines_come_back_with_where_they_end(path: Path, manifest: Manifest) -> None:
    ends = [manifest.append(entry("a")), manifest.append(Gone("a")), manifest.append(Mark(0, 5))]
    manifest.close()
    again = Manifest.opened(path)
    read_back = list(again.lines())
    again.close()
    assert [line for _, line in read_back] == [Header(1, "{id}"), entry("a"), Gone("a"), Mark(0, 5)]
    assert [end for end, _ in read_back][1:] == ends
    assert ends[-1] == again.size == path.stat().st_size


def test_folders_are_made_when_they_are_missing(tmp_path: Path) -> None:
    path = tmp_path / "a" / "b" / "manifest.jsonl"
    began(path).close()
    assert path.is_file()


def test_the_header_is_on_the_disk_before_anything_else_is_written(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    flushed: list[tuple[str, int]] = []

    def fsync(number: int) -> None:
        flushed.append((os.path.realpath(f"/proc/self/fd/{number}"), path.stat().st_size))

    monkeypatch.setattr(os, "fsync", fsync)
    began(path).close()
    real = Path(os.path.realpath(path))
    assert flushed == [(str(real), len(HEADER)), (str(real.parent), len(HEADER))]


def test_two_headers_in_a_row_are_two_runs_without_files(path: Path) -> None:
    began(path, "{a}").close()
    began(path, "{b}").close()
    assert lines_of(path) == [Header(1, "{a}"), Header(1, "{b}")]


@pytest.mark.parametrize(
    "tail",
    [
        written(entry("grün"))[:-1],
        written(entry("grün"))[:40],
        written(entry("grün"))[: written(entry("grün")).index("ü".encode()) + 1],
        b"{",
        bytes(1),
        bytes(5000),
        bytes(200_000),
        b"x" * 200_000,
        written(entry("a")) + bytes(4096),
    ],
)
def test_what_no_newline_ends_is_cut_off(path: Path, manifest: Manifest, tail: bytes) -> None:
    manifest.append(entry("kept"))
    manifest.close()
    with path.open("ab") as file:
        file.write(tail)
    whole: list[Line] = [Header(1, "{id}"), entry("kept"), *([entry("a")] if b"\n" in tail else [])]
    began(path, "{b}").close()
    assert path.read_bytes().endswith(written(whole[-1]) + written(Header(1, "{b}")))
    assert lines_of(path) == [*whole, Header(1, "{b}")]


@pytest.mark.parametrize("damage", [bytes(4096), b"\0", b"x" * 70_000, b"x" * 64 * 1024, b"{}\n\n"])
def test_damage_in_the_middle_costs_what_it_hit(
    path: Path, manifest: Manifest, damage: bytes
) -> None:
    manifest.append(entry("a"))
    manifest.close()
    with path.open("ab") as file:
        file.write(damage + b"\n" + written(entry("b")))
    lines = lines_of(path)
    assert [line for line in lines if line] == [Header(1, "{id}"), entry("a"), entry("b")]
    assert None in lines


def test_the_end_of_a_line_too_long_is_not_taken_for_a_line(path: Path, manifest: Manifest) -> None:
    manifest.close()
    hidden = written(entry("hidden"))
    with path.open("ab") as file:
        file.write(b" " * 64 * 1024 + hidden)
        file.write(b" " * 128 * 1024 + hidden)
    assert lines_of(path) == [Header(1, "{id}"), None, None]


def test_a_file_with_windows_newlines_is_read(path: Path) -> None:
    lines = written(Header(1, "{id}")) + written(entry("a"))
    path.write_bytes(lines.replace(b"\n", b"\r\n"))
    assert lines_of(path) == [Header(1, "{id}"), entry("a")]


HEADER = written(Header(1, "{id}"))


@pytest.mark.parametrize(
    "left",
    [b"", *(HEADER[:cut] for cut in range(1, len(HEADER))), bytes(300), HEADER[:9] + bytes(9)],
)
def test_what_a_crash_leaves_of_a_new_manifest_is_begun_anew(path: Path, left: bytes) -> None:
    path.write_bytes(left)
    began(path).close()
    assert path.read_bytes() == HEADER


@pytest.mark.parametrize(
    "content",
    [
        b"hello",
        b"hello\nworld\n",
        b"\n",
        b"{}\n",
        b'{"name": "shop"}\n',
        b'{"threekit',
        b'{"threekit_manifest":true}\n',
        b"x" * 200_000,
        bytes(10) + b"x",
        b"\x89PNG\r\n\x1a\n",
        written(entry("a")),
    ],
)
def test_somebody_elses_file_is_refused_and_left_alone(path: Path, content: bytes) -> None:
    if HEADER.startswith(content):
        content += b"!"
    path.write_bytes(content)
    with pytest.raises(DownloadError, match=r"is no manifest .* Move it, or pass manifest=False\."):
        began(path)
    assert path.read_bytes() == content


def test_a_folder_or_pipe_in_place_of_the_manifest_is_refused(path: Path) -> None:
    path.mkdir()
    with pytest.raises(DownloadError, match="cannot be written"):
        Manifest.opened(path)
    path.rmdir()
    os.mkfifo(path)
    with pytest.raises(DownloadError, match="is no manifest"):
        Manifest.opened(path)


def test_a_link_in_place_of_the_manifest_leads_nowhere(path: Path, tmp_path: Path) -> None:
    path.symlink_to(tmp_path / "elsewhere")
    with pytest.raises(DownloadError, match="cannot be written"):
        Manifest.opened(path)
    assert not (tmp_path / "elsewhere").exists()


@pytest.mark.parametrize("before", [b"", HEADER, HEADER + written(entry("a"))])
def test_a_newer_version_is_refused_and_left_alone(path: Path, before: bytes) -> None:
    content = before + written(Header(2, "{id}")) + b"torn"
    path.write_bytes(content)
    with pytest.raises(DownloadError, match=r"its version is 2, and this one reads 1\. Update"):
        began(path)
    assert path.read_bytes() == content


# The lock


def test_a_second_run_is_told_that_the_first_has_the_manifest(
    path: Path, manifest: Manifest
) -> None:
    with pytest.raises(DownloadError, match=r"in use by another run .* then run again\."):
        Manifest.opened(path)
    manifest.close()
    manifest.close()
    began(path).close()


def test_a_refused_file_is_not_kept_locked(path: Path) -> None:
    path.write_bytes(b"hello\n")
    for _ in range(2):
        with pytest.raises(DownloadError, match="is no manifest"):
            began(path)


def refusing(code: int) -> Callable[..., None]:
    def call(*_: object) -> None:
        raise OSError(code, os.strerror(code))

    return call


@pytest.mark.parametrize("code", [errno.ENOLCK, errno.ENOTSUP, errno.ENOSYS])
def test_where_nothing_can_be_locked_the_run_goes_on(
    path: Path, monkeypatch: pytest.MonkeyPatch, code: int
) -> None:
    monkeypatch.setattr(fcntl, "flock", refusing(code))
    manifest = began(path)
    manifest.append(entry("a"))
    manifest.close()
    assert lines_of(path) == [Header(1, "{id}"), entry("a")]


def test_a_lock_that_fails_otherwise_is_an_error(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fcntl, "flock", refusing(errno.EIO))
    with pytest.raises(DownloadError, match="cannot be written: Input/output error"):
        Manifest.opened(path)


def test_lines_of_another_run_are_noticed(path: Path, manifest: Manifest) -> None:
    manifest.expect_alone()
    manifest.append(entry("a"))
    manifest.expect_alone()
    with path.open("ab") as file:
        file.write(b"x")
    with pytest.raises(DownloadError, match="by another run as well"):
        manifest.expect_alone()


# Full disks


class FullDisk:
    """Takes a number of bytes, then says that it is full."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, room: int) -> None:
        self.room = room
        self.real = os.write
        monkeypatch.setattr(os, "write", self)

    def __call__(self, number: int, data: bytes) -> int:
        if not self.room:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        count = self.real(number, data[: self.room])
        self.room -= count
        return count


LINE = written(entry("grün"))


@pytest.mark.parametrize("room", range(len(LINE)))
def test_what_a_full_disk_leaves_of_a_line_does_not_spoil_the_next(
    path: Path, manifest: Manifest, monkeypatch: pytest.MonkeyPatch, room: int
) -> None:
    disk = FullDisk(monkeypatch, room)
    with pytest.raises(DiskFullError, match="no space left"):
        manifest.append(entry("grün"))
    for _ in range(3):  # a little room each time: less than anything needs
        disk.room = 1
        with pytest.raises(DiskFullError):
            manifest.append(entry("b"))
    disk.room = 10_000
    manifest.append(entry("c"))
    manifest.append(entry("d"))
    assert manifest.size == path.stat().st_size
    manifest.close()
    assert [line for line in lines_of(path) if line] == [
        Header(1, "{id}"),
        entry("c"),
        entry("d"),
    ]


def test_a_line_that_goes_in_pieces_is_whole(
    path: Path, manifest: Manifest, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = os.write
    monkeypatch.setattr(os, "write", lambda number, data: real(number, data[:7]))
    manifest.append(entry("grün"))
    manifest.close()
    assert lines_of(path) == [Header(1, "{id}"), entry("grün")]


def test_a_manifest_that_cannot_be_begun_says_so(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    FullDisk(monkeypatch, 5)
    with pytest.raises(DiskFullError):
        began(path)
    monkeypatch.undo()
    monkeypatch.setattr(os, "fsync", refusing(errno.EIO))
    with pytest.raises(DownloadError, match="Input/output error"):
        began(path)
    monkeypatch.setattr(os, "fsync", refusing(errno.EINVAL))
    began(path).close()


def test_what_is_closed_takes_no_lines(manifest: Manifest) -> None:
    manifest.close()
    with pytest.raises(DownloadError, match="Bad file descriptor"):
        manifest.append(entry("a"))
    with pytest.raises(OSError, match="Bad file descriptor"):
        manifest.flush()
