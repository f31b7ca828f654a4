"""A recognisable token goes to one server and to nobody else, and is nowhere left behind."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest
from aiohttp import web

from tests.conftest import AT_ONCE, Connect
from tests.hazards.proxy_server import proxying
from tests.hazards.recognisable import CORE, FORMS, PASSWORD, RENEWED, TOKEN, Witness, shows
from tests.session.raw_server import RawServer, answering, json_handler
from threekit_async import (
    AsyncThreekit,
    AuthenticationError,
    ConfigError,
    CookieAuth,
    Layer,
    PrivateToken,
    PublicToken,
    ThreekitError,
    UsageError,
)
from threekit_async.emulator import EmulatorThread

LAYER = {"id": "a", "fileId": "f", "format": "png"}


@pytest.fixture
def witness(monkeypatch: pytest.MonkeyPatch) -> Iterator[Witness]:
    """Observe everything, with asyncio's debug mode on."""
    monkeypatch.setenv("PYTHONASYNCIODEBUG", "1")
    found = Witness()
    monkeypatch.setattr("opentelemetry.trace._TRACER_PROVIDER", found.provider)
    with found.watching():
        yield found
    found.provider.shutdown()


def log_of(raw: RawServer) -> str:
    """What a server could write into its log: addresses and headers."""
    lines = [f"{one.path_qs} {unquote(one.path_qs)} {dict(one.headers)}" for one in raw.seen]
    return "\n".join(lines)


@asynccontextmanager
async def two_servers(*, back: bool = False) -> AsyncIterator[tuple[RawServer, RawServer]]:
    """Serve a home that sends everything on to another server, query and all."""

    async def home(request: web.BaseRequest) -> web.StreamResponse:
        if request.path == "/back":
            return web.json_response(LAYER)
        where = f"{foreign.url}/storage?{request.query_string}"
        return web.Response(status=302, headers={"Location": where})

    async def abroad(request: web.BaseRequest) -> web.StreamResponse:
        if back:
            where = f"{here.url}/back?{request.query_string}"
            return web.Response(status=302, headers={"Location": where})
        return web.json_response(LAYER)

    async with answering(abroad) as foreign, answering(home) as here:
        yield here, foreign


@pytest.mark.parametrize("form", FORMS)
async def test_a_server_that_is_redirected_to_sees_no_credentials(
    connect: Connect, witness: Witness, form: str
) -> None:
    async with two_servers() as (home, foreign):
        network = witness.network()
        tk = connect(home, token=FORMS[form](), network=network, hooks=witness.hooks)
        assert (await tk.layers.get("a")).id == "a"
        witness.client(tk)
    assert CORE in log_of(home)
    assert "/storage" in log_of(foreign)
    assert not shows(log_of(foreign)), log_of(foreign)
    for name in ("Authorization", "Cookie", "Origin", "Referer"):
        assert name not in foreign.seen[0].headers
    witness.assert_unseen()


@pytest.mark.parametrize("form", ["private", "public", "cookie"])
async def test_a_server_that_sends_back_home_has_not_brought_the_credentials_along(
    connect: Connect, witness: Witness, form: str
) -> None:
    async with two_servers(back=True) as (home, foreign):
        tk = connect(home, token=FORMS[form](), network=witness.network())
        await tk.layers.get("a")
    asked_first, asked_back = home.seen
    assert shows(f"{asked_first.path_qs} {dict(asked_first.headers)}")
    assert not shows(f"{asked_back.path_qs} {dict(asked_back.headers)}")
    assert not shows(log_of(foreign))
    witness.assert_unseen()


@pytest.mark.parametrize("form", ["private", "public", "cookie"])
async def test_a_storage_that_files_come_from_sees_no_credentials(
    connect: Connect, witness: Witness, tmp_path: Path, form: str
) -> None:
    async with two_servers() as (home, foreign):
        tk = connect(home, token=FORMS[form](), network=witness.network(), hooks=witness.hooks)
        layers = [Layer(id="a", file_id="f", format="json")]
        report = await tk.layers.download_all(layers, to=tmp_path, name="{id}.json")
        witness.note("report", report)
    assert (report.downloaded, report.failed) == (1, 0)
    assert CORE in log_of(home)
    assert foreign.seen
    assert not shows(log_of(foreign)), log_of(foreign)
    witness.assert_unseen()


def renewing(form: type[PrivateToken | PublicToken | CookieAuth]) -> Any:
    held = iter([TOKEN, RENEWED])
    return lambda: form(next(held))


@pytest.mark.parametrize("accepted", [True, False])
@pytest.mark.parametrize("form", [PrivateToken, PublicToken, CookieAuth])
async def test_neither_a_refused_token_nor_its_successor_is_seen(
    connect: Connect, witness: Witness, form: Any, accepted: bool
) -> None:
    async def picky(request: web.BaseRequest) -> web.StreamResponse:
        said = f"{request.path_qs} {dict(request.headers)}"
        if RENEWED in said and accepted:
            return web.json_response(LAYER)
        return web.json_response({"error": {"code": "no", "message": said}}, status=401)

    async with answering(picky) as raw:
        network = witness.network()
        tk = connect(raw, token=renewing(form), network=network, hooks=witness.hooks)
        if accepted:
            await tk.layers.get("a")
        else:
            with pytest.raises(AuthenticationError) as refused:
                await tk.layers.get("a")
            witness.error(refused.value)
        witness.client(tk)
        assert "token renewed" in witness.spans.get_finished_spans()[-1].to_json()
    assert RENEWED in log_of(raw)
    witness.assert_unseen()


def raising() -> str:
    raise OSError("the vault is closed")


PROVIDERS: dict[str, Any] = {
    "gives a malformed token": lambda: f"two\nlines {CORE}",
    "gives bytes": CORE.encode,
    "gives a list": lambda: [CORE],
    "gives a function": lambda: lambda: CORE,
    "raises": raising,
}


async def later(name: str) -> Any:
    await asyncio.sleep(0)
    return PROVIDERS[name]()


@pytest.mark.parametrize("name", PROVIDERS)
@pytest.mark.parametrize("waits", [False, True])
async def test_what_a_function_gives_that_is_no_token_is_not_seen(
    connect: Connect, witness: Witness, name: str, waits: bool
) -> None:
    async def asked() -> Any:
        return await later(name)

    async with answering(json_handler(LAYER)) as raw:
        tk = connect(raw, token=asked if waits else PROVIDERS[name], hooks=witness.hooks)
        with pytest.raises(ConfigError) as failed:
            await tk.layers.get("a")
        witness.error(failed.value)
        witness.client(tk)
    assert not raw.seen
    witness.assert_unseen()


@pytest.mark.parametrize("form", ["private", "public", "cookie"])
@pytest.mark.parametrize("ending", ["let through", "turned away", "nobody there", "no tunnel"])
async def test_neither_a_proxys_password_nor_the_token_on_its_way_through_is_seen(
    connect: Connect, witness: Witness, form: str, ending: str
) -> None:
    wanted = None if ending == "let through" else "Basic nobody"
    async with answering(json_handler(LAYER)) as raw, proxying(wanted=wanted) as proxy:
        url = "http://127.0.0.1:1" if ending == "nobody there" else proxy.url
        network = witness.network(proxy=url.replace("://", f"://user:{PASSWORD}@"))
        host = "https://threekit.example" if ending == "no tunnel" else raw.url
        tk = connect(raw, token=FORMS[form](), network=network, hooks=witness.hooks, host=host)
        if ending == "let through":
            await tk.layers.get("a")
            assert CORE in log_of(raw)
            assert PASSWORD not in log_of(raw)
        else:
            with pytest.raises(ThreekitError) as failed:
                await tk.layers.get("a")
            witness.error(failed.value)
        assert all(shows(head) for head in proxy.heads)
    inner: Any = getattr(tk, "inner", tk)
    witness.note("client", tk, inner.settings, inner.settings.explain(), network)
    witness.assert_unseen()


@asynccontextmanager
async def in_flight(form: str) -> AsyncIterator[AsyncThreekit]:
    """A client whose call has reached the server, which is silent."""

    async def silent(_request: web.BaseRequest) -> web.StreamResponse:
        reached.set()
        await asyncio.get_running_loop().create_future()
        return web.Response()

    reached = asyncio.Event()
    async with (
        answering(silent) as raw,
        AsyncThreekit(token=FORMS[form](), org_id="o", host=raw.url, retry=AT_ONCE) as tk,
    ):
        _REACHED[id(tk)] = reached
        yield tk


_REACHED: dict[int, asyncio.Event] = {}


@pytest.mark.parametrize("form", ["private", "public", "cookie"])
async def test_a_cancelled_call_shows_the_token_in_no_frame(witness: Witness, form: str) -> None:
    async with in_flight(form) as tk:
        call = asyncio.create_task(tk.layers.get("a"))
        await _REACHED[id(tk)].wait()
        witness.note("task", call, call.get_coro())
        call.cancel()
        with pytest.raises(asyncio.CancelledError) as ended:
            await call
    witness.error(ended.value)
    assert "aiohttp" in "".join(witness.seen["traceback"])  # its lines are there, its values not
    witness.assert_unseen()


@pytest.mark.parametrize("form", ["private", "public", "cookie"])
async def test_a_time_limit_of_the_caller_shows_the_token_in_no_frame(
    witness: Witness, form: str
) -> None:
    async with in_flight(form) as tk:
        call = asyncio.create_task(tk.layers.get("a"))
        await _REACHED[id(tk)].wait()
        with pytest.raises(TimeoutError) as ended:
            async with asyncio.timeout(0):
                await call
    witness.error(ended.value)
    witness.assert_unseen()


@pytest.mark.parametrize("form", ["private", "public", "cookie"])
async def test_a_failure_of_an_upload_s_source_shows_the_token_in_no_frame(
    connect: Connect, witness: Witness, form: str
) -> None:
    def pieces() -> Iterator[bytes]:
        yield b"a"
        raise OSError("the disk is gone")

    async def reading(request: web.BaseRequest) -> web.StreamResponse:
        await request.read()
        return web.json_response({})

    async with answering(reading) as raw:
        tk = connect(raw, token=FORMS[form]())
        with pytest.raises(OSError, match="the disk is gone") as failed:
            await tk.files.upload(pieces(), filename="a.bin")
    witness.error(failed.value)
    witness.assert_unseen()


def test_a_client_in_a_second_loop_shows_the_token_in_no_frame(
    server: EmulatorThread, witness: Witness
) -> None:
    tk = AsyncThreekit(token=FORMS["public"](), org_id="o", host=server.url, hooks=witness.hooks)
    with pytest.raises(ThreekitError):
        asyncio.run(tk.layers.get("a"))
    with pytest.raises(UsageError, match="another event loop") as refused:
        asyncio.run(tk.layers.get("a"))
    asyncio.run(tk.aclose())
    witness.error(refused.value)
    witness.client(tk)
    witness.assert_unseen()


@pytest.mark.parametrize("form", FORMS)
async def test_no_file_of_the_cache_holds_the_token(
    connect: Connect, witness: Witness, tmp_path: Path, form: str
) -> None:
    async def tagged(request: web.BaseRequest) -> web.StreamResponse:
        if request.headers.get("If-None-Match") == '"1"':
            return web.Response(status=304, headers={"ETag": '"1"', "Set-Cookie": f"a={TOKEN}"})
        said = f"{request.query} {dict(request.headers)}" if request.path.endswith("/b") else "-"
        body = {**LAYER, "metadata": {"said": said}}
        return web.json_response(body, headers={"ETag": '"1"', "Set-Cookie": "a=" + CORE})

    async with answering(tagged) as raw:
        tk = connect(raw, token=FORMS[form](), cache=tmp_path, hooks=witness.hooks)
        for layer_id in ("a", "a", "b", "b"):
            await tk.layers.get(layer_id)
        inner: Any = getattr(tk, "inner", tk)
        assert inner.stats.cache_hits == 1  # what repeats the token is not kept
        files = [path for path in tmp_path.rglob("*") if path.is_file()]
        held = b"".join(path.read_bytes() for path in files)
        witness.client(tk)
    assert b"fileId" in held
    assert not shows(held.decode("latin-1"))
    assert not shows(str(files))
    witness.assert_unseen()


@pytest.mark.parametrize("form", FORMS)
async def test_the_journal_of_the_emulator_holds_no_token(
    server: EmulatorThread, connect: Connect, form: str
) -> None:
    tk = connect(server, token=FORMS[form]())
    with pytest.raises(ThreekitError):
        await tk.layers.get("a")
    journal = server.journal()
    assert [entry.path for entry in journal] == ["/api/layers/a"]
    assert not shows(f"{journal!r} {journal}")


PROGRAM = """
import asyncio, gc, os, sys, warnings
from threekit_async import *
kind = {"private": PrivateToken, "public": PublicToken}[sys.argv[1]]
def ask(tk):
    return tk.layers.get("a")
"""
ENDINGS = {
    "an error nobody caught": """
async def main():
    async with AsyncThreekit.from_env(token=kind(os.environ["KEY"])) as tk:
        await ask(tk)
asyncio.run(main())
""",
    "a synchronous error nobody caught": """
with Threekit.from_env(token=kind(os.environ["KEY"])) as tk:
    ask(tk)
""",
    "a task nobody waited for": """
async def main():
    async with AsyncThreekit.from_env(token=kind(os.environ["KEY"])) as tk:
        task = asyncio.create_task(ask(tk))
        await asyncio.wait([task])
        del task
        gc.collect()
asyncio.run(main())
""",
    "a client nobody closed": """
async def main():
    tk = AsyncThreekit.from_env(token=kind(os.environ["KEY"]))
    try:
        await ask(tk)
    except ThreekitError as error:
        print(error)
    del tk
    gc.collect()
asyncio.run(main())
""",
    "a synchronous client nobody closed": """
tk = Threekit.from_env(token=kind(os.environ["KEY"]))
try:
    ask(tk)
except ThreekitError as error:
    print(error)
del tk
gc.collect()
""",
    "a call that is cut off at the end": """
async def main():
    tk = AsyncThreekit.from_env(token=kind(os.environ["KEY"]))
    task = asyncio.ensure_future(ask(tk))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    print(task)
asyncio.run(main())
""",
    "what it is made of": """
with Threekit.from_env(token=kind(os.environ["KEY"])) as tk:
    print(tk, tk.settings, tk.settings.explain(), vars(tk))
    import pprint
    pprint.pprint(vars(tk._async))
""",
}


@pytest.mark.parametrize("kind", ["private", "public"])
@pytest.mark.parametrize("ending", ENDINGS)
def test_no_process_that_tells_all_it_can_shows_the_token(
    server: EmulatorThread, tmp_path: Path, kind: str, ending: str
) -> None:
    program = tmp_path / "shop.py"
    program.write_text(PROGRAM + ENDINGS[ending], encoding="utf-8")
    told = {"THREEKIT_LOG": "debug", "THREEKIT_HOST": server.url, "THREEKIT_ORG_ID": "o"}
    done = subprocess.run(
        [sys.executable, "-X", "dev", "-W", "always", str(program), kind],
        env={**os.environ, **told, "KEY": TOKEN},
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )
    shown = done.stdout + done.stderr
    assert "threekit request started" in shown or ending == "what it is made of"
    assert not shows(shown), shown
    assert server.journal() or ending in ("what it is made of", "a call that is cut off at the end")


COMMAND = "from threekit_async.cli import main; main()"


@pytest.mark.parametrize(
    "arguments",
    [
        ["--help"],
        ["--version"],
        ["demo", "--help"],
        ["demo", "--concurrency", "none"],
        ["demo", "--to", "taken"],
        ["--verbose", "demo", "--to", "taken"],
        ["--verbose", "--help"],
        ["emulator", "--help"],
        ["emulator", "--port", "none"],
        ["emulator", "--host", "nowhere.invalid"],
    ],
    ids=" ".join,
)
def test_no_command_shows_what_is_in_the_environment(tmp_path: Path, arguments: list[str]) -> None:
    (tmp_path / "taken").write_text("mine", encoding="utf-8")
    secrets = {
        "THREEKIT_TOKEN": TOKEN,
        "THREEKIT_PUBLIC_TOKEN": TOKEN,
        "THREEKIT_PROXY": f"http://user:{PASSWORD}@127.0.0.1:1",
    }
    done = subprocess.run(
        [sys.executable, "-X", "dev", "-c", COMMAND, *arguments],
        env={**os.environ, "THREEKIT_LOG": "debug", **secrets},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )
    assert done.stdout or done.stderr
    assert not shows(done.stdout + done.stderr), done.stdout + done.stderr
