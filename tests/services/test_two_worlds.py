"""What lets one test body drive both clients translates both ways, and refuses what it cannot."""

from __future__ import annotations

import asyncio
import gc
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager
from typing import Any

import aiohttp
import pytest

from tests.conftest import Connect
from tests.two_worlds import NotTranslated
from threekit_async import Network, Pager, Threekit, Upload
from threekit_async.emulator import EmulatorThread
from threekit_async.sync.pager import Thorough
from threekit_async.sync.services.files import Files
from threekit_async.sync.services.layers import Layers


@pytest.fixture
async def connect_sync() -> AsyncIterator[Connect]:
    """Make clients of the synchronous world alone, shown as asynchronous ones."""
    connect = Connect(Threekit)
    yield connect
    await connect.close()


@pytest.fixture
async def tk(connect_sync: Connect, server: EmulatorThread) -> Any:
    server.fill(layers=250)
    server.clear_journal()
    return connect_sync(server)


class Stepping:
    """What steps of a synchronous iterator were made, and from which thread it was closed."""

    def __init__(self) -> None:
        self.steps = 0
        self.closed = threading.Event()
        self.threads: set[threading.Thread] = set()

    def rows(self) -> Iterator[int]:
        try:
            for self.steps in range(1, 4):
                self.threads.add(threading.current_thread())
                yield self.steps
        finally:
            self.threads.add(threading.current_thread())
            self.closed.set()


@pytest.mark.parametrize("way", [lambda listing: listing, lambda listing: listing.pages()])
async def test_a_loop_that_is_left_early_closes_the_iterator_underneath(
    tk: Any, monkeypatch: pytest.MonkeyPatch, way: Callable[[Any], Any]
) -> None:
    stepping = Stepping()
    monkeypatch.setattr(Pager, "__iter__", lambda _: stepping.rows())
    monkeypatch.setattr(Pager, "pages", lambda _: stepping.rows())
    async for row in way(tk.layers.list()):
        assert row == 1
        break
    gc.collect()
    assert await asyncio.to_thread(stepping.closed.wait, 10)
    assert stepping.steps == 1
    assert threading.current_thread() not in stepping.threads


async def test_a_walk_that_is_dropped_is_closed_away_from_the_tests_loop(
    tk: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    closed, threads, close = threading.Event(), list[threading.Thread](), Thorough.close

    def noted(walk: Thorough[Any]) -> None:
        threads.append(threading.current_thread())
        close(walk)
        closed.set()

    monkeypatch.setattr(Thorough, "close", noted)
    async for _ in tk.layers.list().thorough():
        break
    gc.collect()
    assert await asyncio.to_thread(closed.wait, 10)
    assert threading.current_thread() not in threads


async def test_calls_are_made_where_no_event_loop_runs(
    tk: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def get(*_: object) -> object:
        with pytest.raises(RuntimeError, match="no running event loop"):
            asyncio.get_running_loop()
        return "the layer"

    monkeypatch.setattr(Layers, "get", get)
    assert await tk.layers.get("a") == "the layer"


async def pieces(*, closed: threading.Event) -> AsyncIterator[bytes]:
    try:
        yield b"a"
        await asyncio.sleep(0)
        yield b"b"
    finally:
        closed.set()


@pytest.mark.parametrize("taken", [1, 3])
async def test_what_an_asynchronous_iterator_gives_is_stepped_plainly_and_closed(
    tk: Any, monkeypatch: pytest.MonkeyPatch, taken: int
) -> None:
    closed = threading.Event()

    def upload(_self: Files, source: Any) -> list[bytes]:
        assert not hasattr(source, "__aiter__")
        found = [piece for piece, _ in zip(source, range(taken), strict=False)]
        source.close()
        return found

    monkeypatch.setattr(Files, "upload", upload)
    assert await tk.files.upload(pieces(closed=closed)) == [b"a", b"b"][:taken]
    assert closed.is_set()


async def test_what_lies_deeper_is_translated_and_the_rest_is_left_alone(
    tk: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[Any] = []
    monkeypatch.setattr(Files, "upload_all", lambda _self, *given: seen.extend(given))
    generator, progress = (number for number in range(3)), list[object]().append
    source, listing = pieces(closed=threading.Event()), tk.layers.list()
    uploads = [Upload(source, filename="a"), Upload(source, filename="b")]
    await tk.files.upload_all(uploads, {"b": listing}, generator, progress)
    [upload, again], named, *rest = seen
    assert again.source is upload.source
    assert b"".join(await asyncio.to_thread(list, upload.source)) == b"ab"
    assert isinstance(named["b"], Pager)
    assert rest == [generator, progress]


async def test_a_token_that_is_awaited_is_asked_for_on_the_tests_loop(
    connect_sync: Connect, server: EmulatorThread
) -> None:
    asked: list[object] = []

    async def ask() -> str:
        asked.append(asyncio.get_running_loop())
        return server.private_token

    assert await connect_sync(server, token=ask).layers.list().all() == []
    assert asked == [asyncio.get_running_loop()]


async def test_clients_and_services_stay_what_they_are(tk: Any) -> None:
    assert tk.layers is tk.layers
    twin = tk.with_options(deadline=20)
    assert isinstance(twin.inner, Threekit)
    assert isinstance(twin.layers.with_options(deadline=5).inner, Layers)
    assert isinstance(tk.layers.list().inner, Pager)
    assert isinstance(tk.layers.list().thorough().inner, Thorough)
    assert repr(tk) == repr(tk.inner)


@contextmanager
def scope() -> Iterator[None]:
    yield


@pytest.mark.parametrize(
    "odd", [scope(), asyncio.Event().wait, iter([])], ids=["scope", "function", "iterator"]
)
async def test_what_a_call_returns_and_nobody_knows_is_refused(
    tk: Any, monkeypatch: pytest.MonkeyPatch, odd: object
) -> None:
    monkeypatch.setattr(Layers, "get", lambda *_: odd)
    with pytest.raises(NotTranslated, match="Nobody knows yet what"):
        await tk.layers.get("a")


async def test_a_scope_that_is_not_awaited_is_refused_as_well(
    tk: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Layers, "list", lambda *_: scope())
    with pytest.raises(NotTranslated, match="Nobody knows yet what"):
        tk.layers.list()


async def test_private_parts_are_of_one_world(tk: Any) -> None:
    with pytest.raises(NotTranslated, match=r"Threekit\._session is private"):
        _ = tk._session


async def test_what_the_synchronous_side_has_not_is_told(tk: Any) -> None:
    with pytest.raises(NotTranslated, match="The synchronous Thorough has no batch"):
        await tk.layers.list().thorough().batch()


async def test_what_the_asynchronous_side_has_not_is_not_there(tk: Any) -> None:
    for part, name in ((tk, "close"), (tk.layers.list(), "source"), (tk.layers, "lists")):
        with pytest.raises(AttributeError, match=name):
            getattr(part, name)


async def test_a_call_cannot_be_cancelled(tk: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    begun, may_end = threading.Event(), threading.Event()

    def get(*_: object) -> None:
        begun.set()
        assert may_end.wait(10)

    monkeypatch.setattr(Layers, "get", get)
    call = asyncio.create_task(tk.layers.get("a"))
    assert await asyncio.to_thread(begun.wait, 10)
    call.cancel()
    with pytest.raises(NotTranslated, match="Nobody can cancel a synchronous call"):
        await call
    may_end.set()


async def test_nothing_that_must_be_awaited_is_passed_on(tk: Any) -> None:
    waiting = asyncio.sleep(0)
    with pytest.raises(NotTranslated, match="nothing to await"):
        tk.files.upload(waiting)
    await waiting


async def test_a_session_of_the_tests_loop_is_not_passed_on(
    connect_sync: Connect, server: EmulatorThread
) -> None:
    async with aiohttp.ClientSession() as http:
        with pytest.raises(NotTranslated, match="belongs to the loop"):
            connect_sync(server, network=Network(http_session=http))


async def test_the_tests_loop_never_waits_for_itself(
    tk: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Layers, "list", lambda _self, source: next(source))
    with pytest.raises(NotTranslated, match="waited for on the test's own loop"):
        tk.layers.list(pieces(closed=threading.Event()))
