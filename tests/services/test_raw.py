"""`raw()`: what a call returns, beside the answer it was read from."""

from __future__ import annotations

import asyncio
import json
import threading
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from tests.conftest import AT_ONCE, Connect
from tests.session.raw_server import answering
from threekit_async import (
    NotFoundError,
    Retry,
    ServerError,
    Threekit,
    UsageError,
)
from threekit_async.emulator import EmulatorThread


@pytest.fixture
def filled(server: EmulatorThread) -> EmulatorThread:
    server.fill(layers=25, file_bytes=700)
    return server


async def some_layer(tk: Any) -> Any:
    return (await tk.layers.list(per_page=1).first()).items[0]


async def test_a_record_comes_with_its_answer(connect: Connect, filled: EmulatorThread) -> None:
    tk = connect(filled)
    layer = await some_layer(tk)
    raw = await tk.raw(tk.layers.get, layer.id)
    assert raw.value == await tk.layers.get(layer.id)
    assert (raw.status, raw.attempts, raw.requests) == (200, 1, 1)
    assert json.loads(raw.body)["id"] == layer.id
    assert raw.headers["content-type"] == raw.headers["Content-Type"]
    assert raw.headers["content-type"].startswith("application/json")
    assert int(raw.headers["CONTENT-LENGTH"]) == len(raw.body)
    assert raw.seconds > 0
    assert "content-type" not in repr(raw).lower()


async def test_attempts_are_those_until_the_answer_came(
    connect: Connect, filled: EmulatorThread
) -> None:
    tk = connect(filled)
    filled.faults.add(effect="status", status=503, times=1)
    filled.faults.add(effect="reset_before", times=1)
    raw = await tk.raw(tk.layers.list(per_page=5).first)
    assert (raw.status, raw.attempts, raw.requests) == (200, 3, 1)
    assert len(raw.value.items) == 5


async def test_a_renewed_token_is_no_further_attempt(
    connect: Connect, filled: EmulatorThread
) -> None:
    tokens = ["revoked", filled.private_token]
    tk = connect(filled, token=lambda: tokens.pop(0))
    raw = await tk.raw(tk.layers.list().first)
    assert (raw.status, raw.attempts, raw.requests) == (200, 1, 1)


async def test_a_listing_counts_its_pages_and_shows_the_last(
    connect: Connect, filled: EmulatorThread
) -> None:
    tk = connect(filled)
    first = await tk.raw(tk.layers.list(per_page=10).first)
    assert (len(first.value.items), first.requests) == (10, 1)
    assert [row["id"] for row in json.loads(first.body)["layers"]] == [
        layer.id for layer in first.value.items
    ]
    everything = await tk.raw(tk.layers.list(per_page=10, concurrency=1).all)
    assert (len(everything.value), everything.requests) == (25, 3)
    assert len(json.loads(everything.body)["layers"]) == 5
    limited = await tk.raw(tk.layers.list(per_page=10).all, limit=12)
    assert (len(limited.value), limited.requests) == (12, 2)


async def test_bytes_in_memory_are_the_value_and_the_body(
    connect: Connect, filled: EmulatorThread
) -> None:
    tk = connect(filled)
    layer = await some_layer(tk)
    raw = await tk.raw(tk.files.content, layer.file_id)
    assert raw.value == raw.body
    assert len(raw.body) == 700
    assert raw.headers["Content-Type"] != "application/json"


async def test_bytes_that_went_to_a_file_are_not_in_the_body(
    connect: Connect, filled: EmulatorThread, tmp_path: Path
) -> None:
    tk = connect(filled)
    layer = await some_layer(tk)
    filled.faults.add(effect="status", status=503, times=1, path="/content$")
    raw = await tk.raw(tk.files.download, layer.file_id, to=tmp_path)
    assert raw.value.path.stat().st_size == 700
    assert (raw.status, raw.body, raw.attempts) == (200, b"", 2)
    assert int(raw.headers["Content-Length"]) == 700
    assert raw.requests == 2  # the record, and the bytes


async def test_downloads_of_many_count_every_request(
    connect: Connect, filled: EmulatorThread, tmp_path: Path
) -> None:
    tk = connect(filled)
    layers = await tk.layers.list().all()
    filled.clear_journal()
    raw = await tk.raw(tk.layers.download_all, layers, to=tmp_path)
    assert raw.value.downloaded == 25
    assert raw.requests == len(filled.journal())


async def test_what_was_not_found_shows_the_refusal(
    connect: Connect, filled: EmulatorThread
) -> None:
    tk = connect(filled)
    raw = await tk.raw(tk.layers.find, asset_id="5b0f3f8e-1f0a-4d56-8d2e-3a1f6c7d8e02")
    assert (raw.value, raw.status, raw.requests) == (None, 422, 1)
    assert b"error" in raw.body


async def test_an_upload_shows_the_answer(connect: Connect, filled: EmulatorThread) -> None:
    tk = connect(filled)
    raw = await tk.raw(tk.files.upload, b"bytes", filename="a.bin")
    assert (raw.value.size, raw.status, raw.requests) == (5, 201, 1)
    assert json.loads(raw.body)["files"][0]["id"] == raw.value.id


async def test_a_call_without_a_value_has_an_answer_all_the_same(
    connect: Connect, filled: EmulatorThread
) -> None:
    tk = connect(filled)
    raw = await tk.raw(tk.files.healthcheck)
    assert (raw.value, raw.status) == (None, 200)


async def test_a_call_that_sends_nothing_is_a_usage_error(
    connect: Connect, filled: EmulatorThread
) -> None:
    tk = connect(filled)
    with pytest.raises(UsageError, match="sent nothing"):
        await tk.raw(tk.layers.list().all, limit=0)
    assert filled.journal() == []


async def test_a_failure_is_raised_as_without_raw_and_leaves_nothing_behind(
    connect: Connect, filled: EmulatorThread
) -> None:
    tk = connect(filled)
    with pytest.raises(NotFoundError):
        await tk.raw(tk.layers.get, "5b0f3f8e-1f0a-4d56-8d2e-3a1f6c7d8e02")
    filled.faults.add(effect="status", status=503)
    with pytest.raises(ServerError):
        await tk.raw(tk.layers.create, asset_id="a")
    filled.faults.clear()
    raw = await tk.raw(tk.layers.list().first)
    assert (raw.status, raw.requests) == (200, 1)
    with pytest.raises(UsageError):
        await tk.raw(tk.layers.list().all, limit=0)


async def test_calls_side_by_side_do_not_mix_their_answers(
    connect: Connect, filled: EmulatorThread
) -> None:
    tk = connect(filled, retry=Retry(attempts=20, base=0.0))
    layers = await tk.layers.list().all()
    filled.faults.add(effect="status", status=503, times=5)
    filled.faults.add(effect="status", status=429, retry_after="0", times=5)
    found = await asyncio.gather(*(tk.raw(tk.layers.get, layer.id) for layer in layers))
    assert [raw.value.id for raw in found] == [layer.id for layer in layers]
    assert [json.loads(raw.body)["id"] for raw in found] == [layer.id for layer in layers]
    assert {raw.requests for raw in found} == {1}
    assert sum(raw.attempts for raw in found) == 25 + 10


async def test_a_plain_call_beside_it_is_not_recorded(
    connect: Connect, filled: EmulatorThread
) -> None:
    tk = connect(filled)
    layers = await tk.layers.list().all()
    raw, *_ = await asyncio.gather(
        tk.raw(tk.layers.list(per_page=10, concurrency=1).all),
        *(tk.layers.get(layer.id) for layer in layers),
    )
    assert raw.requests == 3
    assert len(json.loads(raw.body)["layers"]) == 5


async def test_one_inside_another_keeps_its_answers_to_itself(
    connect: Connect, filled: EmulatorThread
) -> None:
    tk = connect(filled)

    async def both() -> int:
        inner = await tk.raw(tk.layers.list(per_page=10, concurrency=1).all)
        await tk.files.healthcheck()
        return int(inner.requests)

    outer = await tk.raw(both)
    assert (outer.value, outer.requests) == (3, 1)


def test_threads_do_not_mix_their_answers(filled: EmulatorThread) -> None:
    # Threads are of the synchronous world; tasks that run side by side are above.
    found: dict[str, Any] = {}
    with Threekit(
        token=filled.private_token, org_id=filled.org_id, host=filled.url, retry=AT_ONCE
    ) as tk:
        layers = tk.layers.list().all()
        together = threading.Barrier(len(layers))

        def read(layer_id: str) -> None:
            together.wait(20)
            found[layer_id] = tk.raw(tk.layers.get, layer_id)

        threads = [threading.Thread(target=read, args=(layer.id,)) for layer in layers]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(20)
    assert len(found) == len(layers)
    for layer_id, raw in found.items():
        assert (raw.value.id, json.loads(raw.body)["id"], raw.requests) == (layer_id, layer_id, 1)


async def test_headers_that_come_twice_are_both_there(connect: Connect) -> None:
    async def handler(_request: web.BaseRequest) -> web.StreamResponse:
        response = web.json_response({"id": "a"})
        response.headers.add("X-Trace", "one")
        response.headers.add("X-Trace", "two")
        return response

    async with answering(handler) as server:
        tk = connect(server)
        raw = await tk.raw(tk.layers.get, "a")
    assert raw.headers["x-trace"] == "one"
    assert raw.headers.getall("X-Trace") == ["one", "two"]
