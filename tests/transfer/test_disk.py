"""A file hashed as a whole, and a folder that must be writable."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from threekit_async import DownloadError
from threekit_async.transfer.disk import digest_of, prepare_folder


def test_the_digest_of_a_file_is_that_of_its_bytes(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"abc")
    assert digest_of(str(tmp_path / "a")) == hashlib.sha256(b"abc").hexdigest()


def test_a_folder_is_made_and_left_empty_by_the_proof(tmp_path: Path) -> None:
    prepare_folder(tmp_path / "a" / "b")
    assert list((tmp_path / "a" / "b").iterdir()) == []


@pytest.mark.parametrize("below", ["", "x", "x/y"])
def test_a_file_where_a_folder_should_be_is_refused(tmp_path: Path, below: str) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(DownloadError, match="cannot be written"):
        prepare_folder(tmp_path / "file" / below)
