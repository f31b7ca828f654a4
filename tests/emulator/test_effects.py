"""What arrives at a plain HTTP client when an answer is spoiled."""

from __future__ import annotations

import gzip
import http.client
import json
import socket
import time
from contextlib import suppress
from typing import Any
from urllib.parse import urlsplit

import pytest

LAYERS = "/api/layers"


def content_of(api: Any, body: bytes) -> str:
    file = api.upload(body).json["files"][0]
    return f"/api/files/{file['id']}/content"


def last(api: Any) -> Any:
    return api.server.journal()[-1]


def received(api: Any, request: str) -> tuple[bytes, bool]:
    """Send a request as it is; return the bytes that came, and whether a TCP reset ended them."""
    parts = urlsplit(api.server.url)
    came = b""
    with socket.create_connection((parts.hostname, parts.port), timeout=20) as connection:
        token = f"Authorization: Bearer {api.server.private_token}"
        connection.sendall(f"{request} HTTP/1.1\r\nHost: x\r\n{token}\r\n\r\n".encode())
        try:
            while piece := connection.recv(65536):
                came += piece
        except ConnectionResetError:
            return came, True
    return came, False


def test_a_reset_after_is_headers_and_no_byte_more(api: Any) -> None:
    path = content_of(api, b"x" * 500)
    api.server.faults.add(effect="reset_after")
    came, hard = received(api, f"GET {path}")
    head, _, body = came.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 200 OK")
    assert b"Content-Length: 500" in head
    assert (body, hard) == (b"", False)
    assert (last(api).status, last(api).bytes, last(api).fault) == (200, 0, "reset_after")


@pytest.mark.parametrize(
    ("effect", "start"),
    [("reset_before", b""), ("reset_after", b"HTTP/1.1 200"), ("truncate", b"HTTP/1.1 200")],
)
def test_a_hard_cut_is_a_tcp_reset(api: Any, effect: str, start: bytes) -> None:
    api.server.faults.add(effect=effect, hard=True)
    came, hard = received(api, f"GET {LAYERS}")
    assert came.startswith(start)
    assert hard


@pytest.mark.parametrize("effect", ["reset_after", "truncate"])
def test_an_answer_without_a_body_is_cut_before_its_headers(api: Any, effect: str) -> None:
    path = content_of(api, b"x")
    api.server.faults.add(effect=effect)
    assert received(api, f"HEAD {path}") == (b"", False)
    assert (last(api).status, last(api).carried_out) == (0, True)


def test_a_truncated_body_is_never_whole(api: Any) -> None:
    path = content_of(api, b"12345")
    api.server.faults.add(effect="truncate", bytes=1000)
    with pytest.raises(http.client.IncompleteRead) as caught:
        api.get(path)
    assert caught.value.partial == b"1234"


@pytest.mark.parametrize("size", [10, 1_500_000])
def test_a_dripping_body_arrives_whole_and_late(api: Any, size: int) -> None:
    path = content_of(api, b"x" * size)
    api.server.faults.add(effect="drip", bytes=size // 5, interval=0.02)
    began = time.monotonic()
    answer = api.get(path)
    assert time.monotonic() - began >= 0.08
    assert answer.body == b"x" * size
    assert answer.headers["Content-Length"] == str(size)
    assert (last(api).bytes, last(api).fault) == (size, "drip")


def test_a_drip_of_no_size_is_a_byte_at_a_time(api: Any) -> None:
    api.server.faults.add(effect="drip", interval=0.005)
    began = time.monotonic()
    assert api.get(LAYERS).json == {"layers": []}
    assert time.monotonic() - began >= 0.005 * (len('{"layers":[]}') - 1)


def test_a_body_that_is_no_utf_8_says_that_it_is_json(api: Any) -> None:
    api.server.faults.add(effect="not_utf8")
    answer = api.get(LAYERS)
    assert (answer.status, answer.headers["Content-Type"]) == (200, "application/json")
    with pytest.raises(UnicodeDecodeError):
        answer.body.decode()


def test_an_empty_body_says_that_it_is_json(api: Any) -> None:
    api.server.faults.add(effect="empty")
    answer = api.get(LAYERS)
    assert (answer.status, answer.headers["Content-Type"]) == (200, "application/json")
    assert (answer.body, answer.headers["Content-Length"]) == (b"", "0")


def test_a_redirect_leads_where_the_rule_says(api: Any) -> None:
    there = "http://files.example/signed?x=1"
    api.server.faults.add(effect="redirect", location=there, times=1)
    answer = api.get(LAYERS)
    assert (answer.status, answer.headers["Location"]) == (302, there)
    api.server.faults.add(effect="redirect", location="/api/assets", status=307)
    assert (api.get(LAYERS).status, api.get(LAYERS).headers["Location"]) == (307, "/api/assets")


def test_gzip_comes_though_identity_was_asked_for(api: Any) -> None:
    path = content_of(api, b"x" * 3_000_000)
    api.server.faults.add(effect="gzip", times=2)
    answer = api.get(path, headers={"Accept-Encoding": "identity"})
    assert answer.headers["Content-Encoding"] == "gzip"
    assert answer.headers["Content-Length"] == str(len(answer.body))
    assert gzip.decompress(answer.body) == b"x" * 3_000_000
    assert json.loads(gzip.decompress(api.get(LAYERS).body)) == {"layers": []}
    assert "Content-Encoding" not in api.get(LAYERS).headers


def ids(api: Any, page: int) -> list[str]:
    return [layer["id"] for layer in api.layers(perPage=2, page=page, sort="+createdAt")]


@pytest.mark.parametrize(
    ("rows", "pages"),
    [
        (1, [[0, 1], [1, 2], [3, 4], [5]]),
        (2, [[0, 1], [0, 1], [2, 3], [4, 5]]),
        (-1, [[1, 2], [3, 4], [5], []]),
    ],
)
def test_a_shifted_page_shows_rows_again_or_not_at_all(
    api: Any, rows: int, pages: list[list[int]]
) -> None:
    made = [api.create()["id"] for _ in range(6)]
    api.server.faults.add(effect="shift_page", rows=rows, path="^/api/layers$")
    assert [ids(api, page) for page in range(1, 5)] == [[made[n] for n in page] for page in pages]


def test_pages_of_groups_shift_too(api: Any) -> None:
    for number in range(4):
        api.create(stageId=f"stage-{number}")
    api.server.faults.add(effect="shift_page")

    def stages(page: int) -> list[str]:
        path = "/api/layers/groups/stageId"
        groups = api("POST", path, perPage=2, page=page, sort="+stageId").json["groups"]
        return [group["stageId"] for group in groups]

    assert [stages(1), stages(2)] == [["stage-0", "stage-1"], ["stage-1", "stage-2"]]


def test_a_shift_between_two_pages_repeats_a_row_once(api: Any) -> None:
    made = [api.create()["id"] for _ in range(6)]
    api.server.faults.add(effect="shift_page", query="(^|&)page=2(&|$)")
    assert [ids(api, page) for page in (1, 2, 3)] == [made[:2], made[1:3], made[4:]]


def test_an_empty_page_has_its_number_but_no_rows(start: Any) -> None:
    api = start(layer_counts=True)
    for _ in range(3):
        api.create()
    api.server.faults.add(effect="empty_page", times=1)
    answer = api.get(LAYERS, perPage=2, page=1).json
    assert (answer["layers"], answer["page"], answer["count"]) == ([], 1, 3)
    assert len(ids(api, 1)) == 2


@pytest.fixture
def ranged(start: Any) -> Any:
    return start(ranges=True, etags=True)


def test_a_range_is_ignored(ranged: Any) -> None:
    path = content_of(ranged, b"0123456789")
    asked = {"Range": "bytes=4-"}
    assert (ranged.get(path, headers=asked).status) == 206
    ranged.server.faults.add(effect="ignore_range")
    answer = ranged.get(path, headers=asked)
    assert (answer.status, answer.body) == (200, b"0123456789")
    assert "Content-Range" not in answer.headers


@pytest.mark.parametrize(
    ("size", "content_range", "body"),
    [
        (0, "bytes 3-9/10", b"3456789"),
        (3, "bytes 1-9/10", b"123456789"),
        (99, "bytes 0-9/10", None),
    ],
)
def test_a_wrong_range_starts_earlier_and_says_so(
    ranged: Any, size: int, content_range: str, body: bytes | None
) -> None:
    path = content_of(ranged, b"0123456789")
    ranged.server.faults.add(effect="wrong_range", bytes=size)
    answer = ranged.get(path, headers={"Range": "bytes=4-"})
    assert (answer.status, answer.headers["Content-Range"]) == (206, content_range)
    assert answer.body == (body or b"0123456789")
    assert ranged.get(path).status == 200


def test_a_new_etag_makes_conditions_about_the_old_one_fail(ranged: Any) -> None:
    path = content_of(ranged, b"0123456789")
    old = ranged.get(path).headers["ETag"]
    rest = {"Range": "bytes=4-", "If-Range": old}
    assert ranged.get(path, headers=rest).status == 206
    ranged.server.faults.add(effect="new_etag")
    answer = ranged.get(path, headers=rest)
    new = answer.headers["ETag"]
    assert (answer.status, answer.body, new != old) == (200, b"0123456789", True)
    assert ranged.get(path, headers={"If-None-Match": old}).status == 200
    assert ranged.get(path, headers={"Range": "bytes=4-"}).headers["ETag"] == new


def test_a_new_etag_stays_the_same_for_as_long_as_its_rule_holds(ranged: Any) -> None:
    path = content_of(ranged, b"x" * 2_000_000)
    ranged.server.faults.add(effect="new_etag")
    new = ranged.get(path).headers["ETag"]
    assert ranged.get(path, headers={"If-None-Match": new}).status == 304
    rest = ranged.get(path, headers={"Range": "bytes=4-", "If-Range": new})
    assert (rest.status, len(rest.body), rest.headers["ETag"]) == (206, 1_999_996, new)


BEFORE = ["status", "html", "malformed_json", "not_utf8", "empty", "body", "reset_before"]
AFTER = ["delay", "drip", "reset_after", "truncate", "wrong_length", "gzip"]


@pytest.mark.parametrize("effect", [*BEFORE, "redirect"])
def test_what_is_answered_instead_is_not_carried_out(api: Any, effect: str) -> None:
    api.server.faults.add(effect=effect, times=1, location="/")
    try_to_create(api)
    assert (last(api).carried_out, last(api).fault) == (False, effect)
    assert api.layers() == []


@pytest.mark.parametrize("effect", AFTER)
def test_what_is_only_answered_badly_is_carried_out(api: Any, effect: str) -> None:
    api.server.faults.add(effect=effect, times=1, interval=0, bytes=50)
    try_to_create(api)
    assert (last(api).carried_out, last(api).fault) == (True, effect)
    assert len(api.layers()) == 1


def try_to_create(api: Any) -> None:
    with suppress(http.client.HTTPException, ConnectionError):
        api("POST", LAYERS, body={"assetId": "a"})


def test_an_unsafe_call_that_is_repeated_is_seen_twice_in_the_journal(api: Any) -> None:
    api.server.faults.add(effect="reset_after", method="POST", times=1)
    try_to_create(api)
    try_to_create(api)
    done = [entry for entry in api.server.journal() if entry.carried_out]
    assert [(entry.status, entry.fault) for entry in done] == [(200, "reset_after"), (200, None)]


def test_a_refusal_of_the_api_is_not_carried_out(api: Any) -> None:
    assert api.get("/api/layers/layer").status == 422
    assert api.get("/api/files/unknown").status == 404
    assert api.get("/api/layers", token=None).status == 403
    assert [entry.carried_out for entry in api.server.journal()] == [False] * 3
