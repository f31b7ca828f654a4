"""Tokens that expire: asked for once however many need it, and nothing is carried out twice."""

from __future__ import annotations

import asyncio
import io
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from tests.conftest import Connect
from tests.session.raw_server import answering
from threekit_async import (
    AuthenticationError,
    ConfigError,
    DeadlineError,
    ForbiddenError,
    Limits,
    PublicToken,
    Retry,
    UsageError,
)
from threekit_async.emulator import EmulatorThread

OLD = "revoked-7f3a9c-recognisable"
MANY = 100


class Source:
    """A function that gives tokens, one after the other, and the last one ever after."""

    def __init__(self, *tokens: Any) -> None:
        self.tokens = list(tokens)
        self.asked = 0

    def give(self) -> Any:
        self.asked += 1
        token = self.tokens.pop(0) if len(self.tokens) > 1 else self.tokens[0]
        if isinstance(token, Exception):
            raise token
        return token

    async def give_later(self) -> Any:
        await asyncio.sleep(0)
        return self.give()

    def of_kind(self, kind: str) -> Callable[[], Any]:
        return self.give if kind == "sync" else self.give_later


@pytest.fixture(params=["sync", "async"])
def kind(request: pytest.FixtureRequest) -> str:
    """Both kinds of functions, in both worlds."""
    return str(request.param)


@pytest.fixture
async def many_threads() -> AsyncIterator[None]:
    """Let as many synchronous calls run at once as a test begins."""
    with ThreadPoolExecutor(MANY) as threads:
        asyncio.get_running_loop().set_default_executor(threads)
        yield


def bearer(request: web.BaseRequest) -> str:
    return request.headers["Authorization"].removeprefix("Bearer ")


@pytest.mark.usefixtures("many_threads")
async def test_a_hundred_refused_at_once_ask_once(connect: Connect, kind: str) -> None:
    source = Source(OLD, "new")
    all_there = asyncio.Event()
    refused: list[str] = []

    async def handler(request: web.BaseRequest) -> web.StreamResponse:
        if bearer(request) == "new":
            return web.json_response({"id": "a"})
        refused.append(OLD)
        if len(refused) == MANY:
            all_there.set()
        await all_there.wait()
        return web.json_response({}, status=401)

    async with answering(handler) as raw:
        tk = connect(raw, token=source.of_kind(kind), limits=Limits(concurrency=MANY))
        found = await asyncio.gather(*(tk.layers.get("a") for _ in range(MANY)))
    assert len(found) == len(refused) == MANY
    assert source.asked == 2
    assert tk.stats.requests == len(raw.seen) == 2 * MANY
    assert (tk.stats.retries, tk.stats.failures) == (0, 0)


async def test_a_write_that_was_refused_is_sent_again_once_and_done_once(
    connect: Connect, server: EmulatorThread, kind: str
) -> None:
    source = Source(OLD, server.private_token)
    tk = connect(server, token=source.of_kind(kind))
    made = await tk.layers.create(asset_id="chair")
    seen = [(entry.method, entry.status, entry.carried_out) for entry in server.journal()]
    assert seen == [("POST", 401, False), ("POST", 200, True)]
    assert [layer.id for layer in await tk.layers.list().all()] == [made.id]
    assert source.asked == 2
    assert tk.stats.tokens_renewed == 1


async def test_a_write_is_not_sent_a_third_time(connect: Connect, server: EmulatorThread) -> None:
    source = Source(OLD, "also-revoked", "revoked-as-well", server.private_token)
    tk = connect(server, token=source.give)
    with pytest.raises(AuthenticationError, match="POST /api/layers was answered 401"):
        await tk.layers.create(asset_id="chair")
    assert [entry.status for entry in server.journal()] == [401, 401]
    assert source.asked == 2


async def test_a_function_that_insists_on_a_refused_token_is_not_believed(
    connect: Connect, server: EmulatorThread, kind: str
) -> None:
    source = Source(OLD)
    tk = connect(server, token=source.of_kind(kind))
    with pytest.raises(AuthenticationError, match="Check the token") as failed:
        await tk.layers.list().first()
    assert source.asked == 2
    assert len(server.journal()) == tk.stats.requests == 1
    assert tk.stats.tokens_renewed == 0
    assert OLD not in str(failed.value)


async def test_a_fixed_token_that_expires_is_tried_once(
    connect: Connect, server: EmulatorThread
) -> None:
    tk = connect(server, token=OLD)
    with pytest.raises(AuthenticationError):
        await tk.layers.list().first()
    assert len(server.journal()) == 1


async def test_what_is_forbidden_is_no_reason_for_another_token(
    connect: Connect, server: EmulatorThread
) -> None:
    source = Source(PublicToken(server.public_token), server.private_token)
    tk = connect(server, token=source.give)
    with pytest.raises(ForbiddenError):
        await tk.files.upload(b"bytes", filename="a.bin")
    assert source.asked == len(server.journal()) == 1


async def test_a_function_that_fails_is_a_config_error_and_nothing_is_sent(
    connect: Connect, server: EmulatorThread, kind: str
) -> None:
    source = Source(ValueError(OLD), server.private_token)
    tk = connect(server, token=source.of_kind(kind), retry=Retry(attempts=5, base=0))
    with pytest.raises(ConfigError, match=r"The token provider .* failed \(ValueError\)") as failed:
        await tk.layers.list().first()
    assert OLD not in str(failed.value)
    assert isinstance(failed.value.__cause__, ValueError)
    assert server.journal() == []
    assert source.asked == 1
    assert await tk.layers.list().all() == []
    assert source.asked == 2


async def test_a_function_that_fails_when_it_is_asked_again_is_a_config_error(
    connect: Connect, server: EmulatorThread, kind: str
) -> None:
    source = Source(OLD, ValueError("the vault is sealed"), server.private_token)
    tk = connect(server, token=source.of_kind(kind))
    with pytest.raises(ConfigError, match="The next call asks it again"):
        await tk.layers.create(asset_id="chair")
    assert [entry.carried_out for entry in server.journal()] == [False]
    await tk.layers.create(asset_id="chair")
    assert [entry.status for entry in server.journal()] == [401, 401, 200]


@pytest.mark.parametrize("given", [None, "", 7, "two\nlines"])
async def test_a_function_that_gives_no_token_is_a_config_error(
    connect: Connect, server: EmulatorThread, given: Any, kind: str
) -> None:
    tk = connect(server, token=Source(given).of_kind(kind))
    with pytest.raises(ConfigError, match="gave no token that can be used"):
        await tk.layers.list().first()
    assert server.journal() == []


async def test_what_can_be_read_once_is_not_uploaded_again(
    connect: Connect, server: EmulatorThread, kind: str
) -> None:
    source = Source(OLD, server.private_token)
    tk = connect(server, token=source.of_kind(kind))
    with pytest.raises(AuthenticationError):
        await tk.files.upload(iter([b"once"]), filename="a.bin")
    assert [entry.status for entry in server.journal()] == [401]
    assert source.asked == 1
    # The next call finds out by itself.
    file = await tk.files.upload(io.BytesIO(b"again"), filename="a.bin")
    assert [entry.status for entry in server.journal()] == [401, 401, 201]
    assert await tk.files.content(file.id) == b"again"


class Rotating:
    """A server whose token is good for so many answers, then for none; it has 60 layers."""

    LIFE = 20

    def __init__(self) -> None:
        self.answered = 0

    @property
    def token(self) -> str:
        return f"token-{self.answered // self.LIFE}"

    async def __call__(self, request: web.BaseRequest) -> web.StreamResponse:
        if bearer(request) != self.token:
            return web.json_response({}, status=401)
        self.answered += 1
        if request.path.endswith("/content"):
            return web.Response(body=request.path.encode())
        first = 10 * (int(request.query["page"]) - 1)
        rows = [
            {"id": f"l{number}", "fileId": f"f{number}", "format": "png"}
            for number in range(first, min(first + 10, 60))
        ]
        return web.json_response({"layers": rows})


async def test_tokens_that_expire_again_and_again_lose_nothing(
    connect: Connect, tmp_path: Path
) -> None:
    rotating = Rotating()
    asked: list[str] = []

    def ask() -> str:
        asked.append(rotating.token)
        return asked[-1]

    async with answering(rotating) as raw:
        tk = connect(raw, token=ask, limits=Limits(concurrency=4))
        report = await tk.layers.download_all(tk.layers.list(per_page=10), to=tmp_path)
    assert (report.downloaded, report.failed) == (60, 0)
    assert (tmp_path / "l59.png").read_bytes() == b"/api/files/f59/content"
    assert asked == [f"token-{number}" for number in range(len(asked))]
    assert len(asked) == rotating.answered // Rotating.LIFE + 1 >= 4
    assert tk.stats.retries == 0


async def test_a_function_that_never_answers_is_held_to_the_deadline(
    connect: Connect, server: EmulatorThread
) -> None:
    async def silent() -> str:
        never: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        return await never

    tk = connect(server, token=silent, deadline=0.05)
    with pytest.raises(DeadlineError, match=r"the deadline of 0\.05 s passed"):
        await tk.layers.list().first()
    assert server.journal() == []


async def test_a_function_that_needs_the_client_it_serves_is_told_so(
    connect: Connect, server: EmulatorThread
) -> None:
    async def circular() -> str:
        return str(await tk.layers.list().first())

    tk = connect(server, token=circular)
    with pytest.raises(UsageError, match="waits for the client that waits for it"):
        await tk.layers.list().first()
    assert server.journal() == []


async def test_the_old_token_is_used_no_more_once_another_is_there(
    connect: Connect, server: EmulatorThread
) -> None:
    source = Source(OLD, server.private_token)
    tk = connect(server, token=source.give)
    derived = tk.with_options(retry=Retry(attempts=1))
    for client in (tk, derived, tk):
        await client.layers.list().first()
    assert [entry.status for entry in server.journal()] == [401, 200, 200, 200]
    assert source.asked == 2
