"""The record of uploads: whose file it takes, which lines it believes, and what it never writes."""

from __future__ import annotations

import json
import os
import tracemalloc
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from threekit_async import DownloadError, UsageError
from threekit_async.transfer.known import Known
from threekit_async.transfer.uploads_record import UploadsRecord

HEADER = b'{"threekit_uploads": 1, "origin": "https://o", "org_id": "org"}\n'
SHA256 = "0" * 64
KNOWN = Known(id="a.txt", name="a.txt", size=7, sha256=SHA256, file_id="f")


def opened(path: Path | None) -> UploadsRecord:
    return UploadsRecord.opened(path, origin="https://o", org_id="org")


def line(**changed: Any) -> bytes:
    told = {"id": "a.txt", "name": "a.txt", "size": 7, "sha256": SHA256, "file_id": "f", **changed}
    return json.dumps(told).encode() + b"\n"


@pytest.mark.parametrize(
    "content",
    [
        b"\x89PNG\r\n\x1a\n" + bytes(range(256)),
        b"a note of mine\n",
        b"\n",
        b"{",
        b"\0" * 100,
        b'{"threekit_manifest":1,"template":"{name}"}\n',
        b'{"threekit_uploads": true}\n',
        b'{"threekit_uploads": "mine"}\n',
        b'{"threekit_uploads": 0}\n',
        b'{"threekit_uploads": 1, ' + b"x" * 100_000,
    ],
)
def test_a_file_that_is_no_record_is_refused_and_left_as_it_is(
    tmp_path: Path, content: bytes
) -> None:
    path = tmp_path / "mine"
    path.write_bytes(content)
    with pytest.raises(UsageError, match="is no manifest of uploads"):
        opened(path)
    assert path.read_bytes() == content


def test_a_link_is_refused_and_what_it_leads_to_is_left_as_it_is(tmp_path: Path) -> None:
    (tmp_path / "precious").write_bytes(b"")
    (tmp_path / "link").symlink_to(tmp_path / "precious")
    (tmp_path / "dangling").symlink_to(tmp_path / "nothing")
    for name in ("link", "dangling"):
        with pytest.raises(UsageError, match="is no manifest of uploads"):
            opened(tmp_path / name)
    assert (tmp_path / "precious").read_bytes() == b""
    assert not (tmp_path / "nothing").exists()


def test_a_pipe_is_refused_and_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(UsageError, match="is no manifest of uploads"):
        opened(tmp_path / "pipe")


@pytest.mark.parametrize("device", ["/dev/full", "/dev/zero", "/dev/null"])
def test_a_device_is_refused(device: str) -> None:
    with pytest.raises(UsageError, match="is no manifest of uploads"):
        opened(Path(device))


@pytest.mark.parametrize(
    "damaged",
    [
        line(size=10**30),
        line(size=-1),
        line(size=True),
        line(size=7.0),
        line(modified=2**70),
        line(modified=-(2**70)),
        line(name="\ud800"),
        line(file_id="\ud800"),
        line(job_id="\udfff"),
        line(imported="\ud800"),
        line(sha256="0" * 65),
        line(id=None),
        b'{"id": ' + b"9" * 10_000 + b"}\n",
        b"[" * 60_000 + b"\n",
        b"[" * 200_000 + b"\n",
        line(comment="x" * 100_000),
        b"\xff\xfe\n",
        b'"threekit_uploads"\n',
        b"\n",
    ],
    ids=lambda damaged: damaged[:60],
)
def test_a_line_that_cannot_be_believed_is_left_out_and_the_others_are_read(
    tmp_path: Path, damaged: bytes
) -> None:
    path = tmp_path / "uploads.jsonl"
    path.write_bytes(HEADER + damaged + line(id="b.txt", sha256="1" * 64))
    record = opened(path)
    assert record.like(SHA256) is None
    assert record.named("a.txt", "1" * 64) is not None
    record.close()


def test_numbers_of_64_bits_and_odd_names_on_the_disk_are_kept(tmp_path: Path) -> None:
    path = tmp_path / "uploads.jsonl"
    long_ago = Known(
        id="\udcff", name="n", size=2**63 - 1, sha256=SHA256, modified=-(2**63), path="/\udcff"
    )
    record = opened(path)
    record.add(long_ago)
    record.close()
    again = opened(path)
    assert again.unchanged("/\udcff", size=2**63 - 1, modified=-(2**63)) == long_ago
    again.close()


def test_what_a_crash_left_of_the_last_line_is_cut_off(tmp_path: Path) -> None:
    path = tmp_path / "uploads.jsonl"
    path.write_bytes(HEADER + line() + line(id="b.txt")[:-20] + b"\0" * 5000)
    record = opened(path)
    assert record.like(SHA256) == KNOWN
    record.close()
    assert path.read_bytes() == HEADER + line() + HEADER


def test_what_a_crash_left_of_the_first_line_is_no_obstacle(tmp_path: Path) -> None:
    path = tmp_path / "uploads.jsonl"
    path.write_bytes(HEADER[:30] + b"\0" * 30)
    opened(path).close()
    assert path.read_bytes() == HEADER


def test_a_line_without_an_end_takes_no_memory(tmp_path: Path) -> None:
    path = tmp_path / "uploads.jsonl"
    path.write_bytes(HEADER + line())
    os.truncate(path, 200_000_000)
    tracemalloc.start()
    try:
        record = opened(path)
        assert tracemalloc.get_traced_memory()[1] < 2_000_000
    finally:
        tracemalloc.stop()
    assert record.like(SHA256) == KNOWN
    record.close()


def test_a_table_without_room_is_a_sentence_and_the_upload_is_noted_all_the_same(
    tmp_path: Path,
) -> None:
    path = tmp_path / "uploads.jsonl"
    record: Any = opened(path)
    record._index.execute("PRAGMA max_page_count = 1")
    large = Known(id="x" * 100_000, name="n", size=7, sha256=SHA256, file_id="f")
    with pytest.raises(DownloadError, match="The table of uploaded files cannot be kept"):
        record.add(large)
    record.close()
    assert b'"file_id": "f"' in path.read_bytes()


def test_a_table_that_has_gone_is_a_sentence_for_every_question() -> None:
    record: Any = opened(None)
    record._index.execute("DROP TABLE known")
    record._index.execute("DROP TABLE names")
    asked: list[Callable[[], object]] = [
        lambda: record.like(SHA256),
        lambda: record.claim("a", "b"),
        lambda: record.add(KNOWN),
    ]
    for ask in asked:
        with pytest.raises(DownloadError, match="cannot be kept"):
            ask()
    record.close()


def test_a_table_without_room_for_the_lines_of_earlier_runs_is_a_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        "threekit_async.transfer.uploads_record._TABLES", "CREATE TABLE known (id BLOB);"
    )
    path = tmp_path / "uploads.jsonl"
    path.write_bytes(HEADER + line())
    with pytest.raises(DownloadError, match="cannot be kept"):
        opened(path)
