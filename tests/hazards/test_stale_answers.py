"""A cache that answers with what was true once, or with what is true for somebody else."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from tests.conftest import AT_ONCE, Connect
from tests.session.raw_server import TOKEN, Handler, answering
from tests.transfer.folders import paths_in
from threekit_async import (
    AsyncThreekit,
    CookieAuth,
    DecodeError,
    ForbiddenError,
    Hooks,
    NotFoundError,
    PrivateToken,
    PublicToken,
    Threekit,
)
from threekit_async.emulator import EmulatorThread
from threekit_async.events import AttemptEnded, CacheAnswered, RequestEnded

pytestmark = pytest.mark.threekit(etags=True)


def statuses(server: EmulatorThread) -> list[int]:
    """What the reads since the last look were answered with."""
    found = [entry.status for entry in server.journal() if entry.method == "GET"]
    server.clear_journal()
    return found


def entries(folder: Path) -> int:
    """How many answers are kept."""
    with closing(sqlite3.connect(folder / "cache.db")) as database:
        return int(database.execute("SELECT count(*) FROM kept").fetchone()[0])


def files_in(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file())


async def customer(tk: Any, name: str = "Ada") -> Any:
    return await tk.customers.create(name=name, email="ada@example.com", platform={})


async def test_a_second_read_is_asked_about_and_has_the_same_value(
    connect: Connect, server: EmulatorThread, tmp_path: Path
) -> None:
    tk = connect(server, cache=tmp_path)
    made = await customer(tk)
    read = [await tk.customers.get(made.id) for _ in range(3)]
    assert read == [made] * 3
    assert statuses(server) == [200, 304, 304]


async def test_what_another_client_changed_is_seen_at_once(
    connect: Connect, server: EmulatorThread, tmp_path: Path
) -> None:
    tk, other = connect(server, cache=tmp_path), connect(server)
    made = await customer(tk)
    for number in range(3):
        assert (await tk.customers.get(made.id)).name == (f"Ada {number}" if number else "Ada")
        await other.customers.update(made.id, name=f"Ada {number + 1}")
    assert statuses(server) == [200, 200, 200]


async def test_what_was_deleted_is_gone_and_forgotten(
    connect: Connect, server: EmulatorThread, tmp_path: Path
) -> None:
    tk = connect(server, cache=tmp_path)
    made = await customer(tk)
    await tk.customers.get(made.id)
    assert entries(tmp_path) == 1
    server.reset()
    with pytest.raises(NotFoundError):
        await tk.customers.get(made.id)
    assert entries(tmp_path) == 0


async def test_each_page_of_a_listing_is_asked_about(
    connect: Connect, server: EmulatorThread, tmp_path: Path
) -> None:
    server.fill(layers=250)
    tk = connect(server, cache=tmp_path)
    first = await tk.layers.list(per_page=100).all()
    assert set(statuses(server)) == {200}
    assert await tk.layers.list(per_page=100).all() == first
    # What was asked for ahead may have been given up, and is then not kept.
    assert statuses(server).count(304) >= 3
    assert len(first) == 250
    server.fill(layers=1)
    assert len(await tk.layers.list(per_page=100).all()) == 251
    assert await connect(server).layers.list(per_page=100).all() == (
        await tk.layers.list(per_page=100).all()
    )


def said_by(number: Iterator[int], **headers: str) -> Handler:
    """Answer every question with another layer and the same tag: each condition is met."""

    async def handler(request: web.BaseRequest) -> web.StreamResponse:
        if "If-None-Match" in request.headers:
            return web.Response(status=304, headers={"ETag": '"always"'})
        body = {"id": f"layer {next(number)}"}
        return web.json_response(body, headers={"ETag": '"always"', **headers})

    return handler


async def test_what_a_write_was_answered_is_never_kept(connect: Connect, tmp_path: Path) -> None:
    async with answering(said_by(count(1))) as raw:
        tk = connect(raw, cache=tmp_path)
        made = [(await tk.layers.create(asset_id="a")).id for _ in range(2)]
        assert made == ["layer 1", "layer 2"]
        assert not (tmp_path / "cache.db").exists()
        assert [(await tk.layers.get("a")).id for _ in range(2)] == ["layer 3"] * 2
        assert (await tk.layers.create(asset_id="a")).id == "layer 4"


@pytest.mark.parametrize(
    "other",
    [
        {"token": "another-private-token"},
        {"token": PrivateToken(TOKEN[::-1])},
        {"token": PublicToken(TOKEN)},
        {"token": PublicToken("another-public-token")},
        {"token": CookieAuth(TOKEN)},
        {"org_id": "another-organisation"},
        {"org_id": None},
    ],
)
async def test_nobody_sees_the_answer_of_another_token_or_organisation(
    connect: Connect, tmp_path: Path, other: dict[str, Any]
) -> None:
    async with answering(said_by(count(1))) as raw:
        mine, theirs = connect(raw, cache=tmp_path), connect(raw, cache=tmp_path, **other)
        assert [(await mine.layers.get("a")).id for _ in range(2)] == ["layer 1"] * 2
        assert [(await theirs.layers.get("a")).id for _ in range(2)] == ["layer 2"] * 2
        assert (await mine.layers.get("a")).id == "layer 1"
        assert ["If-None-Match" in request.headers for request in raw.seen] == [
            *(False, True),
            *(False, True),
            True,
        ]


@pytest.mark.parametrize("header", ["Accept-Language", "X-Shop"])
async def test_another_form_of_the_answer_is_kept_beside_the_first(
    connect: Connect, tmp_path: Path, header: str
) -> None:
    async with answering(said_by(count(1))) as raw:
        tk = connect(raw, cache=tmp_path)
        twin = tk.with_options(headers={header: "de"})
        read = [(await client.layers.get("a")).id for client in (tk, twin, tk, twin)]
    assert read == ["layer 1", "layer 2"] * 2


async def test_a_call_that_says_so_leaves_the_cache_alone(connect: Connect, tmp_path: Path) -> None:
    async with answering(said_by(count(1))) as raw:
        tk = connect(raw, cache=tmp_path)
        alone = tk.with_options(headers={"Cache-Control": "no-store"})
        read = [(await client.layers.get("a")).id for client in (alone, tk, alone, tk)]
    assert read == ["layer 1", "layer 2", "layer 3", "layer 2"]


async def test_a_renewed_token_begins_with_nothing(connect: Connect, tmp_path: Path) -> None:
    answer = said_by(count(1))

    async def handler(request: web.BaseRequest) -> web.StreamResponse:
        if len(raw.seen) == 2:
            return web.json_response({"message": "expired"}, status=401)
        return await answer(request)

    number = count(1)
    async with answering(handler) as raw:
        tk = connect(raw, cache=tmp_path, token=lambda: f"token-that-expires-{next(number)}")
        read = [(await tk.layers.get("a")).id for _ in range(3)]
        conditions = ["If-None-Match" in request.headers for request in raw.seen]
    assert read == ["layer 1", "layer 2", "layer 2"]
    assert conditions == [False, True, False, True]


async def test_another_organisation_is_still_refused(
    connect: Connect, server: EmulatorThread, tmp_path: Path
) -> None:
    tk = connect(server, cache=tmp_path)
    made = await customer(tk)
    await tk.customers.get(made.id)
    stranger = connect(server, cache=tmp_path, org_id="22222222-2222-4222-8222-222222222222")
    with pytest.raises(ForbiddenError):
        await stranger.customers.get(made.id)


@pytest.mark.parametrize("form", [PrivateToken, PublicToken])
async def test_no_file_of_the_cache_holds_the_token(
    connect: Connect, tmp_path: Path, form: Any
) -> None:
    async with answering(
        said_by(count(1), **{"Set-Cookie": f"who={TOKEN}", "X-You": TOKEN})
    ) as raw:
        tk = connect(raw, cache=tmp_path, token=form(TOKEN))
        for _ in range(2):
            await tk.layers.get("a")
        assert b"layer 1" in b"".join(path.read_bytes() for path in files_in(tmp_path))
        assert TOKEN.encode() not in b"".join(path.read_bytes() for path in files_in(tmp_path))


async def test_clients_share_a_folder(
    connect: Connect, server: EmulatorThread, tmp_path: Path
) -> None:
    first, second = connect(server, cache=tmp_path), connect(server, cache=tmp_path)
    made = await customer(first)
    for tk in (first, second, first, second):
        assert await tk.customers.get(made.id) == made
    assert statuses(server) == [200, 304, 304, 304]


async def test_the_clients_of_both_worlds_share_a_folder(
    server: EmulatorThread, tmp_path: Path
) -> None:
    settings: Any = {
        "token": server.private_token,
        "org_id": server.org_id,
        "host": server.url,
        "retry": AT_ONCE,
        "cache": tmp_path,
    }
    async with AsyncThreekit(**settings) as tk:
        made = await customer(tk)

        def read() -> Any:
            with Threekit(**settings) as blocking:
                return [blocking.customers.get(made.id) for _ in range(2)]

        assert await asyncio.to_thread(read) == [made, made]
        assert await tk.customers.get(made.id) == made
    assert statuses(server) == [200, 304, 304]


async def test_a_kept_answer_is_told_counted_and_costs_no_bytes(
    connect: Connect, server: EmulatorThread, tmp_path: Path
) -> None:
    kept: list[CacheAnswered] = []
    attempts: list[AttemptEnded] = []
    ended: list[RequestEnded] = []
    hooks = Hooks(
        cache_answered=kept.append, attempt_ended=attempts.append, request_ended=ended.append
    )
    tk = connect(server, cache=tmp_path, hooks=hooks)
    await tk.layers.list().first()
    size = tk.stats.bytes_received
    await tk.layers.list().first()
    assert kept == [CacheAnswered(verb="GET", path="/api/layers", size=size)]
    assert (tk.stats.cache_hits, tk.stats.bytes_received, tk.stats.requests) == (1, size, 2)
    assert [event.status for event in attempts] == [200, 304]
    assert [event.status for event in ended] == [200, 200]


async def test_raw_shows_a_kept_answer_as_it_was(
    connect: Connect, server: EmulatorThread, tmp_path: Path
) -> None:
    tk = connect(server, cache=tmp_path)
    made = await customer(tk)
    first, second = [await tk.raw(tk.customers.get, made.id) for _ in range(2)]
    assert statuses(server) == [200, 304]
    assert (second.status, second.value, second.body) == (200, made, first.body)
    assert (second.attempts, second.requests) == (1, 1)
    for name in ("Content-Type", "ETag"):
        assert second.headers[name] == second.headers[name.lower()] == first.headers[name]


async def test_an_attempt_that_failed_does_not_end_the_condition(
    connect: Connect, server: EmulatorThread, tmp_path: Path
) -> None:
    tk = connect(server, cache=tmp_path)
    made = await customer(tk)
    await tk.customers.get(made.id)
    server.faults.add(effect="status", status=503, path="/api/customers", times=1)
    raw = await tk.raw(tk.customers.get, made.id)
    assert (raw.value, raw.status, raw.attempts) == (made, 200, 2)
    assert statuses(server) == [200, 503, 304]


@pytest.mark.threekit(etags=False)
async def test_a_server_without_validators_is_asked_each_time_and_nothing_is_kept(
    connect: Connect, server: EmulatorThread, tmp_path: Path
) -> None:
    tk = connect(server, cache=tmp_path)
    made = await customer(tk)
    assert [await tk.customers.get(made.id) for _ in range(2)] == [made, made]
    assert statuses(server) == [200, 200]
    assert (entries(tmp_path), tk.stats.cache_hits) == (0, 0)


async def test_an_answer_that_cannot_be_read_is_not_asked_about_again(
    connect: Connect, tmp_path: Path
) -> None:
    bodies: Iterator[Any] = iter([{"id": 5}, {"id": "b"}, {"id": "never"}])

    async def handler(request: web.BaseRequest) -> web.StreamResponse:
        if "If-None-Match" in request.headers:
            return web.Response(status=304)
        return web.json_response(next(bodies), headers={"ETag": '"always"'})

    async with answering(handler) as raw:
        tk = connect(raw, cache=tmp_path)
        with pytest.raises(DecodeError):
            await tk.layers.get("a")
        assert [(await tk.layers.get("a")).id for _ in range(2)] == ["b", "b"]


async def test_without_a_folder_nothing_is_written(
    connect: Connect, server: EmulatorThread, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("HOME", "XDG_CACHE_HOME", "TMPDIR"):
        monkeypatch.setenv(name, str(tmp_path))
    monkeypatch.chdir(tmp_path)
    for cache in (None, ""):
        tk = connect(server, cache=cache)
        made = await customer(tk)
        assert [await tk.customers.get(made.id) for _ in range(2)] == [made, made]
        assert statuses(server) == [200, 200]
    assert paths_in(tmp_path) == []


async def test_a_hundred_calls_at_once_are_each_answered_with_their_own(
    connect: Connect, server: EmulatorThread, tmp_path: Path
) -> None:
    tk = connect(server, cache=tmp_path)
    made = [await customer(tk, f"Ada {number}") for number in range(20)]
    wanted = made * 5

    async def read_all() -> list[Any]:
        return await asyncio.gather(*(tk.customers.get(one.id) for one in wanted))

    assert await read_all() == wanted
    server.clear_journal()
    assert await read_all() == wanted
    assert statuses(server) == [304] * 100
    assert entries(tmp_path) == 20
