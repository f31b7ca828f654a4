"""Answers that look like success and are none, and files that are not what their name says."""

from __future__ import annotations

import gc
import io
import json
import traceback
from pathlib import Path

import pytest
from aiohttp import web

from tests.conftest import AT_ONCE, Connect
from tests.session.raw_server import Handler, answering, bytes_handler, json_handler
from threekit_async import (
    AsyncThreekit,
    DeadlineError,
    DownloadError,
    IntegrityError,
    NotFoundError,
    PublicToken,
    StatusError,
    TransportError,
    UnsafeNameError,
)
from threekit_async.emulator import EmulatorThread
from threekit_async.models.layers import Layer
from threekit_async.session.decode import Rows

LAYER = Layer(id="a", file_id="f", format="png")


def client(url: str) -> AsyncThreekit:
    return AsyncThreekit(token=PublicToken("tok-SECRET-123"), org_id="o", host=url, retry=AT_ONCE)


@pytest.mark.parametrize("status", [204, 302, 304])
async def test_an_answer_without_the_file_is_no_success(status: int, tmp_path: Path) -> None:
    async with answering(bytes_handler(b"", status=status)) as server, client(server.url) as tk:
        report = await tk.layers.download_all([LAYER], to=tmp_path)
        assert isinstance(report.failures[0].error, (StatusError, DownloadError))
        assert list(tmp_path.iterdir()) == []


async def test_a_redirected_post_is_not_repeated_as_a_get() -> None:
    async with answering(json_handler({}, status=301, Location="/elsewhere")) as server:
        async with client(server.url) as tk:
            with pytest.raises(StatusError, match="POST /api/layers was answered 301"):
                await tk.layers.create(asset_id="a")
        assert [request.method for request in server.seen] == ["POST"]


async def test_a_404_page_of_a_wrong_host_is_not_taken_for_nothing_found() -> None:
    handler = bytes_handler(b"<html>no such page", status=404, content_type="text/html")
    async with answering(handler) as server, client(server.url) as tk:
        with pytest.raises(NotFoundError, match="HTML page"):
            await tk.layers.find(asset_id="a")


async def test_bytes_with_another_hash_are_refused() -> None:
    async with answering(bytes_handler(b"other")) as server, client(server.url) as tk:
        with pytest.raises(IntegrityError, match="its bytes have the hash sha256-"):
            await tk.files.by_hash("sha256-" + "0" * 64)


def redirecting() -> Handler:
    async def handler(request: web.BaseRequest) -> web.StreamResponse:
        return web.Response(status=302, headers={"Location": str(request.rel_url)})

    return handler


async def test_an_error_carries_nothing_that_holds_the_token() -> None:
    async with answering(redirecting()) as server, client(server.url) as tk:
        with pytest.raises(TransportError, match="redirects") as failed:
            await tk.layers.get("a")
    error = failed.value
    assert error.__cause__ is None
    assert error.__context__ is None
    assert "tok-SECRET-123" not in "".join(traceback.format_exception(error))


async def test_a_deadline_holds_for_all_attempts_of_a_download(
    connect: Connect, server: EmulatorThread, tmp_path: Path
) -> None:
    server.fill(layers=1, file_bytes=10)
    tk = connect(server, deadline=0.2)
    layer = (await tk.layers.list().first()).items[0]
    server.faults.add(effect="delay", seconds=5, path="/content$")
    report = await tk.layers.download_all([layer], to=tmp_path)
    assert isinstance(report.failures[0].error, DeadlineError)
    assert list(tmp_path.iterdir()) == []


async def test_an_open_file_is_uploaded_again_from_where_it_stood_and_stays_open(
    connect: Connect, server: EmulatorThread, tmp_path: Path
) -> None:
    path = tmp_path / "chair.glb"
    path.write_bytes(b"skipped" + b"glTF" * 1000)
    server.faults.add(effect="status", status=429, path="/api/files$", times=1)
    tk = connect(server)
    with path.open("rb") as source:
        source.seek(7)
        file = await tk.files.upload(source, filename="chair.glb")
        assert not source.closed
    assert await tk.files.content(file.id) == b"glTF" * 1000


async def test_a_stream_that_cannot_be_wound_back_is_sent_once(
    connect: Connect, server: EmulatorThread
) -> None:
    class Stream(io.BytesIO):
        def seekable(self) -> bool:
            return False

    server.faults.add(effect="status", status=429, path="/api/files$", times=1)
    tk = connect(server)
    with pytest.raises(StatusError):
        await tk.files.upload(Stream(b"once"), filename="a.bin")
    assert tk.stats.requests == 1


async def test_somebody_elses_file_is_never_replaced(
    connect: Connect, server: EmulatorThread, tmp_path: Path
) -> None:
    tk = connect(server)
    first = await tk.files.upload(b"first", filename="chair.glb")
    second = await tk.files.upload(b"other", filename="chair.glb")
    await tk.files.download(first.id, to=tmp_path)
    assert (await tk.files.download(first.id, to=tmp_path)).status == "skipped"
    with pytest.raises(UnsafeNameError, match="is another file"):
        await tk.files.download(second.id, to=tmp_path)
    assert (tmp_path / "chair.glb").read_bytes() == b"first"


async def test_another_layers_file_is_not_taken_for_this_ones(
    connect: Connect, server: EmulatorThread, tmp_path: Path
) -> None:
    tk = connect(server)
    files = [await tk.files.upload(content, filename="a.png") for content in (b"one", b"two")]
    layers = [await tk.layers.create(asset_id="chair", file_id=file.id) for file in files]
    name = "{asset_id}.{ext}"
    await tk.layers.download(layers[0], to=tmp_path, name=name)
    with pytest.raises(UnsafeNameError, match="is another file"):
        await tk.layers.download(layers[1], to=tmp_path, name=name)


def test_the_garbage_collector_is_on_again_after_every_page() -> None:
    rows = Rows(Layer, "layers")
    rows.read(json.dumps({"layers": [{"id": "a"}]}).encode())
    assert gc.isenabled()
    with pytest.raises(ValueError, match="layers"):
        rows.read(b"{}")
    assert gc.isenabled()
    gc.disable()
    try:
        rows.read(b'{"layers": []}')
        assert not gc.isenabled()
    finally:
        gc.enable()


async def test_a_file_that_broke_off_is_fetched_again_and_that_is_reported(
    connect: Connect, server: EmulatorThread, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    server.fill(layers=1, file_bytes=1000)
    tk = connect(server)
    layer = (await tk.layers.list().first()).items[0]
    server.faults.add(effect="truncate", bytes=10, path="/content$", times=1)
    with caplog.at_level("INFO", logger="threekit_async"):
        result = await tk.layers.download(layer, to=tmp_path)
    planned = [record for record in caplog.records if record.message == "retry planned"]
    assert (result.size, tk.stats.retries, len(planned)) == (1000, 1, 1)
