from __future__ import annotations

from threading import Barrier, Thread
from typing import Any

import pytest

from threekit_async.emulator import control
from threekit_async.emulator.web.journal import hide_tokens


def test_the_journal_tells_what_was_asked_and_hides_tokens(api: Any) -> None:
    token = api.server.public_token
    api.get("/api/layers", token=None, bearer_token=token, page="1")
    api.get("/api/layers", token="wrong")
    api.get("/api/layers", token=None)
    first, second, third = api.server.journal()
    assert (first.method, first.path, first.status) == ("GET", "/api/layers", 200)
    assert first.query == "bearer_token=***&page=1"
    assert first.bytes == len(b'{"layers":[]}')
    assert [entry.token for entry in (first, second, third)] == ["public", "refused", "none"]
    assert [entry.status for entry in (second, third)] == [401, 403]
    assert first.started_at <= second.started_at


def test_no_token_survives_in_a_query() -> None:
    assert hide_tokens("a=1&bearer_token=x%20y&bearer_token=z") == (
        "a=1&bearer_token=***&bearer_token=***"
    )


def test_the_journal_is_read_and_emptied_over_http(api: Any) -> None:
    file = api.upload(b"12345").json["files"][0]
    api.get(f"/api/files/{file['id']}/content")
    entries = api.get("/__emulator__/journal", token=None).json["journal"]
    assert [(entry["method"], entry["status"]) for entry in entries] == [
        ("POST", 201),
        ("GET", 200),
    ]
    assert entries[1]["bytes"] == 5
    assert entries[0]["startedAt"] <= entries[1]["startedAt"]
    api("DELETE", "/__emulator__/journal", token=None)
    assert api.server.journal() == []


def test_the_journal_counts_streamed_bytes(api: Any) -> None:
    file = api.upload(b"x" * 2_000_000).json["files"][0]
    api.get(f"/api/files/{file['id']}/content")
    assert api.server.journal()[-1].bytes == 2_000_000


def test_the_peak_of_requests_in_flight_is_known(api: Any) -> None:
    api.server.faults.add(effect="delay", seconds=2)
    together = Barrier(3)

    def ask() -> None:
        together.wait()
        api.get("/api/layers")

    threads = [Thread(target=ask) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert api.server.peak_in_flight() == 3
    api.server.clear_journal()
    assert api.server.peak_in_flight() == 0


def test_reset_brings_back_the_seed_and_empties_all_else(api: Any) -> None:
    first = api.create()
    api.upload(b"gone")
    api.server.faults.add(effect="status", times=5)
    assert api("POST", "/__emulator__/reset").status == 200
    assert api.layers() == []
    info = api.get("/__emulator__/info").json
    assert (info["counts"]["files"], info["blobs"]) == (0, 0)
    assert api.create() == first
    api.server.reset()
    assert api.server.journal() == []
    assert api.layers() == []


def test_info_shows_settings_counts_and_organisation(start: Any, tmp_path: Any) -> None:
    emulator = start(data=tmp_path, ranges=True)
    info = emulator.get("/__emulator__/info", token=None).json
    assert info["orgId"] == emulator.server.org_id
    assert info["settings"]["data"] == str(tmp_path)
    assert info["settings"]["ranges"] is True
    assert {table: count for table, count in info["counts"].items() if count} == {"tokens": 4}
    assert info["counts"]["layers"] == info["counts"]["orders"] == 0


def test_records_are_planted_over_http(api: Any) -> None:
    rows = {
        "files": [{"filename": "a.txt", "content": "hello"}],
        "layers": [{"assetId": "chair"}, {"assetId": "table"}],
    }
    planted = api("POST", "/__emulator__/seed", token=None, body=rows).json
    assert planted.keys() == {"files", "layers"}
    assert api.layers() == planted["layers"]
    assert [layer["assetId"] for layer in planted["layers"]] == ["chair", "table"]
    assert api.get(f"/api/files/{planted['files'][0]['id']}/content").body == b"hello"
    assert len(api.server.journal()) == 2


def test_a_seed_is_planted_over_http_beside_what_is_there(api: Any, monkeypatch: Any) -> None:
    planted: list[str] = []
    monkeypatch.setattr(control, "plant_seed", lambda _state, given: planted.append(given.seed))
    mine = api.create()
    answer = api("POST", "/__emulator__/seed", body={"seed": "demo", "layers": [{"assetId": "b"}]})
    assert planted == ["demo"]
    assert [layer["assetId"] for layer in answer.json["layers"]] == ["b"]
    assert api.layers()[0] == mine
    assert len(api.layers()) == 2


@pytest.mark.parametrize(
    ("body", "sentence"),
    [
        ([], "a JSON object"),
        ({"seed": "other"}, "no seed 'other'"),
        ({"tokens": []}, "no table 'tokens'"),
        ({"layers": {}}, "list of JSON objects"),
        ({"layers": [1]}, "not a JSON object"),
        ({"layers": [{"id": "x"}, {"id": "x"}]}, "there already"),
    ],
)
def test_an_impossible_seed_is_refused_with_a_sentence(api: Any, body: Any, sentence: str) -> None:
    answer = api("POST", "/__emulator__/seed", body=body)
    assert (answer.status, answer.code) == (422, "control_error")
    assert sentence in answer.json["error"]["message"]
    assert api.layers() == []


def test_the_journal_says_over_http_what_was_carried_out(api: Any) -> None:
    api.create()
    api.get("/api/layers", token=None)
    entries = api.get("/__emulator__/journal").json["journal"]
    assert [(entry["status"], entry["carriedOut"]) for entry in entries] == [
        (200, True),
        (403, False),
    ]


def test_filling_adds_many_layers_with_files_of_one_size(api: Any) -> None:
    api("POST", "/__emulator__/fill", body={"layers": 120, "file_bytes": 100})
    layers = api.layers(perPage=100) + api.layers(perPage=100, page=2)
    assert len({layer["id"] for layer in layers}) == 120
    contents = {api.get(f"/api/files/{layer['fileId']}/content").body for layer in layers[:5]}
    assert [len(content) for content in contents] == [100] * 5
    api.server.fill(layers=3)
    assert api.layers(page=5)[-1]["fileId"] is None
    assert api("POST", "/__emulator__/fill", body={"layers": "many"}).status == 422
