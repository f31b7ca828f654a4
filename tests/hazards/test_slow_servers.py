"""Servers that are slow, silent or never done: every bound ends its own kind of waiting."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from pathlib import Path

import pytest
from aiohttp import web

from tests.conftest import Connect
from tests.hazards.moments import Moment, after
from tests.hazards.waiting import BRIEF, KINDS, SHORT, called, together
from tests.session.raw_server import Handler, RawServer, answering
from tests.transfer.folders import paths_in
from threekit_async import (
    DeadlineError,
    Limits,
    Options,
    RequestTimeoutError,
    Retry,
    ServerError,
    Timeout,
)
from threekit_async.emulator import EmulatorThread
from threekit_async.emulator.web.journal import Journal

ONCE = Retry(attempts=1)
UNBOUNDED = Timeout(connect=None, read=None, total=None, floor=None)


@pytest.fixture
def filled(server: EmulatorThread) -> EmulatorThread:
    server.fill(layers=3, file_bytes=2000)
    return server


def silent(*, after: bytes = b"") -> Handler:
    """Say so much, then nothing, until the client has gone."""

    async def handler(request: web.BaseRequest) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Length": "1000"})
        if after:
            await response.prepare(request)
            await response.write(after)
        while request.transport is not None and not request.transport.is_closing():
            await asyncio.sleep(0.01)
        return response

    return handler


def dripping(piece: bytes = b" ", *, every: float = 0.01) -> Handler:
    """Never be silent, and never be done."""

    async def handler(request: web.BaseRequest) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Length": "10000000"})
        await response.prepare(request)
        with suppress(OSError):
            while True:
                await response.write(piece)
                await asyncio.sleep(every)
        return response

    return handler


ENDS = {
    "a silence": (silent(), Timeout(read=SHORT), r"silent for too long\. Timeout\(read="),
    "a silence in a body": (
        silent(after=b"{"),
        Timeout(read=SHORT),
        r"silent for too long\. Timeout\(read=",
    ),
    "a drip": (
        dripping(),
        Timeout(read=SHORT, floor=10_000.0),
        rf"less than 10000 bytes a second for {SHORT:g} s",
    ),
    "a steady pace without an end": (
        dripping(),
        Timeout(floor=None, total=SHORT),
        r"total=\.\.\.\) allows",
    ),
}


@pytest.mark.parametrize(("handler", "limit", "words"), ENDS.values(), ids=ENDS)
async def test_each_kind_of_waiting_has_its_end(
    connect: Connect, tmp_path: Path, handler: Handler, limit: Timeout, words: str
) -> None:
    async def check(kind: str) -> None:
        async with answering(handler) as raw:
            tk = connect(raw, retry=ONCE, timeout=limit)
            with pytest.raises(RequestTimeoutError, match=words):
                await called(tk, kind, tmp_path)
            assert len(raw.seen) == 1

    await together(check, KINDS)


async def test_the_deadline_ends_what_no_timeout_bounds(connect: Connect, tmp_path: Path) -> None:
    async def check(kind: str) -> None:
        async with answering(dripping()) as raw:
            tk = connect(raw, timeout=UNBOUNDED, deadline=1.5 * SHORT)
            # A step of a call has what those before it left.
            with pytest.raises(DeadlineError, match=r"deadline of [01]\.?\d* s"):
                await called(tk, kind, tmp_path)
            assert len(raw.seen) == 1

    await together(check, KINDS)


async def test_the_deadline_is_over_all_attempts(connect: Connect, tmp_path: Path) -> None:
    async def check(kind: str) -> None:
        async with answering(silent()) as raw:
            patient = Retry(attempts=1000, base=0.0, cap=0.0)
            tk = connect(raw, retry=patient, timeout=Timeout(read=SHORT), deadline=2.5 * SHORT)
            with pytest.raises((DeadlineError, RequestTimeoutError)) as failed:
                await called(tk, kind, tmp_path)
            if kind == "a write":
                # One that was sent is not sent again, whatever time is left.
                assert type(failed.value) is RequestTimeoutError
                assert len(raw.seen) == 1
            else:
                # An attempt may come to its end in the very moment the deadline passes.
                ended = type(failed.value) is DeadlineError
                assert ended or "the deadline would pass" in str(failed.value)
                assert 2 <= len(raw.seen) <= 3

    await together(check, KINDS)


async def test_the_deadline_ends_a_wait_between_attempts(
    connect: Connect, filled: EmulatorThread
) -> None:
    filled.faults.add(effect="status", status=503)
    # The dice may wait no time at all; then the next attempt is the one that is waited for.
    tk = connect(filled, retry=Retry(attempts=1000, base=1.0, cap=1.0), deadline=BRIEF)
    with pytest.raises((ServerError, DeadlineError), match="deadline"):
        await tk.layers.get("a")


async def test_the_deadline_holds_while_others_have_all_the_slots(connect: Connect) -> None:
    arrived, free = Moment(), asyncio.Event()

    async def handler(_request: web.BaseRequest) -> web.StreamResponse:
        arrived()
        await free.wait()
        return web.json_response({"id": "a"})

    async with answering(handler) as raw:
        tk = connect(raw, limits=Limits(concurrency=1), retry=ONCE)
        first = asyncio.create_task(tk.layers.get("a"))
        await arrived.wait()
        with pytest.raises(DeadlineError):
            await tk.layers.get("b", options=Options(deadline=BRIEF))
        assert len(raw.seen) == 1
        free.set()
        assert (await first).id == "a"


async def test_no_connection_ends_with_the_connect_timeout(
    connect: Connect, unanswering: RawServer, tmp_path: Path
) -> None:
    tk = connect(unanswering, retry=ONCE, timeout=Timeout(connect=BRIEF))
    for kind in KINDS:
        with pytest.raises(RequestTimeoutError, match=r"no connection to .* within 0\.15 s") as why:
            await called(tk, kind, tmp_path)
        assert why.value.sent is False


async def test_a_deadline_that_passes_while_connecting_has_sent_nothing(
    connect: Connect, unanswering: RawServer, tmp_path: Path
) -> None:
    async def check(kind: str) -> None:
        tk = connect(unanswering, timeout=UNBOUNDED, deadline=SHORT)
        with pytest.raises(DeadlineError, match=r"Nothing was sent: there was no conn") as why:
            await called(tk, kind, tmp_path)
        assert why.value.sent is False

    await together(check, KINDS[:-1])  # a download has a deadline of its own


async def test_a_write_that_could_not_connect_is_tried_again(
    connect: Connect, unanswering: RawServer
) -> None:
    tk = connect(unanswering, timeout=Timeout(connect=0.05))
    with pytest.raises(RequestTimeoutError, match="3 attempts"):
        await tk.layers.create(asset_id="a")
    assert tk.stats.requests == 3


async def test_a_slow_server_that_is_done_in_time_is_waited_for(
    connect: Connect, filled: EmulatorThread, tmp_path: Path
) -> None:
    filled.faults.add(effect="delay", seconds=0.1, times=1)
    filled.faults.add(effect="drip", bytes=400, interval=0.02)
    tk = connect(filled, timeout=Timeout(read=5))
    report = await tk.layers.download_all(tk.layers.list(), to=tmp_path)
    assert (report.downloaded, tk.stats.retries) == (3, 0)
    assert [path.stat().st_size for path in paths_in(tmp_path)] == [2000] * 3


async def test_one_slow_answer_is_asked_for_again(connect: Connect, filled: EmulatorThread) -> None:
    filled.faults.add(effect="drip", interval=0.02, times=1, query="perPage=100")
    tk = connect(filled, timeout=Timeout(read=SHORT))
    assert len(await tk.layers.list().all()) == 3
    assert tk.stats.retries == 1


async def test_a_slow_write_is_not_sent_again_and_says_that_it_may_be_done(
    connect: Connect, filled: EmulatorThread, monkeypatch: pytest.MonkeyPatch
) -> None:
    filled.faults.add(effect="drip", interval=0.02, method="POST")
    noted = after(monkeypatch, Journal, "end", lambda _, entry: entry.method == "POST")
    tk = connect(filled, timeout=Timeout(read=SHORT))
    with pytest.raises(RequestTimeoutError, match="It may have been carried out"):
        await tk.layers.create(asset_id="chair")
    await noted.wait()
    done = [entry for entry in filled.journal() if entry.method == "POST"]
    assert [entry.carried_out for entry in done] == [True]
    assert tk.stats.requests == 1


async def test_a_call_given_up_leaves_its_slot_to_the_next(
    connect: Connect, filled: EmulatorThread
) -> None:
    tk = connect(filled, limits=Limits(concurrency=1), retry=ONCE)
    filled.faults.add(effect="delay", seconds=20)
    for _ in range(3):
        with pytest.raises(RequestTimeoutError):
            await tk.layers.list(options=Options(timeout=Timeout(read=BRIEF))).first()
    filled.faults.clear()
    assert len(await tk.layers.list().all()) == 3
