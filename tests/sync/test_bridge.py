"""Calls that cross to the loop: their values, errors, context, and ends."""

# ruff: noqa: PT012, PT031
from __future__ import annotations

import asyncio
import gc
import pickle
import threading
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import suppress
from contextvars import ContextVar
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from threekit_async import (
    BlockingCallWarning,
    Hooks,
    Layer,
    NotFoundError,
    PageRead,
    Threekit,
    ThreekitError,
    UsageError,
)
from threekit_async.emulator import EmulatorThread
from threekit_async.sync.bridge import Bridge
from threekit_async.sync.crossing import Crossing
from threekit_async.sync.loop_thread import LoopThread, SharedLoop
from threekit_async.sync.workers import Workers


class Ending:
    """Counts how often the bridge says that it ends."""

    def __init__(self) -> None:
        self.times = 0

    async def __call__(self) -> None:
        self.times += 1


@pytest.fixture(autouse=True)
def nobody_before() -> None:
    """Wait for the loop of a client that was forgotten: that ends a moment later."""
    if loop_threads():
        gc.collect()
    for thread in loop_threads():
        thread.join(5)


@pytest.fixture
def ending() -> Ending:
    return Ending()


@pytest.fixture
def bridge(ending: Ending) -> Any:
    made = Bridge(ending)
    yield made
    made.close()


def client(server: EmulatorThread, **settings: Any) -> Threekit:
    return Threekit(token=server.private_token, org_id=server.org_id, host=server.url, **settings)


def test_a_call_returns_what_the_coroutine_returns(bridge: Bridge) -> None:
    async def answer() -> int:
        await asyncio.sleep(0)
        return 42

    assert bridge.call(answer) == 42


def test_a_call_raises_the_very_error_of_the_coroutine(bridge: Bridge) -> None:
    error = LookupError("mine")

    async def fail() -> None:
        raise error

    with pytest.raises(LookupError) as failed:
        bridge.call(fail)
    assert failed.value is error
    bridge.call(_nothing)


async def _nothing() -> None:
    return None


def test_an_error_before_the_first_await_crosses_as_well(bridge: Bridge) -> None:
    def start() -> Any:
        raise LookupError("at once")

    with pytest.raises(LookupError, match="at once"):
        bridge.call(start)


def test_the_thread_starts_with_the_first_call(bridge: Bridge) -> None:
    assert repr(bridge) == "<Bridge not started>"
    assert not loop_threads()
    bridge.call(_nothing)
    assert repr(bridge) == "<Bridge running>"
    assert len(loop_threads()) == 1
    bridge.close()
    assert repr(bridge) == "<Bridge closed>"
    assert not loop_threads()


def test_closing_twice_ends_once(bridge: Bridge, ending: Ending) -> None:
    bridge.call(_nothing)
    bridge.close()
    bridge.close()
    assert ending.times == 1


def test_a_bridge_never_used_has_nothing_to_end(bridge: Bridge, ending: Ending) -> None:
    bridge.close()
    assert ending.times == 0


def test_closing_does_not_wait_for_ever_for_a_loop_that_is_held_up(
    ending: Ending, monkeypatch: pytest.MonkeyPatch
) -> None:
    bridge, other = Bridge(ending), Bridge(Ending())
    other.call(_nothing)
    held, go = threading.Event(), threading.Event()

    async def hold() -> None:
        held.set()
        go.wait(10)

    def call() -> None:
        with suppress(UsageError):
            bridge.call(hold)

    calling = threading.Thread(target=call)
    calling.start()
    assert held.wait(5)
    with monkeypatch.context() as patch:
        patch.setattr("threekit_async.sync.lease.SECONDS_TO_END", 0.2)
        with pytest.warns(
            RuntimeWarning, match=r"not closed yet: for 0\.2 s something has held up"
        ):
            bridge.close()
    assert ending.times == 0
    go.set()
    calling.join(5)
    bridge.close()
    assert ending.times == 1
    other.call(_nothing)
    other.close()


def test_whoever_closes_second_waits_for_the_end_of_the_thread_too(
    bridge: Bridge, monkeypatch: pytest.MonkeyPatch
) -> None:
    join, shutdown = LoopThread.join, Workers.shutdown
    ending, go, joined = threading.Event(), threading.Event(), list[LoopThread]()

    def slowly(workers: Workers, **how: Any) -> None:
        ending.set()
        go.wait(10)
        shutdown(workers, **how)

    def joining(thread: LoopThread) -> None:
        joined.append(thread)
        join(thread)

    def second() -> None:
        bridge.close()
        left.append(loop_threads())

    left: list[list[threading.Thread]] = []
    monkeypatch.setattr(Workers, "shutdown", slowly)
    monkeypatch.setattr(LoopThread, "join", joining)
    bridge.call(_nothing)
    closers = [threading.Thread(target=bridge.close), threading.Thread(target=second)]
    closers[0].start()
    assert ending.wait(10)
    closers[1].start()
    while closers[1].is_alive() and len(joined) < 2:
        time.sleep(0.001)
    go.set()
    for each in closers:
        each.join(10)
    assert left == [[]]


def test_after_closing_every_call_is_refused(bridge: Bridge) -> None:
    bridge.call(_nothing)
    bridge.close()
    with pytest.raises(UsageError, match="client is closed"):
        bridge.call(_nothing)


def test_a_bridge_nobody_holds_ends_by_itself(ending: Ending) -> None:
    bridge = Bridge(ending)
    bridge.call(_nothing)
    [thread] = loop_threads()
    with pytest.warns(ResourceWarning, match=r"made at .*test_bridge\.py:\d+"):
        del bridge
    thread.join(5)
    assert not thread.is_alive()
    assert ending.times == 1


def loop_threads() -> list[threading.Thread]:
    """Find the threads of loops; all bridges share one."""
    return [one for one in threading.enumerate() if one.name == "threekit"]


def test_all_bridges_of_a_process_share_one_thread(bridge: Bridge, ending: Ending) -> None:
    other = Bridge(ending)
    threads = {one.call(_thread) for one in (bridge, other, bridge)}
    assert threads == set(loop_threads())
    bridge.close()
    assert other.call(_thread) is loop_threads()[0]
    other.close()
    assert not loop_threads()


async def _thread() -> threading.Thread:
    return threading.current_thread()


def test_a_bridge_can_be_used_after_all_others_have_ended(bridge: Bridge, ending: Ending) -> None:
    bridge.call(_nothing)
    bridge.close()
    other = Bridge(ending)
    assert other.call(_thread) is loop_threads()[0]
    other.close()


class Leaving(BaseException):
    """Neither SystemExit nor an Exception."""


@pytest.mark.parametrize("kind", [SystemExit, KeyboardInterrupt, Leaving])
@pytest.mark.parametrize("deep", [False, True], ids=["in the call", "in a task of the call"])
def test_what_is_no_exception_reaches_the_caller_and_the_loop_goes_on(
    bridge: Bridge, ending: Ending, kind: type[BaseException], deep: bool
) -> None:
    inside, go = threading.Event(), asyncio.Event()

    async def wait() -> str:
        inside.set()
        await go.wait()
        return "went on"

    async def leave() -> None:
        raise kind("mine")

    async def fail() -> None:
        await (asyncio.create_task(leave()) if deep else leave())

    async def let_go() -> None:
        go.set()

    other, heard = Bridge(ending), list[str]()
    waiting = threading.Thread(target=lambda: heard.append(other.call(wait)))
    waiting.start()
    inside.wait(5)
    with pytest.raises(kind, match="mine"):
        bridge.call(fail)
    bridge.call(let_go)
    waiting.join(5)
    assert heard == ["went on"]
    other.close()


def test_closing_ends_the_calls_of_this_client_and_no_others(
    bridge: Bridge, ending: Ending
) -> None:
    inside, go = threading.Barrier(3), asyncio.Event()

    async def wait() -> str:
        await asyncio.to_thread(inside.wait)
        await go.wait()
        return "went on"

    async def let_go() -> None:
        go.set()

    def told(bridge: Bridge, heard: list[str]) -> None:
        try:
            heard.append(bridge.call(wait))
        except UsageError as error:
            heard.append(str(error))

    other, heard, others = Bridge(ending), list[str](), list[str]()
    threads = [
        threading.Thread(target=told, args=(bridge, heard)),
        threading.Thread(target=told, args=(other, others)),
    ]
    for thread in threads:
        thread.start()
    inside.wait(5)
    bridge.close()
    threads[0].join(5)
    [said] = heard
    assert said.startswith("The client was closed while this call ran. It may have been carried")
    assert others == []
    other.call(let_go)
    threads[1].join(5)
    assert others == ["went on"]
    other.close()


@pytest.mark.parametrize("alone", [True, False], ids=["loop ends", "loop goes on"])
def test_a_call_that_comes_while_the_client_ends_is_refused(
    bridge: Bridge, ending: Ending, monkeypatch: pytest.MonkeyPatch, alone: bool
) -> None:
    begin, other = Crossing[Any].start, Bridge(ending)
    bridge.call(_nothing)
    if not alone:
        other.call(_nothing)

    def closed_first(call: Crossing[Any]) -> None:
        bridge.close()
        begin(call)

    monkeypatch.setattr(Crossing, "start", closed_first)
    with pytest.raises(UsageError, match="closed while this call ran"):
        bridge.call(_nothing)
    monkeypatch.undo()
    other.close()


def test_a_call_the_loop_has_not_heard_of_before_it_closed_is_no_standstill(
    bridge: Bridge, monkeypatch: pytest.MonkeyPatch
) -> None:
    def never_heard(_call: object) -> None:
        bridge.close()

    bridge.call(_nothing)
    monkeypatch.setattr(Crossing, "start", never_heard)
    with pytest.raises(UsageError, match="closed while this call ran"):
        bridge.call(_nothing)


def test_an_error_while_the_client_ends_reaches_who_closes_it() -> None:
    async def fail() -> None:
        raise LookupError("at the end")

    bridge = Bridge(fail)
    bridge.call(_nothing)
    with pytest.raises(LookupError, match="at the end"):
        bridge.close()
    assert repr(bridge) == "<Bridge closed>"
    assert not loop_threads()


def test_a_process_that_may_open_no_more_files_is_told_so(monkeypatch: Any, bridge: Bridge) -> None:
    def refused() -> Any:
        raise OSError(24, "Too many open files")

    monkeypatch.setattr("threekit_async.sync.loop_thread._new_loop", refused)
    with pytest.raises(ThreekitError, match=r"cannot start: Too many open files.*nothing was sent"):
        bridge.call(_nothing)
    monkeypatch.undo()
    bridge.call(_nothing)


def test_a_process_that_may_start_no_more_threads_is_told_so(
    monkeypatch: Any, bridge: Bridge
) -> None:
    def refused(_thread: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(threading.Thread, "start", refused)
    with pytest.raises(ThreekitError, match="can't start new thread"):
        bridge.call(_nothing)
    monkeypatch.undo()
    bridge.call(_nothing)


def test_a_client_does_not_pickle(server: EmulatorThread) -> None:
    with client(server) as tk:
        for what in (tk, tk.layers, tk.layers.get, tk.layers.list(), tk.with_options(deadline=1)):
            with pytest.raises(TypeError, match="A client does not pickle"):
                pickle.dumps(what)


def test_context_variables_of_the_caller_are_seen_on_the_loop(bridge: Bridge) -> None:
    variable: ContextVar[str] = ContextVar("variable", default="unset")

    async def read() -> str:
        await asyncio.sleep(0)
        return variable.get()

    variable.set("given")
    assert bridge.call(read) == "given"


def test_many_threads_may_call_at_once(bridge: Bridge) -> None:
    # All must be inside together, or nobody gets out.
    inside, everyone = 0, asyncio.Event()

    async def meet() -> None:
        nonlocal inside
        inside += 1
        if inside == 8:
            everyone.set()
        await everyone.wait()

    threads = [threading.Thread(target=bridge.call, args=(meet,)) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert inside == 8


class Source:
    """An asynchronous iterator that knows whether it was closed."""

    def __init__(self, *, fails_at: int | None = None) -> None:
        self.closed = False
        self.fails_at = fails_at

    async def items(self) -> AsyncIterator[int]:
        try:
            for number in range(5):
                if number == self.fails_at:
                    raise LookupError("no more")
                yield number
        finally:
            await asyncio.sleep(0)
            self.closed = True


def test_an_iterator_is_stepped_to_its_end_and_closed(bridge: Bridge) -> None:
    source = Source()
    assert list(bridge.iterate(source.items)) == [0, 1, 2, 3, 4]
    assert source.closed


def test_leaving_an_iterator_early_closes_it_at_once(bridge: Bridge) -> None:
    source = Source()
    for number in bridge.iterate(source.items):
        if number == 2:
            break
    assert source.closed


def test_an_iterator_that_fails_gives_its_error_and_is_closed(bridge: Bridge) -> None:
    source = Source(fails_at=2)
    seen: list[int] = []
    with pytest.raises(LookupError, match="no more"):
        for number in bridge.iterate(source.items):
            seen.append(number)  # noqa: PERF402  # what came before the error counts
    assert seen == [0, 1]
    assert source.closed


def test_an_iterator_never_stepped_starts_nothing(bridge: Bridge) -> None:
    source = Source()
    bridge.iterate(source.items)
    assert repr(bridge) == "<Bridge not started>"


def test_an_open_iterator_may_outlive_its_client(server: EmulatorThread) -> None:
    server.fill(layers=250)
    with client(server) as tk:
        walk = iter(tk.layers.list())
        next(walk)
    del walk  # closing it needs the loop that is gone
    with pytest.raises(UsageError, match="client is closed"):
        tk.layers.list().first()


def test_an_iterator_stepped_after_its_client_was_closed_says_so(server: EmulatorThread) -> None:
    server.fill(layers=250)
    tk = client(server)
    pages = tk.layers.list().pages()
    next(pages)
    tk.close()
    with pytest.raises(UsageError, match="client is closed"):
        next(pages)


def test_closing_the_client_ends_a_step_that_another_thread_waits_for(
    bridge: Bridge, ending: Ending
) -> None:
    inside, go = threading.Event(), asyncio.Event()

    async def never() -> AsyncIterator[int]:
        inside.set()
        await go.wait()
        yield 0

    async def let_go() -> None:
        go.set()

    def step() -> None:
        try:
            heard.append(next(bridge.iterate(never)))
        except UsageError as error:
            heard.append(str(error))

    other, heard = Bridge(Ending()), list[object]()
    threads = [threading.Thread(target=step), threading.Thread(target=bridge.close)]
    threads[0].start()
    assert inside.wait(5)
    threads[1].start()
    for thread in threads:
        thread.join(5)
    ended = [not thread.is_alive() for thread in threads]
    # Whatever has become of them, nothing is left for the tests to come.
    other.call(let_go)
    other.close()
    for thread in threads:
        thread.join(5)
    assert ended == [True, True]
    [said] = heard
    assert str(said).startswith("The client was closed while this call ran.")
    assert ending.times == 1


def test_calling_the_client_from_a_progress_callback_is_an_error_and_no_standstill(
    server: EmulatorThread, tmp_path: Any
) -> None:
    server.fill(layers=2, file_bytes=10)
    with client(server) as tk:
        layers = tk.layers.list().all()
        with pytest.raises(UsageError, match="called on its own event loop"):
            tk.layers.download_all(
                layers, to=tmp_path, progress=lambda _: tk.layers.get(layers[0].id)
            )
        assert len(tk.layers.list().all()) == 2


def test_an_iterable_may_itself_call_the_client(server: EmulatorThread, tmp_path: Any) -> None:
    server.fill(layers=5, file_bytes=10)
    with client(server) as tk:
        ids = [layer.id for layer in tk.layers.list()]
        report = tk.layers.download_all(
            (tk.layers.get(one) for one in ids), to=tmp_path, name="{id}"
        )
    assert (report.downloaded, report.failed) == (5, 0)


def test_what_an_iterable_has_brought_is_begun_before_it_brings_more(
    server: EmulatorThread, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    server.fill(layers=2, file_bytes=10)
    # More than 50 ms are over whenever somebody looks: what has come so far is handed over.
    monkeypatch.setattr("threekit_async.sync.pager.monotonic", count().__next__)
    ended, in_time = threading.Event(), list[bool]()
    with client(server, hooks=Hooks(file_ended=lambda _: ended.set())) as tk:
        layers = tk.layers.list().all()

        def one_after_another() -> Iterator[Layer]:
            yield layers[0]
            in_time.append(ended.wait(20))
            yield layers[1]

        report = tk.layers.download_all(one_after_another(), to=tmp_path, name="{id}")
    assert in_time == [True]
    assert (report.downloaded, report.failed) == (2, 0)


def test_leaving_the_results_early_closes_the_iterable(
    server: EmulatorThread, tmp_path: Any
) -> None:
    server.fill(layers=1, file_bytes=10)
    closed = threading.Event()
    with client(server) as tk:
        [layer] = tk.layers.list().all()

        def endless() -> Any:
            number = 0
            try:
                while True:
                    number += 1
                    yield Layer(id=str(number), file_id=layer.file_id)
            finally:
                closed.set()

        for _ in tk.layers.iter_downloads(endless(), to=tmp_path, name="{id}"):
            break
    assert closed.wait(5)


def test_a_listing_keeps_its_client_while_it_is_used(server: EmulatorThread) -> None:
    server.fill(layers=250)
    with pytest.warns(ResourceWarning, match="forgotten"):
        rows = [
            list(client(server).layers.list()),
            [row for page in client(server).layers.list().pages() for row in page.items],
            list(client(server).layers.list().thorough()),
        ]
        gc.collect()
        gc.collect()  # another thread may have been at the first
    assert [len(found) for found in rows] == [250, 250, 250]


def test_a_listing_of_another_client_is_walked_by_that_client(
    server: EmulatorThread, tmp_path: Any
) -> None:
    server.fill(layers=3, file_bytes=10)
    other = client(server)
    with client(server) as tk:
        report = tk.layers.download_all(other.layers.list(), to=tmp_path, name="{id}")
        assert (report.downloaded, report.failed) == (3, 0)
    assert len(other.layers.list().all()) == 3
    other.close()
    with client(server) as tk, pytest.raises(UsageError, match="This client is closed"):
        tk.layers.download_all(other.layers.list(), to=tmp_path, name="{id}")


def test_what_makes_an_iterator_may_call_the_client_as_well(
    server: EmulatorThread, tmp_path: Any
) -> None:
    server.fill(layers=3, file_bytes=10)

    class Found:
        def __iter__(self) -> Iterator[Layer]:
            return iter(tk.layers.list().all())

    with client(server) as tk:
        report = tk.layers.download_all(Found(), to=tmp_path, name="{id}")
    assert (report.downloaded, report.failed) == (3, 0)


def test_a_walk_is_used_by_one_thread_at_a_time(server: EmulatorThread) -> None:
    server.fill(layers=250)
    refused: list[str] = []

    def told(_: PageRead) -> None:
        # The walk waits for this page now, in the thread of the test.
        for use in (walk.close, walk.__next__):
            with pytest.raises(UsageError) as failed:
                use()
            refused.append(str(failed.value))

    with client(server, hooks=Hooks(page_read=told)) as tk:
        walk = tk.layers.list().thorough()
        assert sum(1 for _ in walk) == 250
    assert set(refused) == {"Another thread is using this walk: a walk is used by one at a time."}


def test_closing_waits_for_a_first_call_that_is_just_beginning(
    bridge: Bridge, ending: Ending, monkeypatch: pytest.MonkeyPatch
) -> None:
    share, beginning, go = SharedLoop.share, threading.Event(), threading.Event()

    def slowly(shared: SharedLoop, sharer: object) -> Any:
        beginning.set()
        go.wait(5)
        return share(shared, sharer)

    def call() -> None:
        with suppress(UsageError):
            bridge.call(_nothing)

    monkeypatch.setattr(SharedLoop, "share", slowly)
    threads = [threading.Thread(target=call), threading.Thread(target=bridge.close)]
    threads[0].start()
    beginning.wait(5)
    threads[1].start()
    go.set()
    for thread in threads:
        thread.join(5)
        assert not thread.is_alive()
    assert ending.times == 1
    assert not loop_threads()
    bridge.close()


@pytest.mark.parametrize("alone", [True, False], ids=["loop ends", "loop goes on"])
def test_leaving_an_iterator_just_when_the_client_is_closed_is_no_error(
    bridge: Bridge, ending: Ending, monkeypatch: pytest.MonkeyPatch, alone: bool
) -> None:
    source, other, begin = Source(), Bridge(ending), Crossing[Any].start
    if not alone:
        other.call(_nothing)

    def closed_first(call: Crossing[Any]) -> None:
        bridge.close()
        begin(call)

    for _ in bridge.iterate(source.items):
        monkeypatch.setattr(Crossing, "start", closed_first)
        break
    assert source.closed
    monkeypatch.undo()
    other.close()


def test_the_client_works_inside_a_running_loop_and_says_that_it_blocks(
    server: EmulatorThread,
) -> None:
    async def view() -> None:
        with (
            client(server) as tk,
            pytest.raises(NotFoundError),
            pytest.warns(
                BlockingCallWarning, match=r"Layers\.get\(\) of the synchronous"
            ) as caught,
        ):
            tk.layers.get("11111111-1111-4111-8111-111111111111")
        assert caught[0].filename == __file__

    asyncio.run(view())
