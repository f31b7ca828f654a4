"""What a file record promises, and whether bytes keep it."""

from __future__ import annotations

import pytest

from threekit_async import File, IntegrityError
from threekit_async.transfer.promise import check, promised_digest, stands

RIGHT = "ab" * 32
WRONG = "cd" * 32


def record(*, size: int | None = 10, digits: str | None = RIGHT, kind: str = "sha256-") -> File:
    return File(id="f", size=size, hash=None if digits is None else kind + digits)


@pytest.mark.parametrize(
    ("file", "digest"),
    [
        (None, None),
        (record(digits=None), None),
        (record(), RIGHT),
        (record(digits=RIGHT.upper()), RIGHT),
        (record(kind="md5-"), None),
        (record(kind=""), None),
        (record(digits=RIGHT[:-1]), None),
        (record(digits=RIGHT + "-gz"), None),
        (record(digits=""), None),
    ],
)
def test_only_a_whole_sha256_promises_something(file: File | None, digest: str | None) -> None:
    assert promised_digest(file) == digest


@pytest.mark.parametrize(
    ("file", "size", "digest", "kept"),
    [
        (None, 10, None, True),
        (None, 0, None, True),
        (record(), 10, None, True),
        (record(), 10, RIGHT, True),
        (record(), 10, WRONG, False),
        (record(), 9, None, False),
        (record(), 9, RIGHT, False),
        (record(size=None), 9, RIGHT, True),
        (record(size=None), 9, WRONG, False),
        (record(digits=None), 10, WRONG, True),
        (record(size=0, digits=None), 0, None, True),
        (record(size=0, digits=None), 1, None, False),
    ],
)
def test_what_is_on_disk_stands_unless_its_record_says_otherwise(
    file: File | None, size: int, digest: str | None, kept: bool
) -> None:
    assert stands(size=size, digest=digest, record=file) is kept


@pytest.mark.parametrize(
    ("file", "size", "digest", "says"),
    [
        (None, 3, WRONG, None),
        (record(), 10, RIGHT, None),
        (record(), 10, None, None),
        (record(size=None, digits=None), 3, WRONG, None),
        (record(), 9, RIGHT, "9 bytes were received, and the file record says 10"),
        (record(), 11, None, "11 bytes were received, and the file record says 10"),
        (record(), 10, WRONG, f"sha256 {WRONG[:12]}..., and the file record says {RIGHT[:12]}"),
        (record(size=None), 10, WRONG, "sha256"),
    ],
)
def test_what_was_received_is_compared_with_its_record(
    file: File | None, size: int, digest: str | None, says: str | None
) -> None:
    if says is None:
        check("a.png", size=size, digest=digest, record=file)
        return
    with pytest.raises(IntegrityError) as refusal:
        check("a.png", size=size, digest=digest, record=file)
    assert says in str(refusal.value)
    assert str(refusal.value).startswith("a.png: ")
    assert "Try again" in str(refusal.value)
