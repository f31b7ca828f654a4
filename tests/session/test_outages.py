"""When calls of a kind are held back because all of them fail, and for how long."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from threekit_async.session.pressure.outages import Outages, is_failure


def out(kind: str = "file", *, now: float = 100.0) -> Outages:
    """An outage that begins now."""
    outages = Outages()
    for _ in range(8):
        assert not outages.failed(kind, now, began=now - 1)
    return outages


def tried(outages: Outages, now: float, *, kind: str = "file", **said: float) -> float:
    """Let one in, have it fail at once, and return the pause that follows."""
    outages.let_in(kind, now)
    assert outages.delay(kind, now + 3600) == math.inf
    assert outages.failed(kind, now, began=now, **said)
    return outages.delay(kind, now)


@pytest.mark.parametrize("status", [None, 408, 425, 500, 502, 503, 504, 520, 599])
def test_what_may_be_an_outage(status: int | None) -> None:
    assert is_failure(status)


@pytest.mark.parametrize("status", [200, 204, 302, 304, 400, 401, 403, 404, 409, 422, 429])
def test_what_shows_that_the_server_lives(status: int) -> None:
    assert not is_failure(status)


def test_eight_failures_in_a_row_begin_an_outage() -> None:
    outages = Outages()
    for _ in range(7):
        outages.failed("file", 100.0, began=99.0)
    assert (outages.holds("file"), outages.delay("file", 100.0), bool(outages)) == (False, 0, False)
    outages.failed("file", 100.0, began=99.0)
    assert (outages.holds("file"), outages.delay("file", 100.0), bool(outages)) == (
        True,
        0.25,
        True,
    )


def test_an_answer_between_them_begins_the_row_anew() -> None:
    outages = Outages()
    for _ in range(20):
        for _ in range(7):
            outages.failed("file", 100.0, began=99.0)
        assert outages.answered("file") is False
    assert not outages


def test_pauses_double_up_to_eight_seconds() -> None:
    outages, now, pauses = out(), 100.25, list[float]()
    for _ in range(8):
        pauses.append(tried(outages, now))
        now += pauses[-1]
    assert pauses == [0.5, 1.0, 2.0, 4.0, 8.0, 8.0, 8.0, 8.0]


@pytest.mark.parametrize(("asked", "pause"), [(0.0, 0.5), (0.3, 0.5), (30.0, 30.0), (900.0, 120.0)])
def test_a_server_that_asks_for_more_gets_it_within_reason(asked: float, pause: float) -> None:
    outages = out()
    assert tried(outages, 101.0, asked=asked) == pause
    assert tried(outages, 300.0) == 1.0


def test_a_server_may_ask_for_more_with_the_first_refusals() -> None:
    outages = Outages()
    for _ in range(8):
        outages.failed("file", 100.0, began=99.0, asked=5.0)
    assert outages.delay("file", 100.0) == 5.0


def test_the_first_answer_ends_it_and_the_next_one_begins_with_short_pauses() -> None:
    outages = out()
    for now in (101.0, 102.0, 103.0):
        tried(outages, now)
    assert outages.answered("file") is True
    assert (bool(outages), outages.delay("file", 103.0)) == (False, 0.0)
    for _ in range(8):
        outages.failed("file", 104.0, began=104.0)
    assert outages.delay("file", 104.0) == 0.25


def test_what_was_in_flight_before_does_not_prolong_it() -> None:
    outages = out()
    for _ in range(50):
        assert not outages.failed("file", 100.1, began=99.0)
    assert outages.delay("file", 100.0) == 0.25
    outages.let_in("file", 101.0)
    assert not outages.failed("file", 101.5, began=100.9)
    assert outages.delay("file", 200.0) == math.inf


def test_one_that_tells_nothing_makes_room_for_the_next() -> None:
    outages = out()
    outages.let_in("file", 101.0)
    outages.unheard("file", 101.5, began=100.5)
    assert outages.delay("file", 101.5) == math.inf, "that was another one"
    outages.unheard("file", 102.0, began=101.0)
    assert outages.delay("file", 102.0) == 0.25
    outages.unheard("page", 102.0, began=101.0)
    assert outages.delay("page", 102.0) == 0.0


def test_kinds_are_judged_apart() -> None:
    outages = out("file")
    assert outages.delay("page", 100.0) == 0.0
    assert outages.answered("page") is False
    assert outages.holds("file")
    for _ in range(8):
        outages.failed("page", 110.0, began=110.0)
    assert (outages.delay("file", 110.0), outages.delay("page", 110.0)) == (0.0, 0.25)
    assert outages.answered("page") is True
    assert repr(outages) == "<Outages of 1 kinds>"


@given(
    st.lists(
        st.tuples(
            st.sampled_from(["failed", "answered", "unheard", "let in", "wait"]),
            st.sampled_from(["file", "page"]),
            st.floats(0, 20),
        ),
        max_size=80,
    )
)
def test_there_is_always_a_next_try_soon_after_the_last(
    script: list[tuple[str, str, float]],
) -> None:
    outages, now, began = Outages(), 0.0, dict[str, float]()
    for step, kind, seconds in script:
        if step == "wait":
            now += seconds
        elif step == "let in":
            if kind not in began and not outages.delay(kind, now):
                outages.let_in(kind, now)
                began[kind] = now
        elif step == "answered":
            outages.answered(kind)
            began.pop(kind, None)
        elif step == "failed":
            outages.failed(kind, now, began=began.pop(kind, now))
        else:
            outages.unheard(kind, now, began=began.pop(kind, now))
        if kind not in began:
            assert outages.delay(kind, now) <= 8.0
