"""A recognisable token goes everywhere, and is seen nowhere: whatever becomes of a call."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from urllib.parse import unquote

import pytest
from aiohttp import web
from attrs import field, frozen

from tests.conftest import AT_ONCE, Connect
from tests.hazards.recognisable import (
    CORE,
    FORMS,
    FOUND,
    TOKEN,
    Witness,
    profile_of,
)
from tests.session.attempts import answer, answering_with, talking
from tests.session.raw_server import answering, bytes_handler, json_handler
from threekit_async import (
    BulkError,
    ConnectError,
    DeadlineError,
    DecodeError,
    JobFailedError,
    Layer,
    Network,
    RedirectError,
    RequestTimeoutError,
    StatusError,
    Timeout,
    TransportError,
    UsageError,
)

LAYER = {"id": "a", "fileId": "f", "format": "png"}


async def get(tk: Any) -> Any:
    return await tk.layers.get("a")


async def listing(tk: Any) -> Any:
    return await tk.layers.list().all()


async def deleting(tk: Any) -> Any:
    return await tk.webhooks.delete("a")


async def uploading(tk: Any) -> Any:
    return await tk.files.upload(b"abc", filename="a.txt")


async def waiting(tk: Any) -> Any:
    return await tk.jobs.wait("j", interval=0)


async def downloading(tk: Any) -> Any:
    layers = [Layer(id="a", file_id="f", format="png"), Layer(id="b")]
    report = await tk.layers.download_all(layers, to=tk_folder(), name="{id}")
    report.raise_for_failures()


async def closed(tk: Any) -> Any:
    await tk.aclose()
    return await get(tk)


def tk_folder() -> Path:
    return _FOLDERS[-1]


_FOLDERS: list[Path] = []


@frozen
class Outcome:
    """How a server answers, and what becomes of the call."""

    serve: Any
    error: type[BaseException] | None = None
    ask: Callable[[Any], Awaitable[Any]] = get
    changes: dict[str, Any] = field(factory=dict)
    #: The token goes out.
    sent: bool = True


def vendor(status: int) -> Any:
    return json_handler({"error": {"code": "x", "message": "No"}}, status=status)


async def cut(request: web.BaseRequest) -> web.StreamResponse:
    assert request.transport is not None
    request.transport.close()
    return web.Response()


async def silent(_request: web.BaseRequest) -> web.StreamResponse:
    await asyncio.get_running_loop().create_future()  # until the client hangs up
    return web.Response()


async def repeating(request: web.BaseRequest) -> web.StreamResponse:
    """Say in an error what was sent, as it came and decoded."""
    said = f"{dict(request.headers)} {request.path_qs} {dict(request.query)}"
    return web.json_response({"error": {"code": "x", "message": said}}, status=400)


async def sent_on(request: web.BaseRequest, where: str) -> web.StreamResponse:
    return web.Response(status=302, headers={"Location": f"{where}?{request.query_string}"})


def leading(where: str) -> Any:
    async def handler(request: web.BaseRequest) -> web.StreamResponse:
        return await sent_on(request, where)

    return handler


def at_last(*statuses: int) -> Any:
    left: Iterator[int] = iter(())

    async def handler(_request: web.BaseRequest) -> web.StreamResponse:
        nonlocal left
        status = next(left, None)
        if status is None:
            left = iter(statuses)
            status = next(left)
        return web.json_response(LAYER, status=status)

    return handler


async def failed_job(request: web.BaseRequest) -> web.StreamResponse:
    if "runs" in request.path:
        rows = [{"id": "r", "taskId": "t", "status": "stopped", "result": {"type": "failure"}}]
        return web.json_response({"runs": rows, "page": 1, "perPage": 100, "count": 1})
    job = {"id": "j", "status": "stopped", "taskCount": 1, "taskResultFailures": 1}
    return web.json_response({"job": job, **job})


ROWS = {"layers": [LAYER], "page": 1, "perPage": 100, "count": 1}
SHORT = {"timeout": Timeout(read=0.05)}
OUTCOMES = {
    "success": Outcome(json_handler(LAYER)),
    "listing": Outcome(json_handler(ROWS), ask=listing),
    "third attempt": Outcome(at_last(503, 429, 200)),
    **{
        str(status): Outcome(vendor(status), StatusError)
        for status in (400, 401, 403, 404, 409, 418, 422, 429, 500, 503)
    },
    "the error repeats the request": Outcome(repeating, StatusError),
    "delete refused": Outcome(vendor(403), StatusError, ask=deleting),
    "upload refused": Outcome(vendor(409), StatusError, ask=uploading),
    "html": Outcome(bytes_handler(b"<html>", content_type="text/html"), DecodeError),
    "malformed": Outcome(bytes_handler(b"{"), DecodeError),
    "wrong type": Outcome(json_handler({"id": 7}), DecodeError),
    "empty": Outcome(bytes_handler(b""), DecodeError),
    "cut": Outcome(cut, TransportError),
    "not HTTP": Outcome(answering_with(b"HTTP/9.9 what\r\n\r\n"), TransportError),
    "odd header": Outcome(answering_with(b"HTTP/1.1 200 OK\r\nA\x00: b\r\n\r\n"), TransportError),
    "truncated": Outcome(
        answering_with(answer(b"{}", Content_Length="99", Connection="close")[:-1]),
        TransportError,
        changes=SHORT,
    ),
    "silent": Outcome(silent, RequestTimeoutError, changes=SHORT),
    "too late": Outcome(silent, DeadlineError, changes={"deadline": 0.05}),
    "nobody there": Outcome(None, ConnectError, sent=False),
    "in circles": Outcome(leading(""), RedirectError),
    "to nowhere": Outcome(leading("http://["), RedirectError),
    "to a user": Outcome(leading("http://user@127.0.0.1/"), RedirectError),
    "to another scheme": Outcome(leading("ftp://127.0.0.1/"), RedirectError),
    "write sent on": Outcome(leading("/elsewhere"), StatusError, ask=deleting),
    "job failed": Outcome(failed_job, JobFailedError, ask=waiting),
    "downloads failed": Outcome(vendor(403), BulkError, ask=downloading),
    "after the end": Outcome(json_handler(LAYER), UsageError, ask=closed, sent=False),
}


@asynccontextmanager
async def serving(outcome: Outcome) -> AsyncIterator[Any]:
    if outcome.serve is None:
        with socket.socket() as held:  # bound, and nobody listens
            held.bind(("127.0.0.1", 0))
            url = f"http://127.0.0.1:{held.getsockname()[1]}"
            yield SimpleNamespace(url=url, org_id="o", private_token="", seen=[])
    elif outcome.serve.__name__ == "talk":
        async with talking(outcome.serve) as url:
            yield SimpleNamespace(url=url, org_id="o", private_token="", seen=[])
    else:
        async with answering(outcome.serve) as raw:
            yield raw


@pytest.fixture
def witness(monkeypatch: pytest.MonkeyPatch) -> Iterator[Witness]:
    """Observe everything, with asyncio's debug mode on."""
    monkeypatch.setenv("PYTHONASYNCIODEBUG", "1")
    found = Witness()
    monkeypatch.setattr("opentelemetry.trace._TRACER_PROVIDER", found.provider)
    with found.watching():
        yield found
    found.provider.shutdown()


@pytest.fixture
def reach(connect: Connect, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Any:
    """Make a client of either world, its token in one of the forms, or found outside."""

    def reached(server: Any, form: str, **changes: Any) -> Any:
        if form in FORMS:
            return connect(server, token=FORMS[form](), **changes)
        if form == "variable":
            monkeypatch.setenv("THREEKIT_TOKEN", TOKEN)
            changes |= {"org_id": server.org_id, "host": server.url}
        else:
            file = tmp_path / "config.toml"
            file.write_text(profile_of(TOKEN, org_id=server.org_id, host=server.url))
            file.chmod(0o600)
            monkeypatch.setenv("THREEKIT_CONFIG", str(file))
        return connect.from_env(**{"retry": AT_ONCE, **changes})

    return reached


def shown_to(raw: Any) -> bool:
    """Tell whether a server has been asked, and with the token each time."""
    told = [f"{unquote(one.path_qs)} {dict(one.headers)}" for one in raw.seen]
    assert all(CORE in text for text in told)
    return bool(told)


# Where a token is sent: in a header, in the query, as a cookie.
PLACES = ("text", "public of a site", "cookie")
TOLD = ("success", "401", "cut", "the error repeats the request", "not HTTP")


@pytest.mark.parametrize(
    ("form", "ending"),
    [
        (form, ending)
        for form in [*FORMS, *FOUND]
        for ending in (OUTCOMES if form in PLACES else TOLD)
    ],
)
async def test_however_a_call_ends_nobody_sees_the_token(
    reach: Any, witness: Witness, tmp_path: Path, form: str, ending: str
) -> None:
    outcome = OUTCOMES[ending]
    _FOLDERS.append(tmp_path / "files")
    asyncio.get_running_loop().set_debug(True)
    async with serving(outcome) as raw:
        # Without hooks of aiohttp, its errors say all they know.
        network = Network() if form == "public" else witness.network()
        tk = reach(raw, form, network=network, hooks=witness.hooks, **outcome.changes)
        if outcome.error is None:
            witness.note("value", await outcome.ask(tk))
        else:
            with pytest.raises(outcome.error) as failed:
                await outcome.ask(tk)
            witness.error(failed.value)
        witness.client(tk)
        assert shown_to(raw) or outcome.error is not None
    if outcome.sent:
        assert {"hook", "log threekit_async"} <= witness.seen.keys()
        assert witness.spans.get_finished_spans()
    witness.assert_unseen()
