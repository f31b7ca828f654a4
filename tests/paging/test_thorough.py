"""Thorough walks over real connections, in both worlds."""

from __future__ import annotations

import asyncio
import gc
import json
from typing import Any
from urllib.parse import parse_qs

import pytest

from tests.conftest import Connect
from threekit_async import (
    AsyncThreekit,
    DeadlineError,
    DecodeError,
    Hooks,
    Options,
    Threekit,
    UnprocessableError,
    UsageError,
)
from threekit_async.emulator import EmulatorThread

LAYERS = "^/api/layers$"


@pytest.fixture(params=["filled", "counting"])
def listing_server(request: pytest.FixtureRequest) -> EmulatorThread:
    """950 layers, without and with a total in their listing."""
    server: EmulatorThread = request.getfixturevalue(request.param)
    return server


def pages_asked(server: EmulatorThread) -> list[int]:
    return [int(parse_qs(entry.query)["page"][0]) for entry in server.journal()]


async def ids(walk: Any) -> list[str]:
    return [layer.id async for layer in walk]


def there(server: EmulatorThread) -> list[str]:
    """Return the ids of the server's layers, in the listing's order."""
    return server.call(
        lambda emulator: [
            one
            for (one,) in emulator.state.store.rows("SELECT id FROM layers ORDER BY createdAt, id")
        ]
    )


def delete(server: EmulatorThread, *rows: str) -> None:
    question = "DELETE FROM layers WHERE id IN (SELECT value FROM json_each(?))"
    server.call(lambda emulator: emulator.state.store.rows(question, [json.dumps(rows)]))


async def test_a_calm_listing_is_read_twice_and_every_row_given_once_in_order(
    connect: Connect, listing_server: EmulatorThread
) -> None:
    walk = connect(listing_server).layers.list().thorough()
    assert await ids(walk) == there(listing_server)
    assert str(walk.walked) == (
        "950 rows in 20 pages; the listing was read 2 times: "
        "no row that was there all the time is missing."
    )


async def test_the_first_reading_asks_for_one_page_after_another(
    connect: Connect, listing_server: EmulatorThread
) -> None:
    listing_server.faults.add(effect="delay", seconds=0.01, path=LAYERS)
    walk = connect(listing_server).layers.list(per_page=95).thorough()
    async for _ in walk:
        if walk.walked.sweeps == 1:
            assert listing_server.peak_in_flight() <= 1
    assert listing_server.peak_in_flight() > 1


async def test_with_a_total_no_page_beyond_the_last_is_asked_for(
    connect: Connect, counting: EmulatorThread
) -> None:
    await ids(connect(counting).layers.list().thorough())
    assert sorted(pages_asked(counting)) == sorted([*range(1, 11)] * 2)


async def test_a_listing_of_one_page_costs_one_request(
    connect: Connect, server: EmulatorThread
) -> None:
    server.fill(layers=30)
    walk = connect(server).layers.list().thorough()
    assert len(await ids(walk)) == 30
    assert walk.walked.confirmed
    assert pages_asked(server) == [1]


async def test_an_empty_listing_is_certainly_empty(
    connect: Connect, server: EmulatorThread
) -> None:
    walk = connect(server).layers.list().thorough()
    assert await ids(walk) == []
    assert walk.walked.confirmed


async def test_nothing_is_sent_before_a_walk_is_used(
    connect: Connect, filled: EmulatorThread
) -> None:
    walk = connect(filled).layers.list().thorough()
    assert filled.journal() == []
    assert "not begun" in repr(walk)
    await walk.aclose()


async def test_a_layer_deleted_meanwhile_hides_no_other(
    connect: Connect, listing_server: EmulatorThread
) -> None:
    before = there(listing_server)
    walk = connect(listing_server).layers.list().thorough()
    given: list[str] = []
    async for layer in walk:
        if not given:
            delete(listing_server, before[0])
        given.append(layer.id)
    assert sorted(given) == sorted(before)
    # The ordinary walk would have missed it.
    assert walk.walked.late == 1
    assert walk.walked.confirmed


async def test_a_total_may_fall_below_the_page_that_was_asked_for(
    connect: Connect, counting: EmulatorThread
) -> None:
    before = there(counting)
    walk = connect(counting).layers.list().thorough()
    given: list[str] = []
    async for layer in walk:
        if len(given) == 850:
            delete(counting, *before[:400])
            refusal = {"effect": "status", "status": 422, "path": LAYERS, "query": "page=10"}
            counting.faults.add(**refusal)
        given.append(layer.id)
    assert walk.walked.confirmed
    assert set(before[400:]) <= set(given) <= set(before)
    assert len(set(given)) == len(given)


async def test_a_refusal_without_a_total_is_an_error(
    connect: Connect, filled: EmulatorThread
) -> None:
    filled.faults.add(effect="status", status=422, path=LAYERS, query="page=10")
    walk = connect(filled).layers.list().thorough()
    with pytest.raises(UnprocessableError):
        await ids(walk)
    assert (walk.walked.ended, walk.walked.rows) == (False, 900)
    assert await ids(walk) == []


async def test_layers_created_meanwhile_disturb_nothing(
    connect: Connect, listing_server: EmulatorThread
) -> None:
    before = there(listing_server)
    walk = connect(listing_server).layers.list().thorough()
    given: list[str] = []
    async for layer in walk:
        if len(given) in {0, 500, 940}:
            listing_server.seed(layers=[{"assetId": "a"} for _ in range(80)])
        given.append(layer.id)
    assert given[:950] == before
    assert given == there(listing_server)
    assert (walk.walked.confirmed, walk.walked.sweeps) == (True, 2)


async def test_layers_created_in_front_are_noticed(
    connect: Connect, filled: EmulatorThread
) -> None:
    before = there(filled)
    walk = connect(filled).layers.list(sort="-created_at").thorough()
    given: list[str] = []
    async for layer in walk:
        if not given:
            filled.seed(layers=[{"assetId": "a"} for _ in range(3)])
        given.append(layer.id)
    assert set(before) <= set(given)
    assert len(set(given)) == len(given)
    assert walk.walked.duplicates == 3
    assert (walk.walked.confirmed, walk.walked.sweeps) == (True, 3)


@pytest.mark.parametrize("after", [0, 4, 9, 13])
@pytest.mark.parametrize(
    "fault",
    [
        {"effect": "repeat_page"},
        {"effect": "shift_page", "rows": 2},
        {"effect": "shift_page", "rows": -2},
        {"effect": "empty_page"},
    ],
    ids=["repeat", "forward", "back", "empty"],
)
async def test_a_page_that_is_not_what_it_should_be_costs_no_row(
    connect: Connect,
    listing_server: EmulatorThread,
    fault: dict[str, Any],
    after: int,
) -> None:
    listing_server.faults.add(path=LAYERS, after=after, times=1, **fault)
    walk = connect(listing_server).layers.list().thorough()
    given = await ids(walk)
    if walk.walked.rows == 0:  # an empty first page without a total is an empty listing
        assert (listing_server.settings.layer_counts, after) == (False, 0)
        return
    assert sorted(given) == sorted(there(listing_server))
    assert walk.walked.confirmed


async def test_a_listing_that_never_holds_still_is_given_as_far_as_it_was_seen_and_doubted(
    connect: Connect, listing_server: EmulatorThread
) -> None:
    listing_server.faults.add(effect="repeat_page", path=LAYERS, query="page=4")
    walk = connect(listing_server).layers.list().thorough()
    given = await ids(walk)
    assert len(set(given)) == len(given) == 850
    walked = walk.walked
    assert (walked.ended, walked.confirmed, walked.sweeps, walked.duplicates) == (
        True,
        False,
        3,
        300,
    )
    assert "rows came again on later pages" in walked.doubts
    assert "Walk again when the listing is calm" in str(walked)
    assert "not confirmed" in repr(walk)


async def test_a_server_that_never_turns_pages_is_told_so(
    connect: Connect, server: EmulatorThread
) -> None:
    body = {"layers": [{"id": str(number)} for number in range(100)]}
    server.faults.add(effect="body", body=body, path=LAYERS)
    walk = connect(server).layers.list().thorough()
    with pytest.raises(DecodeError, match="may not support paging here"):
        await ids(walk)
    assert len(server.journal()) == 11


async def test_a_smaller_page_size_of_the_server_is_used(
    connect: Connect, server: EmulatorThread
) -> None:
    for _ in range(2):
        for page in ("ab", "cd", "e"):
            body = {"layers": [{"id": one} for one in page], "perPage": 2, "count": 5}
            server.faults.add(effect="body", body=body, path=LAYERS, times=1)
    walk = connect(server).layers.list(concurrency=1).thorough()
    assert await ids(walk) == list("abcde")
    assert walk.walked.confirmed


async def test_rows_without_an_id_are_given_once_and_doubted(
    connect: Connect, server: EmulatorThread
) -> None:
    body = {"runs": [{"id": "a"}, {}, {}]}
    server.faults.add(effect="body", body=body, path="runs")
    walk = connect(server).jobs.runs(job_id="j").thorough()
    assert [run.id async for run in walk] == ["a", None, None]
    assert walk.walked.doubts == ("rows had no id",)


async def test_each_page_is_counted_and_told(connect: Connect, filled: EmulatorThread) -> None:
    told: list[Any] = []
    tk = connect(filled, hooks=Hooks(page_read=told.append))
    await ids(tk.layers.list().thorough())
    assert tk.stats.pages == 20
    assert [event.number for event in told] == [*range(1, 11)] * 2
    assert sum(event.rows - event.dropped for event in told) == 950


async def test_pages_are_not_asked_of_a_cache_along_the_way(
    connect: Connect, server: EmulatorThread
) -> None:
    server.fill(layers=3)
    options = Options(cache_scope="layers", cache_max_age=60)
    await ids(connect(server).layers.list(options=options).thorough())
    (entry,) = server.journal()
    assert "cache" not in entry.query


async def test_a_deadline_given_with_the_listing_bounds_the_whole_walk(
    connect: Connect, filled: EmulatorThread
) -> None:
    filled.faults.add(effect="delay", seconds=30, path=LAYERS, after=12)
    walk = connect(filled).layers.list(options=Options(deadline=2)).thorough()
    with pytest.raises(DeadlineError, match="deadline"):
        await ids(walk)
    assert not walk.walked.ended
    assert "closed" in repr(walk)


async def test_a_closed_walk_has_no_more_rows(connect: Connect, filled: EmulatorThread) -> None:
    tk = connect(filled)
    walk = tk.layers.list().thorough()
    assert await anext(walk)
    await walk.aclose()
    await walk.aclose()
    assert await ids(walk) == []
    assert not walk.walked.confirmed
    assert "<Gate 0 of" in repr(tk)


async def test_a_walk_can_be_used_once(connect: Connect, filled: EmulatorThread) -> None:
    walk = connect(filled).layers.list().thorough()
    assert len(await ids(walk)) == 950
    assert await ids(walk) == []
    assert walk.walked.confirmed


async def test_a_walk_shows_how_far_it_is(connect: Connect, filled: EmulatorThread) -> None:
    walk = connect(filled).layers.list().thorough()
    await anext(walk)
    text = repr(walk).removeprefix("<Async").removeprefix("<")
    assert text == "Thorough GET /api/layers rows=100 pages=1 sweeps=1 reading>"
    await walk.aclose()


async def test_files_are_fetched_from_a_walk(
    connect: Connect, server: EmulatorThread, tmp_path: Any
) -> None:
    server.fill(layers=250, file_bytes=10)
    tk = connect(server)
    walk = tk.layers.list().thorough()
    report = await tk.layers.download_all(walk, to=tmp_path)
    assert report.files == 250
    assert walk.walked.confirmed


async def test_a_client_closed_meanwhile_ends_the_walk_with_the_usual_words(
    connect: Connect, filled: EmulatorThread
) -> None:
    loop, begun = asyncio.get_running_loop(), asyncio.Event()
    hooks = Hooks(request_started=lambda _: loop.call_soon_threadsafe(begun.set))
    tk = connect(filled, hooks=hooks)
    filled.faults.add(effect="delay", seconds=30, path=LAYERS)
    waiting = asyncio.create_task(ids(tk.layers.list().thorough()))
    await begun.wait()
    await tk.aclose()
    with pytest.raises(UsageError, match="The client was closed while"):
        await waiting
    with pytest.raises(UsageError, match="closed"):
        await ids(tk.layers.list().thorough())


# Tasks of the test's own loop: what follows is about the asynchronous client alone.


async def nothing_left(before: set[asyncio.Task[Any]]) -> bool:
    """Let what was cancelled end; tell whether no task is left that was not there before."""
    for _ in range(1000):
        if not asyncio.all_tasks() - before:
            return True
        await asyncio.sleep(0)
    return False


async def test_a_loop_that_is_left_early_leaves_nothing_behind(filled: EmulatorThread) -> None:
    async with AsyncThreekit(token=filled.private_token, host=filled.url) as tk:
        before = asyncio.all_tasks()
        filled.faults.add(effect="delay", seconds=5, path=LAYERS, after=1)
        async for _ in tk.layers.list().thorough():
            break
        gc.collect()
        assert await nothing_left(before)


async def test_a_walk_that_waits_ends_when_another_task_closes_it(filled: EmulatorThread) -> None:
    async with AsyncThreekit(token=filled.private_token, host=filled.url) as tk:
        filled.faults.add(effect="delay", seconds=30, path=LAYERS)
        walk = tk.layers.list().thorough()
        waiting = asyncio.create_task(walk.batch())
        while not tk.stats.requests:
            await asyncio.sleep(0)
        with pytest.raises(UsageError, match="Another task waits"):
            await walk.batch()
        await walk.aclose()
        assert await waiting == []


async def test_a_cancelled_walk_is_over(filled: EmulatorThread) -> None:
    async with AsyncThreekit(token=filled.private_token, host=filled.url) as tk:
        before = asyncio.all_tasks()
        filled.faults.add(effect="delay", seconds=30, path=LAYERS)
        walk = tk.layers.list().thorough()
        waiting = asyncio.create_task(walk.batch())
        while not tk.stats.requests:
            await asyncio.sleep(0)
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting
        assert await nothing_left(before)
        assert await ids(walk) == []


# Crossings, and walks that are dropped: the synchronous client alone.


def test_rows_cross_to_a_synchronous_caller_a_page_at_a_time(filled: EmulatorThread) -> None:
    with Threekit(token=filled.private_token, host=filled.url) as tk:
        walk = tk.layers.list().thorough()
        crossings = 0
        call = tk.layers._bridge.call

        def counted(start: Any) -> Any:
            nonlocal crossings
            crossings += 1
            return call(start)

        tk.layers._bridge.call = counted  # type: ignore[method-assign]
        assert len(list(walk)) == 950
        assert crossings < 15


def test_a_walk_begun_here_is_not_taken_from_the_caller(
    filled: EmulatorThread, tmp_path: Any
) -> None:
    filled.reset()
    filled.fill(layers=120, file_bytes=10)
    with Threekit(token=filled.private_token, host=filled.url) as tk:
        walk = tk.layers.list().thorough()
        next(walk)
        assert tk.layers.download_all(walk, to=tmp_path).files == 119


def test_a_dropped_walk_of_a_synchronous_client_is_ended(filled: EmulatorThread) -> None:
    with Threekit(token=filled.private_token, host=filled.url) as tk:
        for _ in tk.layers.list().thorough():
            break
        gc.collect()
        assert "<Gate 0 of" in repr(tk)
