"""Walking listings over real connections, in both worlds."""

# ruff: noqa: PERF401, PT012
from __future__ import annotations

import asyncio
from contextlib import aclosing
from typing import Any
from urllib.parse import parse_qs

import pytest

from tests.conftest import Connect
from threekit_async import AsyncThreekit, DecodeError, Retry, UsageError
from threekit_async.emulator import EmulatorThread

LAYERS = "^/api/layers$"


def pages_asked(server: EmulatorThread) -> list[int]:
    return sorted(int(parse_qs(entry.query)["page"][0]) for entry in server.journal())


async def test_a_walk_gives_every_row_once_in_order(
    connect: Connect, filled: EmulatorThread
) -> None:
    numbers = [
        layer.asset_layer_configuration["Number"] async for layer in connect(filled).layers.list()
    ]
    assert numbers == list(range(950))


async def test_nothing_is_sent_before_a_listing_is_used(
    connect: Connect, filled: EmulatorThread
) -> None:
    connect(filled).layers.list()
    assert filled.journal() == []


async def test_the_first_page_costs_one_request(connect: Connect, filled: EmulatorThread) -> None:
    page = await connect(filled).layers.list(per_page=20).first()
    assert len(page.items) == 20
    assert pages_asked(filled) == [1]


async def test_a_limit_costs_only_the_pages_it_needs(
    connect: Connect, filled: EmulatorThread
) -> None:
    assert len(await connect(filled).layers.list().all(limit=250)) == 250
    assert pages_asked(filled) == [1, 2, 3]


async def test_a_limit_of_nothing_costs_nothing(connect: Connect, filled: EmulatorThread) -> None:
    assert await connect(filled).layers.list().all(limit=0) == []
    assert filled.journal() == []


async def test_a_limit_beyond_the_end_gives_what_there_is(
    connect: Connect, filled: EmulatorThread
) -> None:
    assert len(await connect(filled).layers.list().all(limit=5000)) == 950


async def test_a_total_saves_every_page_beyond_the_last(
    connect: Connect, counting: EmulatorThread
) -> None:
    assert len(await connect(counting).layers.list().all()) == 950
    assert pages_asked(counting) == list(range(1, 11))


async def test_without_a_total_few_pages_are_asked_for_in_vain(
    connect: Connect, filled: EmulatorThread
) -> None:
    assert len(await connect(filled).layers.list(concurrency=4).all()) == 950
    asked = pages_asked(filled)
    assert asked[:10] == list(range(1, 11))
    assert asked[-1] <= 13


async def test_the_envelope_comes_with_each_page(
    connect: Connect, counting: EmulatorThread
) -> None:
    pages = [page async for page in connect(counting).layers.list().pages()]
    assert [page.page for page in pages] == list(range(1, 11))
    assert {page.count for page in pages} == {950}
    assert [len(page.items) for page in pages] == [100] * 9 + [50]


async def test_an_empty_listing_is_one_empty_page(connect: Connect, server: EmulatorThread) -> None:
    tk = connect(server)
    assert [page.items async for page in tk.layers.list().pages()] == [[]]
    assert await tk.layers.list().all() == []


@pytest.mark.parametrize("rows", [100, 300])
async def test_a_listing_that_ends_with_a_full_page_ends(
    connect: Connect, server: EmulatorThread, rows: int
) -> None:
    server.fill(layers=rows)
    assert len(await connect(server).layers.list().all()) == rows


async def test_a_listing_can_be_walked_again(connect: Connect, filled: EmulatorThread) -> None:
    listing = connect(filled).layers.list(per_page=50)
    first = [layer.id async for layer in listing]
    assert [layer.id async for layer in listing] == first


async def test_pages_in_flight_are_bounded(connect: Connect, filled: EmulatorThread) -> None:
    filled.faults.add(effect="delay", seconds=0.01, path=LAYERS)
    await connect(filled).layers.list(per_page=10, concurrency=3).all()
    assert filled.peak_in_flight() == 3


async def test_a_server_that_repeats_a_page_is_told_so(
    connect: Connect, filled: EmulatorThread
) -> None:
    filled.faults.add(effect="repeat_page", path=LAYERS, after=3, times=1)
    with pytest.raises(DecodeError, match="may not support paging here"):
        await connect(filled).layers.list(concurrency=1).all()


async def test_an_empty_page_in_the_middle_does_not_end_a_listing_with_a_total(
    connect: Connect, counting: EmulatorThread
) -> None:
    counting.faults.add(effect="empty_page", path=LAYERS, query="page=4", times=1)
    assert len(await connect(counting).layers.list().all()) == 850
    assert pages_asked(counting) == list(range(1, 11))


async def test_rows_that_come_again_are_dropped(connect: Connect, server: EmulatorThread) -> None:
    rows = [{"layers": [{"id": one} for one in page]} for page in ("abc", "cde", "f")]
    for body in rows:
        server.faults.add(effect="body", body=body, path=LAYERS, times=1)
    found = await connect(server).layers.list(per_page=3, concurrency=1).all()
    assert [layer.id for layer in found] == list("abcdef")


async def test_a_row_added_in_front_that_pushes_the_last_one_to_a_page_of_its_own_is_fine(
    connect: Connect, server: EmulatorThread
) -> None:
    for page in ("abc", "def", "f"):
        body = {"layers": [{"id": one} for one in page]}
        server.faults.add(effect="body", body=body, path=LAYERS, times=1)
    found = await connect(server).layers.list(per_page=3, concurrency=1).all()
    assert [layer.id for layer in found] == list("abcdef")


async def test_an_error_in_the_middle_comes_out_after_the_rows_before_it(
    connect: Connect, filled: EmulatorThread
) -> None:
    filled.faults.add(effect="malformed_json", path=LAYERS, after=4, times=1)
    tk = connect(filled)
    seen: list[Any] = []
    with pytest.raises(DecodeError):
        async for layer in tk.layers.list(concurrency=1):
            seen.append(layer)
    assert len(seen) == 400
    assert "<Gate 0 of 32 in flight>" in repr(tk)
    assert len(await tk.layers.list().all()) == 950


async def test_a_page_is_repeated_by_itself_when_it_fails_for_a_moment(
    connect: Connect, filled: EmulatorThread
) -> None:
    filled.faults.add(effect="status", status=503, path=LAYERS, after=4, times=2)
    tk = connect(filled)
    assert len(await tk.layers.list().all()) == 950
    assert tk.stats.retries == 2


@pytest.mark.parametrize("per_page", [0, -1, 101, "5", 2.0, None])
async def test_a_page_size_the_vendor_refuses_is_refused_before_sending(
    connect: Connect, server: EmulatorThread, per_page: object
) -> None:
    with pytest.raises(UsageError, match="per_page must be between 1 and 100"):
        await connect(server).layers.list(per_page=per_page).first()
    assert server.journal() == []


@pytest.mark.parametrize("number", [0, 1.5, "3", None, True])
async def test_impossible_numbers_are_refused_before_sending(
    connect: Connect, server: EmulatorThread, number: object
) -> None:
    tk = connect(server)
    with pytest.raises(UsageError, match="concurrency must be at least 1, not"):
        tk.layers.list(concurrency=number)
    if number is not None:
        with pytest.raises(UsageError, match="limit must be a whole number, and not negative"):
            await tk.layers.list().all(limit=number or -1)
    assert server.journal() == []


async def test_a_pager_shows_what_it_walks(connect: Connect, server: EmulatorThread) -> None:
    text = repr(connect(server).layers.list(per_page=7, concurrency=2))
    assert text.removeprefix("<Async").removeprefix("<") == (
        "Pager GET /api/layers per_page=7 concurrency=2>"
    )


async def test_a_walk_that_is_closed_early_ends_what_was_fetched_ahead(
    connect: Connect, filled: EmulatorThread
) -> None:
    tk = connect(filled)
    filled.faults.add(effect="delay", seconds=0.5, path=LAYERS, after=3)
    for listing in (aiter(tk.layers.list(per_page=10)), tk.layers.list(per_page=10).pages()):
        async with aclosing(listing) as walk:
            assert await anext(walk)
        assert "<Gate 0 of" in repr(tk)


# Tasks of the test's own loop: what follows is about the asynchronous client alone.


async def nothing_left(before: set[asyncio.Task[Any]]) -> bool:
    """Let what was cancelled end; tell whether no task is left that was not there before."""
    for _ in range(1000):
        if not asyncio.all_tasks() - before:
            return True
        await asyncio.sleep(0)
    return False


async def test_leaving_a_walk_ends_what_was_fetched_ahead(filled: EmulatorThread) -> None:
    async with AsyncThreekit(token=filled.private_token, host=filled.url) as tk:
        before = asyncio.all_tasks()
        filled.faults.add(effect="delay", seconds=0.5, path=LAYERS, after=3)
        async for _ in tk.layers.list(per_page=10):
            if tk.stats.requests > 3:
                break
        assert await nothing_left(before)
        assert "<Gate 0 of" in repr(tk)


async def test_a_cancelled_walk_ends_what_was_fetched_ahead(filled: EmulatorThread) -> None:
    async with AsyncThreekit(token=filled.private_token, host=filled.url) as tk:
        before = asyncio.all_tasks()
        filled.faults.add(effect="delay", seconds=0.5, path=LAYERS, after=3)
        walk = asyncio.create_task(tk.layers.list(per_page=10).all())
        while tk.stats.requests <= 3:
            await asyncio.sleep(0)
        walk.cancel()
        with pytest.raises(asyncio.CancelledError):
            await walk
        assert not asyncio.all_tasks() - before


async def test_a_failed_page_leaves_no_task_behind(filled: EmulatorThread) -> None:
    async with AsyncThreekit(
        token=filled.private_token, host=filled.url, retry=Retry(attempts=1)
    ) as tk:
        before = asyncio.all_tasks()
        filled.faults.add(effect="malformed_json", path=LAYERS, after=3)
        with pytest.raises(DecodeError):
            await tk.layers.list(per_page=10).all()
        assert not asyncio.all_tasks() - before
