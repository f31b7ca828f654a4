"""How many requests start in a second, and what a refusal does to that; the clock is a number."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from threekit_async.session.pressure.pacing import Pace


def starts(pace: Pace, *, begin: float, end: float) -> list[float]:
    """Start as often as the pace allows, and say when."""
    now, seen = begin, list[float]()
    while now < end:
        wait = pace.delay(now)
        if wait:
            now += max(wait, 1e-6)
        else:
            seen.append(now)
    return seen


def test_without_a_rate_nothing_is_held_back() -> None:
    pace = Pace()
    assert pace.idle
    assert [pace.delay(0.0) for _ in range(1000)] == [0.0] * 1000
    assert pace.rate_at(0.0) is None


def test_after_a_burst_requests_start_evenly() -> None:
    seen = starts(Pace(10, 5), begin=100.0, end=100.95)
    assert seen[:5] == [100.0] * 5
    assert seen[5:] == pytest.approx([100.1 + step / 10 for step in range(9)], abs=1e-4)


@pytest.mark.parametrize(
    ("rate", "burst", "at_once"), [(10, None, 10), (0.5, None, 1), (2.9, None, 2), (10, 1, 1)]
)
def test_a_burst_is_what_the_rate_allows_in_a_second_unless_it_is_given(
    rate: float, burst: int | None, at_once: int
) -> None:
    assert len(starts(Pace(rate, burst), begin=0.0, end=0.0001)) == at_once


def test_a_long_calm_saves_up_one_burst_and_no_more() -> None:
    pace = Pace(10, 5)
    starts(pace, begin=0.0, end=1.0)
    assert len(starts(pace, begin=1000.0, end=1000.05)) == 5


def test_who_must_wait_takes_nothing() -> None:
    pace = Pace(1, 1)
    assert pace.delay(0.0) == 0.0
    assert [pace.delay(0.5) for _ in range(20)] == [pytest.approx(0.5)] * 20
    assert pace.delay(1.0) == 0.0


def test_a_start_that_was_not_made_is_there_for_another() -> None:
    pace = Pace(1, 1)
    pace.delay(0.0)
    pace.give_back()
    assert pace.delay(0.0) == 0.0
    pace.give_back()
    pace.give_back()
    assert len(starts(pace, begin=0.0, end=0.5)) == 1


@pytest.mark.parametrize("rate", [None, 1000.0])
def test_after_a_refusal_nobody_starts_before_the_servers_time(rate: float | None) -> None:
    pace = Pace(rate)
    pace.delay(0.0)
    pace.refused(1.0, 30.0, began=0.0)
    assert not pace.idle
    assert pace.delay(1.0) == 30.0
    assert pace.delay(30.5) == 0.5
    assert pace.paused(11.0) == 20.0
    first = starts(pace, begin=1.0, end=31.5)[0] if rate else 31.0 + pace.delay(31.0)
    assert 31.0 <= first <= 31.01
    assert pace.paused(31.0) == 0.0


def test_a_pause_that_passed_leaves_a_client_without_a_rate_as_it_was() -> None:
    pace = Pace()
    pace.refused(0.0, 5.0, began=0.0)
    assert [pace.delay(5.0) for _ in range(100)] == [0.0] * 100
    assert pace.idle


@pytest.mark.parametrize("later", [(10.0, 0.0), (10.0, 1.0), (2.0, None)])
def test_a_shorter_pause_does_not_end_a_longer_one(later: tuple[float, float | None]) -> None:
    pace = Pace()
    pace.refused(0.0, 60.0, began=0.0)
    pace.refused(later[0], later[1], began=0.0)
    assert pace.delay(10.0) == 50.0


@pytest.mark.parametrize("asked", [3600.0, 31536000.0, math.inf])
def test_no_pause_is_longer_than_two_minutes(asked: float) -> None:
    pace = Pace()
    pace.refused(0.0, asked, began=0.0)
    assert pace.delay(0.0) == 120.0


def test_a_server_that_wants_to_be_asked_at_once_is() -> None:
    pace = Pace()
    pace.refused(3.0, 0.0, began=1.0)
    assert pace.delay(3.0) == 0.0


def test_a_server_that_names_no_time_is_left_alone_longer_and_longer() -> None:
    pace, now, pauses = Pace(), 0.0, list[float]()
    for _ in range(8):
        pace.refused(now, None, began=now)
        pauses.append(pace.delay(now))
        now += pauses[-1]
    assert pauses == [0.25, 0.5, 1.0, 2.0, 4.0, 8.0, 8.0, 8.0]


@pytest.mark.parametrize(("began", "pause"), [(5.0, 0.25), (0.5, 0.5)])
def test_only_a_request_that_began_after_a_refusal_shows_that_it_is_over(
    began: float, pause: float
) -> None:
    pace = Pace()
    pace.refused(1.0, None, began=0.0)
    pace.accepted(began=began)
    pace.refused(9.0, None, began=8.0)
    assert pace.delay(9.0) == pause


def test_requests_that_were_under_way_together_halve_the_rate_once() -> None:
    pace = Pace(64)
    for number in range(32):
        pace.refused(1.0 + number / 100, 0.0, began=0.5)
    assert pace.rate_at(1.31) == 32.0
    pace.refused(1.4, 0.0, began=1.35)
    assert pace.rate_at(1.4) == pytest.approx(16.0, abs=0.2)


def test_the_rate_never_falls_below_a_sixteenth() -> None:
    pace = Pace(32)
    for _ in range(50):
        pace.refused(5.0, 0.0, began=5.0)
    assert pace.rate_at(5.0) == 2.0


def test_the_rate_grows_back_steadily_once_the_pause_is_over() -> None:
    pace = Pace(30)
    pace.refused(0.0, 10.0, began=0.0)
    seen = [pace.rate_at(now) for now in (0.0, 9.9, 10.0, 15.0, 20.0, 25.0, 60.0)]
    assert seen == pytest.approx([15.0, 15.0, 15.0, 20.0, 25.0, 30.0, 30.0])


def test_the_rate_grows_the_same_whether_or_not_anybody_looks() -> None:
    busy, quiet = Pace(30), Pace(30)
    for pace in (busy, quiet):
        pace.refused(0.0, 0.0, began=0.0)
    assert len(starts(busy, begin=0.0, end=10.0)) == pytest.approx(15 * 10 + 10 * 10 / 2, abs=2)
    assert busy.rate_at(10.0) == pytest.approx(quiet.rate_at(10.0), abs=0.05)
    assert len(starts(busy, begin=20.0, end=21.0)) == pytest.approx(60, abs=2)


def test_what_is_saved_up_while_the_rate_grows_is_what_it_was_on_average() -> None:
    pace = Pace(30, 1000)
    pace.refused(0.0, 0.0, began=0.0)
    assert len(starts(pace, begin=10.0, end=10.0001)) == (15 + 25) / 2 * 10


def test_starts_are_not_saved_up_in_a_pause() -> None:
    pace = Pace(10, 10)
    pace.delay(0.0)
    pace.refused(0.0, 30.0, began=0.0)
    seen = starts(pace, begin=0.0, end=31.0)
    assert len(seen) == pytest.approx(5, abs=1)
    assert seen[1] - seen[0] > 0.15


@given(
    rate=st.floats(0.5, 100),
    burst=st.integers(1, 20),
    steps=st.lists(
        st.tuples(
            st.floats(0, 3),
            st.none() | st.floats(0, 5),
            st.sampled_from(["ask", "ask", "ask", "refuse", "accept"]),
        ),
        max_size=60,
    ),
)
def test_no_schedule_of_asks_and_refusals_starts_more_than_the_rate_or_in_a_pause(
    rate: float, burst: int, steps: list[tuple[float, float | None, str]]
) -> None:
    pace, now, paused, seen = Pace(rate, burst), 0.0, 0.0, list[float]()
    for passed, seconds, step in steps:
        now += passed
        if step == "refuse":
            pace.refused(now, seconds, began=now)
            paused = max(paused, now + (0.25 if seconds is None else seconds))
        elif step == "accept":
            pace.accepted(began=now)
        else:
            for _ in range(30):
                wait = pace.delay(now)
                assert wait >= 0
                if wait == 0:
                    assert now >= paused
                    seen.append(now)
    for first, begin in enumerate(seen):
        for count, end in enumerate(seen[first:], start=1):
            assert count <= burst + rate * (end - begin) + 1e-6
