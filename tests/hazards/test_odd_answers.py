"""Answers that look like success and are none, and files that are not what their name says."""

from __future__ import annotations

import asyncio
import gc
import gzip
import io
import json
import traceback
from contextlib import suppress
from pathlib import Path

import pytest
from aiohttp import web

from tests.conftest import Connect
from tests.session.attempts import PACKED
from tests.session.raw_server import Handler, answering, bytes_handler, json_handler
from tests.transfer.folders import paths_in
from threekit_async import (
    DeadlineError,
    DecodeError,
    DownloadError,
    IntegrityError,
    NotFoundError,
    PublicToken,
    RequestTimeoutError,
    Retry,
    StatusError,
    Timeout,
    TransportError,
    UnsafeNameError,
)
from threekit_async.emulator import EmulatorThread
from threekit_async.models.layers import Layer
from threekit_async.network import Network
from threekit_async.session.decode import Rows

LAYER = Layer(id="a", file_id="f", format="png")


@pytest.mark.parametrize("status", [204, 302, 304])
async def test_an_answer_without_the_file_is_no_success(
    connect: Connect, status: int, tmp_path: Path
) -> None:
    async with answering(bytes_handler(b"", status=status)) as raw:
        report = await connect(raw).layers.download_all([LAYER], to=tmp_path)
        assert isinstance(report.failures[0].error, (StatusError, DownloadError, TransportError))
        assert paths_in(tmp_path) == []


async def test_a_redirected_post_is_not_repeated_as_a_get(connect: Connect) -> None:
    async with answering(json_handler({}, status=301, Location="/elsewhere")) as raw:
        with pytest.raises(StatusError, match="POST /api/layers was answered 301"):
            await connect(raw).layers.create(asset_id="a")
        assert [request.method for request in raw.seen] == ["POST"]


async def test_a_404_page_of_a_wrong_host_is_not_taken_for_nothing_found(connect: Connect) -> None:
    handler = bytes_handler(b"<html>no such page", status=404, content_type="text/html")
    async with answering(handler) as raw:
        with pytest.raises(NotFoundError, match="HTML page"):
            await connect(raw).layers.find(asset_id="a")


async def test_bytes_with_another_hash_are_refused(connect: Connect) -> None:
    async with answering(bytes_handler(b"other")) as raw:
        with pytest.raises(IntegrityError, match="its bytes have the hash sha256-"):
            await connect(raw).files.by_hash("sha256-" + "0" * 64)


def redirecting() -> Handler:
    async def handler(request: web.BaseRequest) -> web.StreamResponse:
        return web.Response(status=302, headers={"Location": str(request.rel_url)})

    return handler


async def test_an_error_carries_nothing_that_holds_the_token(connect: Connect) -> None:
    async with answering(redirecting()) as raw:
        tk = connect(raw, token=PublicToken("tok-SECRET-123"))
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
    tk = connect(server)
    layer = (await tk.layers.list().first()).items[0]
    server.faults.add(effect="delay", seconds=20, path="/content$")
    report = await tk.with_options(deadline=1.0).layers.download_all([layer], to=tmp_path)
    assert isinstance(report.failures[0].error, DeadlineError)
    assert paths_in(tmp_path) == []


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


def odd(body: bytes, content_type: str, **headers: str) -> Handler:
    """Answer bytes and say about them whatever one likes."""

    async def handler(_request: web.BaseRequest) -> web.StreamResponse:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return web.Response(body=body, headers={"Content-Type": content_type, **named})

    return handler


JSON, CSV, HTML = "application/json", "text/csv", "text/html; charset=utf-8"
ACCENT = '{"id": "\u00e9"}'
ODD = [
    pytest.param(b"<html><h1>Sign in", HTML, "is an HTML page, not JSON", id="html"),
    pytest.param(b"  <!DOCTYPE html>", JSON, "is an HTML page, not JSON", id="html in disguise"),
    pytest.param(b"", JSON, "is empty where JSON was expected", id="empty"),
    pytest.param(b'{"id": "a", ', JSON, "is not JSON. It may be cut off", id="truncated"),
    pytest.param(ACCENT.encode()[:9], JSON, "is not JSON. It may be cut off", id="cut character"),
    pytest.param(ACCENT.encode("latin-1"), JSON, "is not JSON, and not in UTF-8", id="latin-1"),
    pytest.param(
        ACCENT.encode("latin-1"),
        f"{JSON}; charset=iso-8859-1",
        "is not JSON, and not in UTF-8",
        id="charset",
    ),
    pytest.param(b"\x00\x01\x02", "image/png", "is not JSON", id="a picture"),
    pytest.param(b"id,name\n", CSV, "is not JSON", id="csv"),
    pytest.param(b"null", JSON, "cannot be read: it is null", id="null"),
]


@pytest.mark.parametrize(("body", "content_type", "said"), ODD)
async def test_an_answer_that_is_not_what_was_asked_says_what_it_is(
    connect: Connect, body: bytes, content_type: str, said: str
) -> None:
    async with answering(odd(body, content_type)) as raw:
        with pytest.raises(DecodeError, match=r"^GET /api/layers/a succeeded, but ") as failed:
            await connect(raw).layers.get("a")
        assert said in str(failed.value)
        assert len(raw.seen) == 1  # asking again would bring the same


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b"<html>", "is an HTML page, not text"),
        ("Name\nCaf\u00e9\n".encode("latin-1"), "is not text, and not in UTF-8"),
    ],
)
async def test_a_text_that_is_none_says_what_it_is(
    connect: Connect, body: bytes, said: str
) -> None:
    async with answering(odd(body, CSV)) as raw:
        with pytest.raises(DecodeError) as failed:
            await connect(raw).products.translations()
        assert said in str(failed.value)


async def test_a_wrong_charset_does_no_harm_to_what_is_utf_8(connect: Connect) -> None:
    async with answering(odd(ACCENT.encode(), f"{JSON}; charset=iso-8859-1")) as raw:
        assert (await connect(raw).layers.get("a")).id == "\u00e9"


@pytest.mark.parametrize("encoding", PACKED)
async def test_a_compressed_answer_is_read(connect: Connect, encoding: str) -> None:
    handler = odd(PACKED[encoding](b'{"id": "a"}'), JSON, Content_Encoding=encoding)
    async with answering(handler) as raw:
        assert (await connect(raw).layers.get("a")).id == "a"
        assert encoding in raw.seen[0].headers["Accept-Encoding"]


async def test_an_encoding_nobody_asked_for_is_named(connect: Connect) -> None:
    async with answering(odd(b"?", JSON, Content_Encoding="x-snappy")) as raw:
        with pytest.raises(
            DecodeError, match=r"is in the encoding 'x-snappy', which was not asked"
        ):
            await connect(raw).layers.get("a")
        assert len(raw.seen) == 1


async def test_an_answer_too_large_to_be_true_is_refused_once(connect: Connect) -> None:
    async with answering(json_handler({"id": "a" * 2000})) as raw:
        tk = connect(raw, network=Network(largest_json=1000))
        with pytest.raises(DecodeError, match=r"larger than 1,000 bytes.*largest_json="):
            await tk.layers.get("a")
        assert len(raw.seen) == 1


async def test_a_bomb_in_place_of_an_answer_is_refused(connect: Connect) -> None:
    bomb = gzip.compress(b'"' + b"0" * 50_000_000)
    async with answering(odd(bomb, JSON, Content_Encoding="gzip")) as raw:
        tk = connect(raw, network=Network(largest_json=1_000_000))
        with pytest.raises(DecodeError, match="larger than 1,000,000 bytes"):
            await tk.layers.get("a")


async def test_an_error_page_without_end_is_still_that_error(connect: Connect) -> None:
    handler = bytes_handler(b"<html>" + b"x" * 5_000_000, status=404, content_type="text/html")
    async with answering(handler) as raw:
        with pytest.raises(NotFoundError, match="HTML page"):
            await connect(raw).layers.get("a")


async def test_an_answer_that_drips_is_given_up(connect: Connect, tmp_path: Path) -> None:
    async def drip(request: web.BaseRequest) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Length": "100000"})
        await response.prepare(request)
        with suppress(OSError):  # the client has gone
            for _ in range(1000):
                await response.write(b" ")
                await asyncio.sleep(0.01)
        return response

    async with answering(drip) as raw:
        tk = connect(raw, timeout=Timeout(read=1.0), retry=Retry(attempts=1))
        ended = await asyncio.gather(
            tk.layers.get("a"), tk.layers.download(LAYER, to=tmp_path), return_exceptions=True
        )
    assert [type(error) for error in ended] == [RequestTimeoutError] * 2
    assert all("Timeout(floor=" in str(error) for error in ended)
    assert paths_in(tmp_path) == []
