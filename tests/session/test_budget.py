"""How many attempts may be repeated while nothing succeeds."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from threekit_async.session.pressure.budget import RetryBudget


def test_a_dead_server_is_asked_again_as_often_as_the_budget_says_and_no_more() -> None:
    budget = RetryBudget(100)
    repeated = 0
    while budget.left >= 1:
        budget.spend()
        repeated += 1
    assert repeated == 100


def test_five_successes_pay_for_one_attempt() -> None:
    budget = RetryBudget(3)
    for _ in range(3):
        budget.spend()
    seen = []
    for _ in range(5):
        seen.append(budget.left)
        budget.earn()
    assert seen == [0.0, 0.2, 0.4, 0.6, 0.8]
    assert budget.left == 1.0


def test_ten_seconds_pay_for_one_attempt() -> None:
    budget = RetryBudget(3)
    budget.refill(1000.0)
    for _ in range(3):
        budget.spend()
    seen = []
    for now in (1000.0, 1001.9, 1002.0, 1005.0, 1010.0, 9999.0):
        budget.refill(now)
        seen.append(budget.left)
    assert seen == [0.0, 0.0, 0.2, 0.4, 1.0, 3.0]


def test_success_saves_nothing_up_beyond_the_capacity() -> None:
    budget = RetryBudget(2)
    for _ in range(50):
        budget.earn()
    assert budget.left == 2.0


def test_a_budget_of_nothing_allows_nothing_ever() -> None:
    budget = RetryBudget(0)
    budget.earn()
    assert budget.left == 0.0


@pytest.mark.parametrize(
    ("spent", "shown"), [(0, "10 of 10"), (3, "7 of 10"), (10, "0 of 10"), (11, "0 of 10")]
)
def test_it_shows_what_is_left_in_one_line(spent: int, shown: str) -> None:
    budget = RetryBudget(10)
    for _ in range(spent):
        budget.spend()
    assert repr(budget) == f"<RetryBudget {shown} left>"


@given(capacity=st.integers(0, 20), steps=st.lists(st.booleans(), max_size=200))
def test_what_is_left_is_never_below_nothing_nor_above_the_capacity(
    capacity: int, steps: list[bool]
) -> None:
    budget = RetryBudget(capacity)
    seen = [budget.left]
    for spends in steps:
        (budget.spend if spends else budget.earn)()
        seen.append(budget.left)
    assert all(0 <= left <= capacity for left in seen)
    assert all(after - before <= 0.2 + 1e-9 for before, after in pairwise(seen))
