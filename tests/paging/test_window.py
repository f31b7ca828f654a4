"""Which pages are asked for: listings of any length, simulated."""

from __future__ import annotations

from collections import deque

import pytest
from attrs import define, field
from hypothesis import given
from hypothesis import strategies as st

from threekit_async import DecodeError, Layer, Page
from threekit_async.paging.window import Recent, Window


@define
class Walk:
    """What a walk over a simulated listing did."""

    read: list[int] = field(factory=list)
    asked: list[int] = field(factory=list)
    most_in_flight: int = 0


def walked(
    *,
    rows: int,
    per_page: int = 10,
    concurrency: int = 4,
    limit: int | None = None,
    counted: bool = False,
    early: bool = False,
) -> Walk:
    """Walk a listing of so many rows, as the pager does; `early` claims before a page is read."""
    window = Window(per_page=per_page, concurrency=concurrency, limit=limit)
    walk = Walk()
    flying: deque[int] = deque()

    def claim(arriving: int = 0) -> None:
        numbers = window.claim(arriving=arriving) if arriving else window.claim()
        walk.asked.extend(numbers)
        flying.extend(numbers)
        walk.most_in_flight = max(walk.most_in_flight, len(flying))

    claim()
    while flying and not window.ended:
        number = flying.popleft()
        if early:
            claim(arriving=1)
        found = min(per_page, max(0, rows - (number - 1) * per_page))
        window.arrived(
            rows=found,
            taken=found,
            per_page=per_page if counted else None,
            count=rows if counted else None,
        )
        walk.read.append(number)
        if not window.ended:
            claim()
    return walk


_CASES = {
    "rows": st.integers(0, 400),
    "per_page": st.integers(1, 40),
    "concurrency": st.integers(1, 16),
    "counted": st.booleans(),
    "early": st.booleans(),
}


def pages_of(rows: int, per_page: int) -> int:
    return -(-rows // per_page)


@given(**_CASES)
def test_every_page_is_read_once_and_in_order(
    rows: int, per_page: int, concurrency: int, counted: bool, early: bool
) -> None:
    walk = walked(
        rows=rows, per_page=per_page, concurrency=concurrency, counted=counted, early=early
    )
    assert walk.read == list(range(1, len(walk.read) + 1))
    assert len(walk.read) * per_page >= rows
    assert len(set(walk.asked)) == len(walk.asked)


@given(**_CASES)
def test_no_more_pages_are_in_flight_than_allowed(
    rows: int, per_page: int, concurrency: int, counted: bool, early: bool
) -> None:
    walk = walked(
        rows=rows, per_page=per_page, concurrency=concurrency, counted=counted, early=early
    )
    assert walk.most_in_flight <= concurrency


@given(**{name: case for name, case in _CASES.items() if name not in {"counted", "early"}})
def test_without_a_total_fewer_pages_are_wasted_than_fly_together(
    rows: int, per_page: int, concurrency: int
) -> None:
    walk = walked(rows=rows, per_page=per_page, concurrency=concurrency)
    last = rows // per_page + 1  # the first page that is not full
    assert len(walk.read) == last
    assert len(walk.asked) - last <= concurrency - 1


@given(**{name: case for name, case in _CASES.items() if name not in {"counted", "early"}})
def test_with_a_total_no_page_is_wasted(rows: int, per_page: int, concurrency: int) -> None:
    walk = walked(rows=rows, per_page=per_page, concurrency=concurrency, counted=True)
    assert len(walk.asked) == len(walk.read) == max(1, pages_of(rows, per_page))


@given(
    limit=st.integers(1, 500),
    **{name: case for name, case in _CASES.items() if name not in {"counted", "early", "rows"}},
)
def test_with_a_limit_below_the_total_no_page_is_wasted(
    limit: int, per_page: int, concurrency: int
) -> None:
    walk = walked(rows=10_000 * per_page, per_page=per_page, concurrency=concurrency, limit=limit)
    assert len(walk.asked) == len(walk.read) == pages_of(limit, per_page)


@pytest.mark.parametrize(
    ("rows", "asked"),
    [(0, [1]), (1, [1]), (9, [1])],
)
def test_a_listing_of_one_short_page_costs_one_request(rows: int, asked: list[int]) -> None:
    assert walked(rows=rows, concurrency=8).asked == asked


def test_a_large_listing_reaches_the_whole_concurrency() -> None:
    assert walked(rows=1000, concurrency=8).most_in_flight == 8


def test_a_limit_is_asked_for_at_once() -> None:
    assert list(Window(per_page=100, concurrency=8, limit=250).claim()) == [1, 2, 3]


def test_a_total_is_used_from_the_first_page_on() -> None:
    window = Window(per_page=100, concurrency=8)
    assert list(window.claim()) == [1]
    window.arrived(rows=100, taken=100, count=350)
    assert list(window.claim()) == [2, 3, 4]


def test_rows_that_came_again_are_made_up_for_by_another_page() -> None:
    window = Window(per_page=10, concurrency=4, limit=20)
    assert list(window.claim()) == [1, 2]
    window.arrived(rows=10, taken=10)
    window.arrived(rows=10, taken=9)
    assert not window.ended
    assert list(window.claim()) == [3]


def test_a_smaller_page_size_of_the_server_is_believed() -> None:
    window = Window(per_page=100, concurrency=8)
    window.claim()
    window.arrived(rows=50, taken=50, per_page=50, count=120)
    assert not window.ended
    assert list(window.claim()) == [2, 3]


def test_a_smaller_page_size_without_a_total_goes_on_until_a_short_page() -> None:
    window = Window(per_page=100, concurrency=1)
    window.claim()
    window.arrived(rows=50, taken=50, per_page=50)
    assert not window.ended
    window.arrived(rows=49, taken=49, per_page=50)
    assert window.ended


def test_an_empty_first_page_ends_the_walk_whatever_the_total_says() -> None:
    window = Window(per_page=10, concurrency=2)
    window.claim()
    window.arrived(rows=0, taken=0, count=1000)
    assert window.ended


def test_a_total_is_believed_when_a_page_in_the_middle_is_empty() -> None:
    window = Window(per_page=10, concurrency=2)
    window.claim()
    window.arrived(rows=10, taken=10, count=40)
    window.arrived(rows=0, taken=0, count=40)
    assert not window.ended
    assert list(window.claim()) == [2, 3, 4]
    window.arrived(rows=10, taken=10, count=40)
    window.arrived(rows=0, taken=0, count=20)
    assert window.ended


def layers(*ids: str) -> Page[Layer]:
    return Page(items=[Layer(id=one) for one in ids])


def fresh(recent: Recent, *ids: str, number: int) -> list[str]:
    kept = recent.fresh(layers(*ids), lambda layer: layer.id, number=number)
    return [layer.id for layer in kept]


def test_rows_seen_before_are_dropped_and_the_others_kept_in_order() -> None:
    recent = Recent()
    assert fresh(recent, "a", "b", "c", number=1) == ["a", "b", "c"]
    assert fresh(recent, "c", "d", "e", number=2) == ["d", "e"]
    assert fresh(recent, "a", "f", number=3) == ["f"]


def test_a_row_twice_in_one_page_is_kept_once() -> None:
    assert fresh(Recent(), "a", "b", "a", number=1) == ["a", "b"]


def test_the_same_large_page_twice_is_an_error_that_names_it() -> None:
    recent = Recent()
    fresh(recent, *"abcdefghij", number=1)
    with pytest.raises(DecodeError, match="page 2"):
        fresh(recent, *"abcdefghij", number=2)


def test_rows_added_in_front_may_repeat_a_small_page() -> None:
    recent = Recent()
    fresh(recent, "b", number=1)
    assert fresh(recent, "b", number=2) == []
    assert fresh(recent, "a", number=3) == ["a"]


def test_three_pages_in_a_row_with_nothing_new_are_an_error() -> None:
    recent = Recent()
    fresh(recent, "a", "b", number=1)
    assert fresh(recent, "b", "a", number=2) == []
    assert fresh(recent, "a", "b", number=3) == []
    with pytest.raises(DecodeError, match="page 4"):
        fresh(recent, "b", number=4)


def test_three_empty_pages_in_a_row_are_an_error_that_says_so() -> None:
    recent = Recent()
    fresh(recent, "a", number=1)
    assert fresh(recent, number=2) == []
    assert fresh(recent, number=3) == []
    with pytest.raises(DecodeError, match="no rows, though its total is larger, for page 4"):
        fresh(recent, number=4)


def test_an_empty_page_is_no_repetition() -> None:
    recent = Recent()
    fresh(recent, "a", number=1)
    assert fresh(recent, number=2) == []


def test_what_is_remembered_is_bounded_and_the_oldest_goes_first() -> None:
    recent = Recent()
    for page in range(300):
        fresh(recent, *(f"{page}-{row}" for row in range(100)), number=page + 1)
    assert len(recent._seen) == 20_000
    assert fresh(recent, "299-99", "0-0", number=301) == ["0-0"]


def test_no_page_is_asked_for_twice_when_the_total_changes_on_the_way() -> None:
    window = Window(per_page=10, concurrency=4, limit=40)
    assert list(window.claim()) == [1, 2, 3, 4]
    window.arrived(rows=10, taken=10, count=20)
    assert list(window.claim()) == []
    window.arrived(rows=10, taken=10, count=60)
    assert list(window.claim()) == []
