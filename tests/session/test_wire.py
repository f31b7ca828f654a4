"""What really leaves: headers, queries, and where they do not follow a redirect."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from aiohttp import web

from tests.conftest import Connect
from tests.session.attempts import Talk, answer, asked, talking
from tests.session.raw_server import (
    ORG_ID,
    TOKEN,
    RawServer,
    answering,
    bytes_handler,
    json_handler,
)
from threekit_async import Layer, Options, PublicToken, TransportError

LAYER = {"id": "5b0f3f8e"}


async def test_a_private_token_is_sent_as_a_header_only(connect: Connect) -> None:
    async with answering(json_handler(LAYER)) as raw:
        await connect(raw).layers.get("5b0f3f8e")
        [request] = raw.seen
        assert request.headers["Authorization"] == f"Bearer {TOKEN}"
        assert request.rel_url.raw_path_qs == f"/api/layers/5b0f3f8e?orgId={ORG_ID}"


async def test_a_public_token_is_sent_in_the_query_only(connect: Connect) -> None:
    async with answering(json_handler(LAYER)) as raw:
        await connect(raw, token=PublicToken(TOKEN)).layers.get("5b0f3f8e")
        [request] = raw.seen
        assert "Authorization" not in request.headers
        assert dict(request.query) == {"orgId": ORG_ID, "bearer_token": TOKEN}


async def test_paths_and_queries_arrive_as_they_were_encoded(connect: Connect) -> None:
    async with answering(json_handler({"layers": []})) as raw:
        tk = connect(raw)
        await tk.layers.list(sort="+created_at", metadata={"a b": "c+d"}).first()
        assert "sort=%2BcreatedAt" in raw.seen[0].rel_url.raw_query_string
        assert "metadata=%7B%22a%20b%22%3A%22c%2Bd%22%7D" in raw.seen[0].rel_url.raw_query_string


async def test_an_id_with_a_slash_stays_one_segment(connect: Connect) -> None:
    async with answering(json_handler(LAYER)) as raw:
        await connect(raw).layers.get("../a/b")
        assert raw.seen[0].rel_url.raw_path == "/api/layers/..%2Fa%2Fb"


async def test_the_client_says_who_it_is_and_what_it_reads(connect: Connect) -> None:
    async with answering(json_handler(LAYER)) as raw:
        await connect(raw).layers.get("x", options=Options(headers={"X-Trace": "7"}))
        headers = raw.seen[0].headers
        assert headers["User-Agent"].startswith("threekit-async/")
        assert headers["Accept"].startswith("application/json")
        assert headers["X-Trace"] == "7"


async def test_cookies_of_the_server_are_not_kept(connect: Connect) -> None:
    async with answering(json_handler(LAYER, Set_Cookie="session=abc; Path=/")) as raw:
        tk = connect(raw)
        await tk.layers.get("x")
        await tk.layers.get("x")
        assert all("Cookie" not in request.headers for request in raw.seen)


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
@pytest.mark.parametrize("token", [TOKEN, PublicToken(TOKEN)])
async def test_a_redirect_to_another_origin_takes_no_token_along(
    connect: Connect, status: int, token: str | PublicToken
) -> None:
    async with answering(json_handler(LAYER)) as other:

        async def elsewhere(_request: web.BaseRequest) -> web.StreamResponse:
            return web.Response(status=status, headers={"Location": f"{other.url}/stolen"})

        async with answering(elsewhere) as raw:
            await connect(raw, token=token).layers.get("x")
        [request] = other.seen
        assert request.path == "/stolen"
        assert TOKEN not in str(request.headers)
        assert TOKEN not in str(request.rel_url)


async def test_redirects_that_never_end_are_ended(connect: Connect) -> None:
    async def around(_request: web.BaseRequest) -> web.StreamResponse:
        return web.Response(status=302, headers={"Location": "/again"})

    async with answering(around) as raw:
        tk = connect(raw)
        with pytest.raises(TransportError, match="more than 5 redirects"):
            await tk.layers.get("x")


async def test_the_bytes_of_a_file_are_asked_for_uncompressed(
    connect: Connect, tmp_path: Path
) -> None:
    async with answering(bytes_handler(b"png", content_type="image/png")) as raw:
        layer = Layer(id="a", file_id="f", format="png")
        result = await connect(raw).layers.download(layer, to=tmp_path)
        assert result.path.read_bytes() == b"png"
        assert raw.seen[0].headers["Accept-Encoding"] == "identity"


async def test_an_organisation_that_is_not_set_is_not_sent(connect: Connect) -> None:
    async with answering(json_handler(LAYER)) as raw:
        await connect(raw, org_id=None).layers.get("x")
        assert raw.seen[0].rel_url.raw_path_qs == "/api/layers/x"


def closing_when_used_again(seen: list[str]) -> Talk:
    """Answer the first request of each connection, and hang up on the second."""

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        seen.append((await asked(reader)).decode().partition(" ")[0])
        writer.write(answer(b'{"id": "5b0f3f8e"}'))
        seen.append((await asked(reader)).decode().partition(" ")[0])

    return talk


async def test_a_connection_closed_when_used_again_costs_one_counted_attempt(
    connect: Connect,
) -> None:
    """aiohttp would repeat the request itself, and nobody would know."""
    seen: list[str] = []
    server = RawServer()
    async with talking(closing_when_used_again(seen)) as server.url:
        tk = connect(server)
        for _ in range(2):
            assert (await tk.layers.get("a")).id == LAYER["id"]
        assert seen == ["GET"] * 3
        assert (tk.stats.requests, tk.stats.retries) == (3, 1)


async def test_a_write_on_a_connection_closed_when_used_again_is_sent_once(
    connect: Connect,
) -> None:
    seen: list[str] = []
    server = RawServer()
    async with talking(closing_when_used_again(seen)) as server.url:
        tk = connect(server)
        await tk.layers.get("a")
        with pytest.raises(TransportError, match="connection was lost") as failed:
            await tk.layers.create(asset_id="a")
        assert failed.value.sent is True
        assert seen == ["GET", "POST"]
        assert tk.stats.requests == 2
