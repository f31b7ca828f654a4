"""Redirects: files that live elsewhere are fetched there, and nobody there learns who asks."""

from __future__ import annotations

import ssl
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import pytest
import trustme
from aiohttp import web
from aiohttp.test_utils import RawTestServer

from tests.conftest import Connect
from tests.session.raw_server import Handler, RawServer, answering, bytes_handler
from tests.transfer.folders import paths_in
from threekit_async import (
    CookieAuth,
    Layer,
    Network,
    PrivateToken,
    PublicToken,
    RedirectError,
    Retry,
    ServerError,
    StatusError,
    TransportError,
)

TOKEN = "tok-7f3a9c-recognisable"
CONTENT = b"glTF" * 5000
SITE = "https://shop.example.com"
FORMS = [
    pytest.param(PrivateToken(TOKEN), id="private"),
    pytest.param(PublicToken(TOKEN, origin=SITE), id="public"),
    pytest.param(CookieAuth(f"sid={TOKEN}"), id="cookie"),
]
LAYER = Layer(id="a", file_id="f", format="glb")


def sending_to(*locations: str, status: int = 302) -> Handler:
    """Redirect to each of them in turn, and to the last one ever after."""
    left = list(locations)

    async def handler(_request: web.BaseRequest) -> web.StreamResponse:
        location = left.pop(0) if len(left) > 1 else left[0]
        return web.Response(status=status, headers={"Location": location})

    return handler


@pytest.fixture
async def serve() -> AsyncIterator[Any]:
    """Start any number of servers; each is an origin of its own."""
    async with AsyncExitStack() as servers:

        async def served(handler: Handler) -> RawServer:
            return await servers.enter_async_context(answering(handler))

        yield served


def said(request: web.BaseRequest) -> str:
    """Everything a request tells: its line and its headers."""
    return f"{request.method} {request.raw_path} {dict(request.headers)}"


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_another_origin_gives_the_bytes_and_is_not_told_who_asks(
    connect: Connect, serve: Any, form: Any, status: int, tmp_path: Path
) -> None:
    abroad = await serve(bytes_handler(CONTENT, content_type="model/gltf-binary"))
    home = await serve(sending_to(f"{abroad.url}/signed?sig=1", status=status))
    tk = connect(home, token=form).with_options(headers={"X-Shop": "also-a-secret"})
    assert await tk.files.content("f") == CONTENT
    report = await tk.layers.download_all([LAYER], to=tmp_path)
    assert (report.downloaded, (tmp_path / "a.glb").read_bytes()) == (1, CONTENT)
    assert TOKEN in said(home.seen[0])
    assert home.seen[0].headers["X-Shop"] == "also-a-secret"
    assert [request.raw_path for request in abroad.seen] == ["/signed?sig=1"] * 2
    for request in abroad.seen:
        told = {name.lower() for name in request.headers}
        assert told <= {"host", "accept", "accept-encoding", "user-agent"}
        assert TOKEN not in said(request)


@pytest.mark.parametrize("form", FORMS)
async def test_the_same_origin_is_told_who_asks_exactly_once(
    connect: Connect, serve: Any, form: Any
) -> None:
    async def handler(request: web.BaseRequest) -> web.StreamResponse:
        if request.path == "/stored":
            return web.Response(body=CONTENT)
        return web.Response(status=302, headers={"Location": "/stored?v=2"})

    home = await serve(handler)
    assert await connect(home, token=form).files.content("f") == CONTENT
    first, second = home.seen
    assert said(second).count(TOKEN) == said(first).count(TOKEN) == 1
    for name, value in form.headers().items():
        assert second.headers.getall(name) == [value]
    assert second.query.getall("v") == ["2"]


async def test_a_server_that_names_the_token_itself_gets_it_once(
    connect: Connect, serve: Any
) -> None:
    async def handler(request: web.BaseRequest) -> web.StreamResponse:
        if request.path == "/stored":
            return web.Response(body=CONTENT)
        return web.Response(status=302, headers={"Location": f"/stored?{request.query_string}"})

    home = await serve(handler)
    tk = connect(home, token=PublicToken(TOKEN))
    assert await tk.files.content("f") == CONTENT
    assert home.seen[1].query.getall("bearer_token") == [TOKEN]
    assert home.seen[1].query.getall("orgId") == [home.org_id]


async def test_a_server_that_sends_the_whole_query_abroad_does_not_give_the_token_away(
    connect: Connect, serve: Any
) -> None:
    abroad = await serve(bytes_handler(CONTENT, content_type="model/gltf-binary"))

    async def handler(request: web.BaseRequest) -> web.StreamResponse:
        return web.Response(
            status=302, headers={"Location": f"{abroad.url}/x?{request.query_string}"}
        )

    home = await serve(handler)
    tk = connect(home, token=PublicToken(TOKEN))
    assert await tk.files.content("f") == CONTENT
    assert TOKEN in said(home.seen[0])
    assert TOKEN not in said(abroad.seen[0])
    assert "orgId" in abroad.seen[0].query


@pytest.mark.parametrize("form", FORMS)
async def test_who_was_sent_away_and_back_comes_back_unknown(
    connect: Connect, serve: Any, form: Any
) -> None:
    async def at_home(request: web.BaseRequest) -> web.StreamResponse:
        if request.path == "/back":
            return web.Response(body=CONTENT)
        return web.Response(status=302, headers={"Location": f"{abroad.url}/away"})

    home = await serve(at_home)
    abroad = await serve(sending_to(f"{home.url}/back"))
    assert await connect(home, token=form).files.content("f") == CONTENT
    assert TOKEN in said(home.seen[0])
    assert TOKEN not in said(abroad.seen[0]) + said(home.seen[1])


@pytest.mark.parametrize("origins", [1, 2])
async def test_a_loop_ends_after_five_redirects_and_is_not_tried_again(
    connect: Connect, serve: Any, origins: int
) -> None:
    home = await serve(lambda request: turning(request))  # noqa: PLW0108  # it is made below
    other = home if origins == 1 else await serve(lambda request: turning(request))  # noqa: PLW0108

    async def turning(request: web.BaseRequest) -> web.StreamResponse:
        there = other if request in home.seen else home
        return web.Response(status=302, headers={"Location": f"{there.url}/again"})

    tk = connect(home)
    with pytest.raises(RedirectError, match=r"^GET .*/f: more than 5 redirects") as failed:
        await tk.files.get("f")
    assert len(home.seen) + (len(other.seen) if origins == 2 else 0) == 6
    assert (tk.stats.requests, tk.stats.retries, tk.stats.failures) == (6, 0, 1)
    assert "host setting" in str(failed.value)
    assert home.private_token not in str(failed.value)


async def test_five_redirects_are_followed(connect: Connect, serve: Any) -> None:
    async def handler(request: web.BaseRequest) -> web.StreamResponse:
        if request.path == "/5":
            return web.Response(body=CONTENT)
        there = int(request.path[1:]) + 1 if request.path[1:].isdigit() else 1
        return web.Response(status=302, headers={"Location": f"/{there}"})

    home = await serve(handler)
    assert await connect(home).files.content("f") == CONTENT
    assert len(home.seen) == 6


@pytest.mark.parametrize("location", ["", "ftp://files.example/a", "https://", "//u:p@x.example/"])
async def test_a_redirect_to_nowhere_is_an_error_and_is_not_tried_again(
    connect: Connect, serve: Any, location: str
) -> None:
    home = await serve(sending_to(location))
    tk = connect(home)
    with pytest.raises(RedirectError, match="was not followed"):
        await tk.files.get("f")
    assert len(home.seen) == tk.stats.requests == 1


async def test_plain_http_is_not_fallen_back_to(
    connect: Connect, serve: Any, tmp_path: Path
) -> None:
    abroad = await serve(bytes_handler(CONTENT, content_type="model/gltf-binary"))
    authority = trustme.CA()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    ca_file = tmp_path / "ca.pem"
    authority.cert_pem.write_to_path(ca_file)
    secured = RawTestServer(sending_to(f"{abroad.url}/stored"))
    await secured.start_server(ssl=context)
    try:
        home = RawServer()
        home.url = str(secured.make_url("/")).rstrip("/")
        assert home.url.startswith("https://")
        tk = connect(home, network=Network(ca_file=ca_file))
        with pytest.raises(RedirectError, match="leads from https to plain http") as failed:
            await tk.files.content("f")
        report = await tk.layers.download_all([LAYER], to=tmp_path / "files")
        assert isinstance(report.failures[0].error, RedirectError)
    finally:
        await secured.close()
    assert abroad.url in str(failed.value)
    assert "/stored" not in str(failed.value)
    assert abroad.seen == []
    assert tk.stats.requests == 2


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_a_write_is_not_sent_on(connect: Connect, serve: Any, status: int) -> None:
    abroad = await serve(bytes_handler(b'{"id": "a"}', status=201))
    home = await serve(sending_to(f"{abroad.url}/api/layers", status=status))
    tk = connect(home)
    with pytest.raises(StatusError, match=f"POST /api/layers was answered {status}"):
        await tk.layers.create(asset_id="a")
    with pytest.raises(StatusError, match=f"POST /api/files was answered {status}"):
        await tk.files.upload(b"bytes", filename="a.bin")
    assert [request.method for request in home.seen] == ["POST", "POST"]
    assert abroad.seen == []


async def test_a_file_that_breaks_off_abroad_is_asked_for_at_home_again(
    connect: Connect, serve: Any, tmp_path: Path
) -> None:
    async def abroad_handler(request: web.BaseRequest) -> web.StreamResponse:
        if len(abroad.seen) > 1:
            return web.Response(body=CONTENT)
        response = web.StreamResponse(headers={"Content-Length": str(len(CONTENT))})
        await response.prepare(request)
        await response.write(CONTENT[:1000])
        assert request.transport is not None
        request.transport.close()
        return response

    abroad = await serve(abroad_handler)
    home = await serve(sending_to(f"{abroad.url}/?sig=1", f"{abroad.url}/?sig=2"))
    tk = connect(home)
    report = await tk.layers.download_all([LAYER], to=tmp_path)
    assert (report.downloaded, (tmp_path / "a.glb").read_bytes()) == (1, CONTENT)
    # What is signed for a moment only is signed anew.
    assert [request.query["sig"] for request in abroad.seen] == ["1", "2"]
    assert [path.name for path in paths_in(tmp_path)] == ["a.glb"]
    assert tk.stats.retries == 1


async def test_what_is_on_disk_is_asked_for_nowhere(
    connect: Connect, serve: Any, tmp_path: Path
) -> None:
    abroad = await serve(bytes_handler(CONTENT, content_type="model/gltf-binary"))
    home = await serve(sending_to(f"{abroad.url}/stored"))
    layers = [LAYER, Layer(id="b", file_id="g", format="glb")]
    tk = connect(home)
    assert (await tk.layers.download_all(layers[:1], to=tmp_path)).downloaded == 1
    report = await tk.layers.download_all(layers, to=tmp_path)
    assert (report.skipped, report.downloaded) == (1, 1)
    assert (len(home.seen), len(abroad.seen)) == (2, 2)
    assert (tmp_path / "b.glb").read_bytes() == CONTENT


async def test_a_failure_abroad_is_repeated_from_home(connect: Connect, serve: Any) -> None:
    abroad = await serve(bytes_handler(b"busy", status=503))
    home = await serve(sending_to(f"{abroad.url}/stored"))
    with pytest.raises(ServerError, match="503"):
        await connect(home, retry=Retry(attempts=2, base=0)).files.content("f")
    assert (len(home.seen), len(abroad.seen)) == (2, 2)


async def test_an_origin_that_is_not_there_is_named_without_what_was_signed(
    connect: Connect, serve: Any
) -> None:
    home = await serve(sending_to("http://127.0.0.1:9/stored?sig=signature"))
    with pytest.raises(TransportError, match=r"no connection to http://127\.0\.0\.1:9") as failed:
        await connect(home).files.content("f")
    assert "signature" not in str(failed.value)
