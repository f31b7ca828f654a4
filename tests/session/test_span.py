"""One deadline over several steps, told by a clock that is moved by hand."""

from __future__ import annotations

import pytest

from threekit_async import DeadlineError, Options, Retry
from threekit_async.session.span import Span


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def test_each_step_is_given_what_is_left_and_the_other_options() -> None:
    clock, given = Clock(), Options(deadline=3, retry=Retry(attempts=2), cache_scope="s")
    span = Span.begin(given, 3, clock)
    assert span.options() == given
    clock.now += 1
    assert span.left() == 2
    assert span.options() == Options(deadline=2, retry=Retry(attempts=2), cache_scope="s")


@pytest.mark.parametrize("passed", [3.0, 5.0])
def test_no_step_begins_when_nothing_is_left(passed: float) -> None:
    clock = Clock()
    span = Span.begin(None, 3, clock)
    clock.now += passed
    with pytest.raises(
        DeadlineError, match=r"The deadline of 3 s passed between two steps"
    ) as late:
        span.options()
    assert "Options(deadline=" in str(late.value)
    assert late.value.sent


def test_without_a_deadline_there_is_no_end() -> None:
    clock = Clock()
    span = Span.begin(None, None, clock)
    clock.now += 1e9
    assert span.left() is None
    assert span.options() == Options()
