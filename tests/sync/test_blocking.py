"""A synchronous call inside a running loop works, and says once a line that it blocks."""

from __future__ import annotations

import asyncio
import sys
import warnings
from collections.abc import Callable
from typing import Any

import pytest

from threekit_async import BlockingCallWarning, Threekit
from threekit_async.emulator import EmulatorThread


@pytest.fixture
def tk(server: EmulatorThread) -> Any:
    server.fill(layers=3)
    with Threekit(token=server.private_token, org_id=server.org_id, host=server.url) as tk:
        yield tk


def in_a_loop(view: Callable[[], object]) -> list[warnings.WarningMessage]:
    """Run it where a loop runs, under Python's own filters; return what was said."""

    async def handled() -> None:
        view()

    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("default")
        asyncio.run(handled())
    return said


def test_each_line_is_told_once(tk: Threekit) -> None:
    def view() -> None:
        for _ in range(3):
            tk.layers.list().first()
            tk.layers.list().all()

    first, second = in_a_loop(view)
    assert (first.filename, second.filename) == (__file__, __file__)
    assert second.lineno == first.lineno + 1
    assert str(first.message) == (
        "Pager.first() of the synchronous client holds up the event loop that runs here: nothing "
        "else of this thread is served meanwhile. Instead `await` Pager.first() of an "
        "AsyncThreekit, or hand the work to a thread with `await asyncio.to_thread(...)`."
    )


def records(tk: Threekit) -> object:
    return list(tk.layers.list())


def pages(tk: Threekit) -> object:
    return list(tk.layers.list().pages())


def thorough(tk: Threekit) -> object:
    return list(tk.layers.list().thorough())


@pytest.mark.parametrize(
    ("view", "start"),
    [
        (records, "Iterating over a Pager of the synchronous client"),
        (pages, "Iterating over a Pager of the synchronous client"),
        (thorough, "Iterating over a Thorough of the synchronous client"),
    ],
)
def test_iterating_is_told_of_once(
    tk: Threekit, view: Callable[[Threekit], object], start: str
) -> None:
    [warning] = in_a_loop(lambda: view(tk))
    assert str(warning.message).startswith(start)


def test_an_iterator_made_elsewhere_is_told_of_where_it_is_stepped(tk: Threekit) -> None:
    results = tk.files.iter_uploads([])
    [warning] = in_a_loop(lambda: list(results))
    assert str(warning.message).startswith("Iterating over a result of the synchronous client")
    assert "iterate with `async for` over the same of an AsyncThreekit" in str(warning.message)


def test_as_an_error_it_comes_before_anything_is_sent(tk: Threekit, server: EmulatorThread) -> None:
    async def view() -> None:
        with pytest.raises(BlockingCallWarning):
            tk.layers.list().first()
        with pytest.raises(BlockingCallWarning):
            next(iter(tk.layers.list()))

    server.clear_journal()
    asyncio.run(view())
    assert server.journal() == []


def test_closing_in_a_loop_is_not_held_against_anybody(server: EmulatorThread) -> None:
    tk = Threekit(token=server.private_token, org_id=server.org_id, host=server.url)
    tk.layers.list().first()
    assert in_a_loop(tk.close) == []


def test_a_worker_thread_of_the_loop_is_free_to_wait(tk: Threekit) -> None:
    async def view() -> int:
        return len(await asyncio.to_thread(tk.layers.list().all))

    assert asyncio.run(view()) == 3


def test_an_interactive_session_hears_nothing(
    tk: Threekit, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "ps1", "In : ", raising=False)
    assert in_a_loop(lambda: tk.layers.list().first()) == []
