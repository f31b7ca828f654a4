"""ETag, Last-Modified and compressed answers: undocumented, so behind switches."""

from __future__ import annotations

import gzip
import json
from importlib import import_module
from typing import Any

import pytest

from threekit_async.emulator.web.compression import choose_coding, codings

LAYERS = "/api/layers"


def test_json_has_a_weak_etag_that_changes_with_it(start: Any) -> None:
    api = start(etags=True)
    first = api.get(LAYERS).headers["ETag"]
    assert first.startswith('W/"')
    assert api.get(LAYERS).headers["ETag"] == first
    api.create()
    assert api.get(LAYERS).headers["ETag"] != first


@pytest.mark.parametrize("known", ["{}", '"other", {}', "*"])
def test_a_client_that_has_the_same_json_gets_304(start: Any, known: str) -> None:
    api = start(etags=True)
    tag = api.get(LAYERS).headers["ETag"]
    answer = api.get(LAYERS, headers={"If-None-Match": known.format(tag)})
    assert (answer.status, answer.body, answer.headers["ETag"]) == (304, b"", tag)
    assert api.server.journal()[-1].status == 304
    api.create()
    if known != "*":
        assert api.get(LAYERS, headers={"If-None-Match": known.format(tag)}).status == 200


def test_without_the_switch_nothing_is_validated(api: Any) -> None:
    answer = api.get(LAYERS, headers={"If-None-Match": "*"})
    assert (answer.status, "ETag" in answer.headers) == (200, False)


def test_only_what_was_read_well_is_validated(start: Any) -> None:
    api = start(etags=True)
    made = api("POST", LAYERS, body={"assetId": "a"})
    assert (made.status, "ETag" in made.headers) == (200, False)
    missing = api.get("/api/files/unknown", headers={"If-None-Match": "*"})
    assert (missing.status, "ETag" in missing.headers) == (404, False)


def test_a_file_has_the_instant_it_was_made(start: Any) -> None:
    api = start(etags=True)
    file = api.upload(b"12345").json["files"][0]
    path = f"/api/files/{file['id']}/content"
    seen = api.get(path).headers
    assert seen["Last-Modified"] == "Sat, 01 Jun 2024 00:00:00 GMT"
    same = api.get(path, headers={"If-Modified-Since": seen["Last-Modified"]})
    assert (same.status, same.headers["ETag"]) == (304, seen["ETag"])
    other = {"If-Modified-Since": seen["Last-Modified"], "If-None-Match": '"other"'}
    assert api.get(path, headers=other).status == 200


def unpacked(coding: str, body: bytes) -> Any:
    if coding == "zstd":
        return json.loads(import_module("backports.zstd").decompress(body))
    if coding == "br":
        return json.loads(import_module("brotli").decompress(body))
    return json.loads(gzip.decompress(body))


@pytest.mark.parametrize("coding", codings())
def test_json_is_sent_compressed_to_those_who_take_it(start: Any, coding: str) -> None:
    api = start(compress=True, etags=True)
    api.server.fill(layers=100)
    plain = api.get(LAYERS, perPage=100)
    answer = api.get(LAYERS, perPage=100, headers={"Accept-Encoding": f"deflate, {coding}"})
    assert (answer.headers["Content-Encoding"], answer.headers["Vary"]) == (
        coding,
        "Accept-Encoding",
    )
    assert "Content-Encoding" not in plain.headers
    assert unpacked(coding, answer.body) == plain.json
    assert len(answer.body) < len(plain.body) / 4
    assert answer.headers["ETag"] == plain.headers["ETag"]
    assert api.server.journal()[-1].bytes == len(answer.body)


def test_files_are_not_compressed(start: Any) -> None:
    api = start(compress=True)
    file = api.upload(b"[1]", name="a.json", kind="application/json").json["files"][0]
    answer = api.get(f"/api/files/{file['id']}/content", headers={"Accept-Encoding": "gzip"})
    assert (answer.body, "Content-Encoding" in answer.headers) == (b"[1]", False)


@pytest.mark.parametrize(
    ("accepted", "coding"),
    [
        ("", None),
        ("identity, *", None),
        ("gzip", "gzip"),
        ("deflate, GZIP;q=0.5", "gzip"),
        ("gzip;q=0", None),
        ("gzip; q=0.000", None),
        ("gzip;q=0.001", "gzip"),
    ],
)
def test_the_coding_follows_from_what_the_client_takes(accepted: str, coding: str | None) -> None:
    assert choose_coding(accepted) == coding
