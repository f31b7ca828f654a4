"""The limit of bulk work follows what a server bears: against a simulated one."""

from __future__ import annotations

import gc
import random
import sys
from collections.abc import Callable
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.session.model_server import ModelServer
from threekit_async.session.pressure.capacity import Capacity

CEILING = 64


def server(*, ceiling: int = CEILING, takes: Any = 0.3, **settings: Any) -> ModelServer:
    works: Callable[[str], float] = takes if callable(takes) else lambda _kind: takes
    return ModelServer(capacity=Capacity(ceiling), takes=works, **{"bears": 1000} | settings)


def answered(
    capacity: Capacity,
    times: int,
    *,
    seconds: float = 0.5,
    refused: bool = False,
    used: int | None = None,
    now: float = 10.0,
    began: float | None = None,
    kind: str = "file",
) -> None:
    for _ in range(times):
        capacity.answered(
            kind=kind,
            seconds=seconds,
            refused=refused,
            used=capacity.limit if used is None else used,
            now=now,
            began=now - seconds if began is None else began,
        )


@pytest.mark.parametrize("bears", [1, 2, 4, 8, 16, 32])
def test_a_server_that_queues_is_kept_busy_and_its_queue_short(bears: int) -> None:
    model = server(bears=bears)
    model.run(100 * CEILING * 0.3 / bears)
    since = model.now
    best = bears / 0.3
    assert model.per_second(600) >= 0.8 * best
    # With very few in flight it takes a while until there are enough answers to judge by.
    assert 0.75 * bears <= model.limit(since=since) <= 2 * bears + 4


@pytest.mark.parametrize("bears", [1, 2, 4, 8, 16, 32, 48])
def test_a_server_that_refuses_is_kept_busy_and_seldom_refuses(bears: int) -> None:
    model = server(bears=bears, full="refuse")
    model.run(60)
    since, refused, done = model.now, model.refused, model.done
    assert model.per_second(600) >= 0.85 * bears / 0.3
    share = (model.refused - refused) / (model.done - done)
    assert share <= 0.01 + 0.2 / bears
    assert 0.75 * bears <= model.limit(since=since) <= bears + 1


def test_the_first_refusals_cost_less_than_two_for_each_request_in_flight() -> None:
    model = server(bears=8, full="refuse")
    model.run(3)
    assert model.refused < 2 * CEILING
    assert model.capacity.limit <= 9


def test_work_begins_at_full_speed() -> None:
    assert Capacity(CEILING).limit == CEILING
    model = server(takes=0.3)
    assert model.per_second(3) >= 0.9 * CEILING / 0.3


@pytest.mark.parametrize("seconds", [0.02, 0.3, 5.0, 60.0])
def test_a_server_that_is_just_slow_is_never_throttled(seconds: float) -> None:
    model = server(takes=seconds)
    best = CEILING / seconds
    assert model.per_second(1000 * seconds) >= 0.99 * best
    # Now and then a quarter less is tried, for a round or two, and ever more rarely.
    assert min(limit for _, limit in model.limits) >= 0.75 * CEILING
    assert len(model.limits) <= 17


@pytest.mark.parametrize("spread", [0.5, 1.0])
def test_files_of_any_size_are_no_sign_of_a_queue(spread: float) -> None:
    chance = random.Random(7)  # noqa: S311  # files, not secrets
    model = server(takes=lambda _kind: chance.lognormvariate(-1, spread))
    model.run(600)
    assert model.limit(since=1000.0) >= 0.95 * CEILING


def test_pages_and_files_are_not_compared_with_each_other() -> None:
    times = {"page": 0.2, "file": 4.0}
    model = server(takes=lambda kind: times[kind], kinds=("page",) * 9 + ("file",))
    model.run(300)
    model.kinds = ("page",) + ("file",) * 9
    since = model.now
    model.run(120)
    assert model.limit(since=since) >= 0.95 * CEILING


def test_a_server_that_became_slower_for_everybody_is_not_throttled_for_it() -> None:
    pace = [0.3]
    model = server(takes=lambda _kind: pace[0])
    model.run(60)
    pace[0] = 1.5
    model.run(30)
    since = model.now
    model.run(300)
    assert model.limit(since=since) >= 0.97 * CEILING


@pytest.mark.parametrize("full", ["queue", "refuse"])
def test_the_limit_falls_with_what_the_server_bears_and_climbs_back(full: str) -> None:
    model = server(bears=64, full=full)
    model.run(60)
    assert model.capacity.limit == CEILING
    model.bears = 8
    model.run(120)
    since = model.now
    model.run(60)
    assert 6 <= model.limit(since=since) <= 18
    model.bears = 64
    model.run(60)
    since = model.now
    assert model.per_second(300) >= 0.9 * CEILING / 0.3
    assert model.limit(since=since) >= 0.9 * CEILING


def test_a_server_that_works_faster_again_gets_more() -> None:
    pace = [2.0]
    model = server(bears=8, takes=lambda _kind: pace[0])
    model.run(1200)
    assert model.capacity.limit <= 20
    pace[0], model.bears = 0.2, 64
    model.run(60)
    since = model.now
    model.run(60)
    assert model.limit(since=since) >= 0.9 * CEILING


def test_refusals_of_requests_in_flight_together_halve_once() -> None:
    capacity = Capacity(CEILING)
    answered(capacity, 40, refused=True, now=10.0, began=9.0)
    assert capacity.limit == 32
    answered(capacity, 20, refused=True, now=10.5, began=9.99)
    assert capacity.limit == 32
    answered(capacity, 30, refused=True, now=11.0, began=10.0)
    assert capacity.limit == 16


def test_one_request_at_a_time_is_the_least() -> None:
    capacity = Capacity(CEILING)
    for now in range(20):
        answered(capacity, 8, refused=True, now=now, began=now)
    assert capacity.limit == 1


@pytest.mark.parametrize(("ceiling", "mishaps"), [(64, 7), (32, 4), (8, 1), (1, 1)])
def test_a_single_refusal_and_one_in_ten_are_mishaps(ceiling: int, mishaps: int) -> None:
    capacity = Capacity(ceiling)
    for _ in range(5):
        answered(capacity, mishaps, refused=True)
        answered(capacity, max(4, ceiling), seconds=0.05)
    assert capacity.limit == ceiling
    answered(capacity, mishaps + 1, refused=True)
    assert capacity.limit == max(1, ceiling // 2)


@pytest.mark.parametrize("share", [0.01, 0.05])
def test_failures_that_have_nothing_to_do_with_load_do_not_throttle(share: float) -> None:
    chance, capacity = random.Random(3), Capacity(CEILING)  # noqa: S311  # failures, not secrets
    limits = list[int]()
    for number in range(20_000):
        answered(capacity, 1, refused=chance.random() < share, seconds=0.05, now=number / 200)
        limits.append(capacity.limit)
    assert sum(limits) / len(limits) >= 0.9 * CEILING


def test_after_a_refusal_it_grows_quickly_to_what_was_borne_and_stays_there_for_a_while() -> None:
    capacity = Capacity(40)
    answered(capacity, 6, refused=True)
    seen = []
    for _ in range(16):
        seen.append(capacity.limit)
        answered(capacity, capacity.limit, seconds=0.05, now=20.0)
    assert seen == [20, 25, 31, 38, *[39] * 10, 40, 40]


def test_after_an_outage_it_is_half_of_what_was_borne_before_and_grows_quickly() -> None:
    capacity = Capacity(40)
    for now in range(10):
        answered(capacity, 6, refused=True, now=now, began=now)
    assert capacity.limit == 1
    capacity.reopen()
    seen = []
    for _ in range(5):
        seen.append(capacity.limit)
        answered(capacity, capacity.limit, seconds=0.05, now=20.0)
    assert seen == [20, 25, 31, 38, 39]


def test_an_outage_that_took_nothing_away_gives_nothing_back() -> None:
    capacity = Capacity(40)
    answered(capacity, 6, refused=True, now=10.0, began=10.0)
    answered(capacity, 1, seconds=0.05, now=20.0)
    answered(capacity, 4, refused=True, now=21.0, began=21.0)
    assert capacity.limit == 10
    for _ in range(2):
        capacity.reopen()
        answered(capacity, 1, seconds=0.05, now=22.0)
        assert capacity.limit == 10, "half of the 20 there were"


def test_a_limit_that_is_not_used_does_not_grow() -> None:
    capacity = Capacity(40)
    answered(capacity, 6, refused=True)
    answered(capacity, 500, seconds=0.05, used=3, now=20.0)
    assert capacity.limit == 20


def test_a_queue_of_an_instant_is_no_reason_to_wait() -> None:
    capacity = Capacity(32)
    for seconds in [0.002] * 64 + [0.09] * 3200:
        answered(capacity, 1, seconds=seconds)
        assert capacity.limit == 32


def test_when_answers_get_slow_a_quarter_less_is_tried() -> None:
    capacity = Capacity(32)
    answered(capacity, 64, seconds=0.2, now=10.0)
    answered(capacity, 32, seconds=1.0, now=20.0)
    assert capacity.limit == 32, "one slow round may be a mixture"
    answered(capacity, 32, seconds=1.0, now=30.0)
    assert capacity.limit == 24


def tried(slow: float) -> Capacity:
    """A capacity that tries 24 instead of 32, and sees answers take so long."""
    capacity = Capacity(32)
    answered(capacity, 64, seconds=0.2, now=10.0)
    answered(capacity, 64, seconds=1.0, now=20.0)
    answered(capacity, 32, seconds=1.0, now=30.0)  # those that were in flight say nothing
    assert capacity.limit == 24
    answered(capacity, 24, seconds=slow, now=40.0)
    return capacity


def test_when_less_does_not_help_it_is_undone() -> None:
    capacity = tried(0.95)
    assert capacity.limit == 32
    for _ in range(256):
        answered(capacity, 1, seconds=1.0, now=50.0)
        assert capacity.limit == 32, "what it takes now is usual"


def test_a_look_in_vain_does_not_make_a_long_wait_usual() -> None:
    capacity = Capacity(32)
    answered(capacity, 64, seconds=0.2, now=10.0)
    while capacity.limit == 32:
        answered(capacity, 1, seconds=0.35, now=20.0)
    answered(capacity, 32 + 24, seconds=0.35, now=30.0)
    assert capacity.limit == 32
    answered(capacity, 64, seconds=0.6, now=40.0)
    assert capacity.limit == 24


def test_when_less_helps_still_less_is_tried() -> None:
    assert tried(0.75).limit == 18


def test_few_in_flight_are_cut_though_the_limit_is_far_off() -> None:
    capacity = Capacity(CEILING)
    answered(capacity, 128, seconds=0.2, used=12, now=10.0)
    answered(capacity, 128, seconds=1.0, used=12, now=20.0)
    assert capacity.limit == 9


def test_a_refusal_ends_a_trial() -> None:
    capacity = Capacity(32)
    answered(capacity, 64, seconds=0.2, now=10.0)
    answered(capacity, 64, seconds=1.0, now=20.0)
    answered(capacity, 4, refused=True, now=21.0, began=20.5)
    assert capacity.limit == 12
    answered(capacity, 64, seconds=1.0, now=30.0)
    assert capacity.limit <= 23


def test_memory_does_not_grow_with_kinds_nor_with_answers() -> None:
    def size(value: object) -> int:
        total, seen, rest = 0, set[int](), [value]
        while rest:
            part = rest.pop()
            if id(part) not in seen and not isinstance(part, type):
                seen.add(id(part))
                total += sys.getsizeof(part)
                rest += gc.get_referents(part)
        return total

    capacity = Capacity(32)
    sizes = []
    for part in range(3):
        for number in range(3000):
            answered(capacity, 5, kind=f"kind {part} {number % 1000}", used=9)
        sizes.append(size(capacity))
    assert max(sizes) < 40_000
    assert sizes[2] <= sizes[0] * 1.2


@given(
    ceiling=st.integers(1, 70),
    events=st.lists(
        st.tuples(
            st.integers(1, 80),
            st.booleans(),
            st.floats(0, 30),
            st.floats(0, 5),
            st.integers(0, 70),
            st.sampled_from("abc"),
        ),
        max_size=60,
    ),
)
def test_whatever_happens_the_limit_stays_between_one_and_the_ceiling(
    ceiling: int, events: list[tuple[int, bool, float, float, int, str]]
) -> None:
    capacity, now, seen = Capacity(ceiling), 100.0, [ceiling]
    for times, refused, seconds, passed, used, kind in events:
        now += passed
        answered(capacity, times, seconds=seconds, refused=refused, used=used, now=now, kind=kind)
        seen.append(capacity.limit)
    assert all(1 <= limit <= ceiling for limit in seen)
    assert all(after >= before // 2 or after >= 1 for before, after in pairwise(seen))


def test_it_shows_its_limit() -> None:
    capacity = Capacity(8)
    answered(capacity, 2, refused=True)
    assert repr(capacity) == "<Capacity 4 of 8>"
