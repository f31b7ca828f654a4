from __future__ import annotations

import hashlib
import time
from typing import TYPE_CHECKING, Any

import pytest

from threekit_async.emulator.data.blobs import Blobs
from threekit_async.emulator.seeds.tenant import NEIGHBOUR_ORG_ID, NEIGHBOUR_PRIVATE_TOKEN

if TYPE_CHECKING:
    from collections.abc import Callable

UNKNOWN = "00000000-0000-4000-8000-000000000000"


def until(true: Callable[[], bool]) -> None:
    end = time.monotonic() + 10
    while not true():
        assert time.monotonic() < end


def test_an_upload_can_be_read_back_by_id_and_by_hash(api: Any) -> None:
    content = b"\x89PNG" + bytes(range(256)) * 400
    answer = api.upload(content, name="chair.png")
    (file,) = answer.json["files"]
    assert answer.status == 201
    assert file["hash"] == "sha256-" + hashlib.sha256(content).hexdigest()
    assert (file["size"], file["extension"], file["mimeType"]) == (len(content), "png", "image/png")
    assert api.get(f"/api/files/{file['id']}").json == file
    read = api.get(f"/api/files/{file['id']}/content")
    assert read.body == api.get(f"/api/files/hash/{file['hash']}").body == content
    assert read.headers["Content-Type"] == "image/png"
    assert read.headers["Content-Length"] == str(len(content))
    assert read.headers["Content-Disposition"] == 'inline; filename="chair.png"'


def test_any_file_field_is_taken(api: Any) -> None:
    assert api.upload(b"1", field="file").status == 201


def test_a_large_file_comes_back_whole(api: Any) -> None:
    content = bytes(range(256)) * 20_000
    file = api.upload(content, kind="application/octet-stream").json["files"][0]
    assert api.get(f"/api/files/{file['id']}/content").body == content


def test_an_empty_file_is_a_file(api: Any) -> None:
    file = api.upload(b"").json["files"][0]
    read = api.get(f"/api/files/{file['id']}/content")
    assert (read.status, read.body, read.headers["Content-Length"]) == (200, b"", "0")


def test_equal_contents_share_a_blob_but_have_their_own_records(api: Any) -> None:
    one, two = (api.upload(b"same").json["files"][0] for _ in range(2))
    api.upload(b"other")
    assert one["id"] != two["id"]
    assert one["hash"] == two["hash"]
    info = api.get("/__emulator__/info").json
    assert (info["counts"]["files"], info["blobs"]) == (3, 2)


@pytest.mark.parametrize(
    ("kind", "data"),
    [
        ("application/json", b"{}"),
        ("multipart/form-data", b"x"),
        ("multipart/form-data; boundary=b", b"nonsense"),
        (
            "multipart/form-data; boundary=b",
            b'--b\r\nContent-Disposition: form-data; name="orgId"\r\n\r\n1\r\n--b--\r\n',
        ),
    ],
)
def test_a_badly_formed_upload_is_400(api: Any, kind: str, data: bytes) -> None:
    answer = api("POST", "/api/files", data=data, headers={"Content-Type": kind})
    assert (answer.status, answer.code) == (400, "bad_request")
    assert api.get("/__emulator__/info").json["blobs"] == 0


@pytest.mark.parametrize("path", [UNKNOWN, f"{UNKNOWN}/content", "fail", "hash/sha256-00"])
def test_an_unknown_file_is_404(api: Any, path: str) -> None:
    answer = api.get(f"/api/files/{path}")
    assert (answer.status, answer.code) == (404, "file_not_found")


def test_a_difficult_file_name_is_quoted() -> None:
    from threekit_async.emulator.web.answers import disposition

    written = disposition('a"b\r\né.png')
    assert written == "inline; filename=\"a_b___.png\"; filename*=UTF-8''a%22b%0D%0A%C3%A9.png"


def test_ranges_are_ignored_unless_switched_on(start: Any, api: Any) -> None:
    headers = {"Range": "bytes=2-4"}
    for emulator, status, body in ((api, 200, b"0123456789"), (start(ranges=True), 206, b"234")):
        file = emulator.upload(b"0123456789").json["files"][0]
        answer = emulator.get(f"/api/files/{file['id']}/content", headers=headers)
        assert (answer.status, answer.body) == (status, body)
        assert ("Accept-Ranges" in answer.headers) == (status == 206)


@pytest.mark.parametrize(
    ("asked", "status", "body", "content_range"),
    [
        ("bytes=5-", 206, b"56789", "bytes 5-9/10"),
        ("bytes=-3", 206, b"789", "bytes 7-9/10"),
        ("bytes=8-99", 206, b"89", "bytes 8-9/10"),
        ("bytes=10-", 416, b"", "bytes */10"),
        ("bytes=4-2", 200, b"0123456789", None),
        ("lines=1-2", 200, b"0123456789", None),
        ("bytes=0-1,4-5", 200, b"0123456789", None),
    ],
)
def test_ranges_are_read_as_http_says(
    start: Any, asked: str, status: int, body: bytes, content_range: str | None
) -> None:
    emulator = start(ranges=True)
    file = emulator.upload(b"0123456789").json["files"][0]
    answer = emulator.get(f"/api/files/{file['id']}/content", headers={"Range": asked})
    assert (answer.status, answer.body) == (status, body)
    assert answer.headers.get("Content-Range") == content_range


def test_etags_answer_if_none_match_and_if_range(start: Any) -> None:
    emulator = start(etags=True, ranges=True)
    file = emulator.upload(b"0123456789").json["files"][0]
    path = f"/api/files/{file['id']}/content"
    etag = emulator.get(path).headers["ETag"]
    assert emulator.get(path, headers={"If-None-Match": etag}).status == 304
    part = emulator.get(path, headers={"Range": "bytes=5-", "If-Range": etag})
    whole = emulator.get(path, headers={"Range": "bytes=5-", "If-Range": '"old"'})
    assert (part.body, whole.body) == (b"56789", b"0123456789")


def test_a_blob_that_was_not_finished_leaves_nothing(tmp_path: Any) -> None:
    def break_off() -> None:
        with Blobs(tmp_path).writer() as writer:
            writer.write(b"half")
            raise ConnectionError

    with pytest.raises(ConnectionError):
        break_off()
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ["", "..", "../secret", "sha256-" + "0" * 64, "sha256-XYZ"])
def test_only_stored_well_formed_names_have_a_path(tmp_path: Any, name: str) -> None:
    assert Blobs(tmp_path).path(name) is None


def test_a_record_is_shown_to_its_own_organisation_only(api: Any) -> None:
    (file,) = api.upload(b"ours").json["files"]
    path = f"/api/files/{file['id']}"
    other = api.get(path, token=NEIGHBOUR_PRIVATE_TOKEN)
    assert (other.status, other.code) == (404, "file_not_found")
    assert api.get(path).json == file
    assert "orgId" not in file
    for token in (NEIGHBOUR_PRIVATE_TOKEN, None):
        assert api.get(f"{path}/content", token=token).body == b"ours"


def test_every_file_there_is_belongs_to_somebody(api: Any, demo: Any) -> None:
    api.server.fill(layers=1, file_bytes=1)
    (planted,) = api.server.seed(files=[{"content": b"x"}])["files"]
    (theirs,) = api.server.seed(files=[{"content": b"x", "orgId": NEIGHBOUR_ORG_ID}])["files"]
    ids = [planted["id"], api.layers()[0]["fileId"]]
    assert [api.get(f"/api/files/{file_id}").status for file_id in ids] == [200, 200]
    assert api.get(f"/api/files/{theirs['id']}").status == 404
    assert demo.get(f"/api/files/{demo.layers()[0]['fileId']}").status == 200


def test_files_that_others_lead_to_belong_to_the_same_organisation(start: Any) -> None:
    api = start(seed="demo", job_seconds=0)
    org_id = api.server.org_id
    thumbnail = api.get("/api/assets/ALD/thumbnail", orgId=org_id, size=32)
    assert thumbnail.status == 200
    body = {"files": [{"product": {"name": "Stool"}}], "sync": False}
    job = api("POST", "/api/products/import", orgId=org_id, body=body).json["jobId"]
    until(lambda: api.get(f"/api/jobs/{job}", orgId=org_id).json["status"] == "stopped")
    owners = "SELECT orgId, COUNT(*) FROM files GROUP BY orgId"
    made = api.server.call(lambda emulator: emulator.state.store.rows(owners))
    # Beside the demo's own: the small copy, what was imported, and the list of what came of it.
    assert made == [(org_id, 1003)]


def test_a_seed_that_is_added_brings_its_owners(start: Any) -> None:
    api = start()
    api.server.seed("demo")
    assert api.get(f"/api/files/{api.layers()[0]['fileId']}").status == 200


def test_a_range_with_endless_digits_is_ignored(start: Any) -> None:
    emulator = start(ranges=True)
    file = emulator.upload(b"0123456789").json["files"][0]
    headers = {"Range": f"bytes={'9' * 5000}-"}
    assert emulator.get(f"/api/files/{file['id']}/content", headers=headers).status == 200
