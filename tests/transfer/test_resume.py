"""What an answer says of the bytes it brings, and what is noted of an unfinished file."""

from __future__ import annotations

import json
from functools import partial
from typing import Any

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from threekit_async import DownloadError, IntegrityError
from threekit_async.transfer.resume import (
    Arriving,
    Notes,
    OtherBytesError,
    arriving,
    asked_headers,
    check_length,
    check_most,
)

ETAG = '"v1"'
NOTES = Notes(file_id="f", etag=ETAG, written=5, sha256="ab" * 32, length=10, hash="cd" * 32)


def came(
    status: int,
    *,
    have: int = 0,
    etag: str | None = None,
    length: int | None = None,
    **headers: Any,
) -> Arriving:
    named = {name.replace("_", "-"): str(value) for name, value in headers.items()}
    return arriving(status, named, name="a.png", have=have, etag=etag, length=length)


@pytest.mark.parametrize(
    ("have", "etag", "headers"),
    [
        (0, None, {}),
        (0, ETAG, {}),
        (5, None, {}),
        (5, ETAG, {"Range": "bytes=5-", "If-Range": ETAG}),
    ],
)
def test_the_rest_is_asked_for_only_of_the_same_content(
    have: int, etag: str | None, headers: dict[str, str]
) -> None:
    assert asked_headers(have=have, etag=etag) == headers


@pytest.mark.parametrize(
    ("headers", "length", "etag"),
    [
        ({}, None, None),
        ({"Content_Length": "10"}, 10, None),
        ({"Content_Length": "10", "ETag": ETAG}, 10, ETAG),
        ({"Content_Length": "ten", "ETag": ETAG}, None, ETAG),
        ({"Content_Length": "-1", "ETag": ETAG}, None, ETAG),
        ({"Content_Length": "٣", "ETag": ETAG}, None, ETAG),
        ({"ETag": f"W/{ETAG}"}, None, None),
        ({"ETag": "v1"}, None, None),
        ({"ETag": '"v\n1"'}, None, None),
        ({"ETag": ETAG, "Accept_Ranges": "bytes"}, None, ETAG),
        ({"ETag": ETAG, "Accept_Ranges": "none"}, None, None),
        ({"Content_Encoding": "identity", "Content_Length": "10", "ETag": ETAG}, 10, ETAG),
        # The length and the etag are those of the packed bytes; others arrive here.
        ({"Content_Encoding": "gzip", "Content_Length": "10", "ETag": ETAG}, None, None),
    ],
)
@pytest.mark.parametrize("have", [0, 5])
def test_a_whole_file_begins_at_zero_whatever_was_asked(
    headers: dict[str, Any], length: int | None, etag: str | None, have: int
) -> None:
    asked = '"v0"' if have else None
    found = came(200, have=have, etag=asked, **headers)
    assert (found.at, found.length, found.etag) == (0, length, etag)


@pytest.mark.parametrize(
    ("headers", "bounded"),
    [
        ({}, False),
        ({"ETag": ETAG, "Connection": "close"}, False),
        ({"Content_Encoding": "gzip"}, False),
        ({"Content_Length": "10"}, True),
        ({"Content_Length": "0"}, True),
        ({"Transfer_Encoding": "chunked"}, True),
        # The length is that of the packed bytes, and nobody checks that they unpack to an end.
        ({"Content_Encoding": "gzip", "Content_Length": "10"}, False),
    ],
)
def test_an_end_that_nothing_announces_cannot_be_told_from_a_break(
    headers: dict[str, Any], bounded: bool
) -> None:
    assert came(200, **headers).bounded is bounded


@pytest.mark.parametrize(
    ("content_range", "length"),
    [("bytes 5-9/10", 10), ("bytes 5-9/*", None), ("Bytes 5-9/10", 10), (" bytes 5-9/10 ", 10)],
)
@pytest.mark.parametrize("etag", [{"ETag": ETAG}, {}])
def test_the_rest_follows_what_is_there(
    content_range: str, length: int | None, etag: dict[str, Any]
) -> None:
    found = came(206, have=5, etag=ETAG, Content_Range=content_range, **etag)
    assert found == Arriving(at=5, length=length, etag=ETAG, bounded=length is not None, until=10)


def test_a_server_may_send_less_than_the_rest() -> None:
    found = came(206, have=5, etag=ETAG, Content_Range="bytes 5-6/10")
    assert (found.at, found.until, found.length) == (5, 7, 10)


@pytest.mark.parametrize(
    ("first", "then", "same"), [(10, 10, True), (None, 10, True), (10, "*", True), (10, 9, False)]
)
def test_two_lengths_are_not_those_of_one_content(
    first: int | None, then: int | str, same: bool
) -> None:
    answer = partial(came, 206, have=5, etag=ETAG, length=first, Content_Range=f"bytes 5-8/{then}")
    if same:
        assert answer().at == 5
    else:
        with pytest.raises(OtherBytesError, match="10 bytes were announced at first, and now 9"):
            answer()


@pytest.mark.parametrize("header", [{"Content_Length": "5"}, {"Transfer_Encoding": "chunked"}])
def test_a_rest_without_a_total_may_announce_its_own_end(header: dict[str, Any]) -> None:
    rest = came(206, have=5, etag=ETAG, **header, Content_Range="bytes 5-9/*")
    assert (rest.length, rest.bounded) == (None, True)


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Content_Range": ""},
        {"Content_Range": "bytes 4-9/10"},
        {"Content_Range": "bytes 6-9/10"},
        {"Content_Range": "bytes 0-9/10"},
        {"Content_Range": "bytes */10"},
        {"Content_Range": "bytes 5-4/10"},
        {"Content_Range": "bytes 5-0/10"},
        {"Content_Range": "lines 5-9/10"},
        {"Content_Range": f"bytes 5-9/{'1' * 5000}"},
        {"Content_Range": "bytes 5-9/10", "ETag": '"v2"'},
        {"Content_Range": "bytes 5-9/10", "Content_Encoding": "gzip"},
    ],
)
def test_other_bytes_than_those_that_follow_are_refused(headers: dict[str, Any]) -> None:
    with pytest.raises(OtherBytesError, match="the bytes from 5 on were asked for"):
        came(206, have=5, etag=ETAG, **headers)


def test_a_part_that_nobody_asked_for_is_refused() -> None:
    with pytest.raises(OtherBytesError):
        came(206, Content_Range="bytes 0-9/10")


@pytest.mark.parametrize("status", [201, 204, 205, 304])
def test_an_answer_without_content_is_a_download_error(status: int) -> None:
    with pytest.raises(DownloadError, match=f"status {status} and no content") as refused:
        came(status)
    assert not isinstance(refused.value, OtherBytesError)


@pytest.mark.parametrize(("size", "length"), [(5, 5), (0, 0), (5, None)])
def test_the_announced_length_is_right(size: int, length: int | None) -> None:
    check_length("a.png", size=size, length=length)


@pytest.mark.parametrize(("size", "length"), [(4, 5), (6, 5), (0, 5), (1, 0)])
def test_another_length_than_was_announced_is_an_integrity_error(size: int, length: int) -> None:
    with pytest.raises(IntegrityError, match=rf"{size} bytes were received"):
        check_length("a.png", size=size, length=length)


@pytest.mark.parametrize(("size", "most"), [(5, 5), (0, 0), (10**12, None)])
def test_as_much_may_come_as_there_should_be(size: int, most: int | None) -> None:
    check_most("a.png", size=size, most=most)


def test_more_than_there_should_be_is_an_integrity_error() -> None:
    with pytest.raises(IntegrityError, match=r"a\.png: more than 5 bytes came"):
        check_most("a.png", size=6, most=5)


@pytest.mark.parametrize("notes", [NOTES, evolve(NOTES, length=None, hash=None)])
def test_notes_are_read_as_they_were_written(notes: Notes) -> None:
    assert Notes.read(notes.encoded()) == notes


@pytest.mark.parametrize("torn", range(1, len(NOTES.encoded())))
def test_torn_notes_say_nothing(torn: int) -> None:
    assert Notes.read(NOTES.encoded()[:torn]) is None


@pytest.mark.parametrize(
    "wrong",
    [
        {"file_id": 7},
        {"file_id": None},
        {"written": 0},
        {"written": -1},
        {"written": "5"},
        {"written": True},
        {"written": 5.0},
        {"length": "10"},
        {"length": False},
        {"hash": 7},
        {"sha256": "AB" * 32},
        {"sha256": "ab"},
        {"sha256": None},
        {"etag": "v1"},
        {"etag": 'W/"v1"'},
        {"etag": '"v1"\r\nX-Injected: 1'},
        {"etag": None},
        {"more": 1},
    ],
)
def test_notes_that_are_not_ours_say_nothing(wrong: dict[str, Any]) -> None:
    assert Notes.read(json.dumps({**json.loads(NOTES.encoded()), **wrong}).encode()) is None


@given(st.binary() | st.recursive(st.none() | st.integers() | st.text(), st.lists).map(repr))
def test_whatever_stands_there_reading_notes_never_fails(text: bytes | str) -> None:
    assert Notes.read(text if isinstance(text, bytes) else text.encode("utf-8", "replace")) is None


@pytest.mark.parametrize("text", [b"[" * 100_000, b'{"written": ' + b"9" * 5000 + b"}", b"[]"])
def test_notes_that_break_a_reader_say_nothing(text: bytes) -> None:
    assert Notes.read(text) is None
