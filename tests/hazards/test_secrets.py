"""A recognisable token goes everywhere, and is seen nowhere."""

from __future__ import annotations

import asyncio
import logging
import pickle
import traceback
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from tests.conftest import AT_ONCE, Connect
from tests.session.raw_server import answering, bytes_handler, json_handler
from threekit_async import (
    AsyncThreekit,
    DecodeError,
    DownloadError,
    Layer,
    PrivateToken,
    PublicToken,
    StatusError,
    ThreekitError,
    Timeout,
    TransportError,
)

TOKEN = "tok-7f3a9c-recognisable"
FORMS: list[Callable[[str], Any]] = [PrivateToken, PublicToken]
LAYER = {"id": "a", "fileId": "f", "format": "png"}


def vendor(status: int) -> Any:
    return json_handler({"error": {"code": "x", "message": "No"}}, status=status)


async def cut(request: web.BaseRequest) -> web.StreamResponse:
    assert request.transport is not None
    request.transport.close()
    return web.Response()


async def silent(_request: web.BaseRequest) -> web.StreamResponse:
    await asyncio.get_running_loop().create_future()  # until the client hangs up
    return web.Response()


FAILURES = [
    pytest.param(vendor(status), StatusError, id=str(status))
    for status in (400, 401, 403, 404, 409, 418, 422, 429, 500, 503)
] + [
    pytest.param(bytes_handler(b"<html>", content_type="text/html"), DecodeError, id="html"),
    pytest.param(bytes_handler(b"{"), DecodeError, id="malformed"),
    pytest.param(json_handler({"id": 7}), DecodeError, id="wrong type"),
    pytest.param(cut, TransportError, id="cut"),
    pytest.param(silent, TransportError, id="silent"),
]


@asynccontextmanager
async def failing(handler: Any, form: Callable[[str], Any]) -> AsyncIterator[AsyncThreekit]:
    async with (
        answering(handler) as raw,
        AsyncThreekit(
            token=form(TOKEN),
            org_id="o",
            host=raw.url,
            retry=AT_ONCE,
            timeout=Timeout(read=0.05),
        ) as tk,
    ):
        yield tk


async def caught(tk: Any) -> ThreekitError:
    with pytest.raises(ThreekitError) as failed:
        await tk.layers.get("a")
    return failed.value


def chain(error: BaseException | None) -> list[BaseException]:
    """An error and everything it was raised from."""
    found: list[BaseException] = []
    while error is not None:
        found.append(error)
        error = error.__cause__ or error.__context__
    return found


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize(("handler", "kind"), FAILURES)
async def test_no_error_shows_the_token(
    handler: Any, kind: type[ThreekitError], form: Callable[[str], Any]
) -> None:
    async with failing(handler, form) as tk:
        error = await caught(tk)
    assert isinstance(error, kind)
    assert "GET /api/layers/a" in str(error)
    for one in (error, pickle.loads(pickle.dumps(error))):  # noqa: S301
        assert TOKEN not in f"{one} {one!r} {vars(one)} {one.args}"
        assert TOKEN not in "".join(traceback.format_exception(one))


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize(("handler", "kind"), FAILURES)
async def test_no_pickle_of_an_error_holds_the_token(
    handler: Any, kind: type[ThreekitError], form: Callable[[str], Any]
) -> None:
    async with failing(handler, form) as tk:
        assert TOKEN.encode() not in pickle.dumps(await caught(tk))


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize(
    "handler", [pytest.param(vendor(404), id="404"), pytest.param(cut, id="cut")]
)
async def test_no_traceback_with_locals_of_this_package_shows_the_token(
    handler: Any, form: Callable[[str], Any]
) -> None:
    async with failing(handler, form) as tk:
        error = await caught(tk)
    shown: list[str] = []
    for one in chain(error):
        frames = traceback.TracebackException.from_exception(one, capture_locals=True).stack
        shown += [str(frame.locals) for frame in frames if "threekit_async" in frame.filename]
    assert TOKEN not in "".join(shown)


@pytest.mark.parametrize("form", FORMS)
async def test_no_client_session_or_listing_shows_the_token(
    connect: Connect, form: Callable[[str], Any]
) -> None:
    async with answering(json_handler(LAYER)) as raw:
        tk = connect(raw, token=form(TOKEN))
        await tk.layers.get("a")
        shown = [tk, tk.layers.list(), tk.stats, tk.with_options(deadline=5)]
        assert TOKEN not in "".join(f"{one} {one!r}" for one in shown)


async def test_no_part_of_the_session_shows_the_token() -> None:
    async with failing(json_handler(LAYER), PublicToken) as tk:
        await tk.layers.get("a")
        session = tk._session
        parts = [session, session.settings, session.gate, session.transport, session.options]
        assert TOKEN not in "".join(map(repr, parts))


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("handler", [json_handler(LAYER), vendor(503), cut, bytes_handler(b"{")])
async def test_no_log_record_shows_the_token(
    connect: Connect, form: Callable[[str], Any], handler: Any, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG, logger="threekit_async")
    async with answering(handler) as raw:
        tk = connect(raw, token=form(TOKEN))
        with suppress(ThreekitError):
            await tk.layers.get("a")
    records = [record for record in caplog.records if record.name == "threekit_async"]
    assert records
    assert TOKEN not in str([vars(record) for record in records])


async def test_an_event_names_the_path_and_what_came_of_it(
    connect: Connect, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG, logger="threekit_async")
    async with answering(vendor(503)) as raw:
        with pytest.raises(StatusError):
            await connect(raw).layers.get("a")
    facts = [vars(record) for record in caplog.records if record.name == "threekit_async"]
    attempts = [fact for fact in facts if fact["msg"] == "attempt ended"]
    planned = [fact for fact in facts if fact["msg"] == "retry planned"]
    assert [fact["threekit_status"] for fact in attempts] == [503, 503, 503]
    assert [fact["threekit_attempt"] for fact in planned] == [1, 2]
    assert {fact["threekit_path"] for fact in facts} == {"/api/layers/{layer_id}"}


@pytest.mark.parametrize("form", FORMS)
async def test_no_failed_file_shows_the_token(
    connect: Connect, form: Callable[[str], Any], tmp_path: Path
) -> None:
    async with answering(vendor(403)) as raw:
        tk = connect(raw, token=form(TOKEN))
        layers = [Layer(id="a", file_id="f"), Layer(id="b")]
        report = await tk.layers.download_all(layers, to=tmp_path, name="{id}")
    assert {type(failure.error) for failure in report.failures} > {DownloadError}
    assert TOKEN not in f"{report} {report!r}"
    with pytest.raises(ThreekitError) as failed:
        report.raise_for_failures()
    assert TOKEN not in "".join(traceback.format_exception(failed.value))
