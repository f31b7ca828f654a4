"""What sweeps show: tables of readings, without any listing."""

from __future__ import annotations

import pytest
from attrs import define, field

from threekit_async.paging.course import MOST_ROUNDS, Course
from threekit_async.paging.seen import Seen
from threekit_async.paging.sweep import Sweep
from threekit_async.paging.walked import Walked

SIZE = 3


@define
class Reader:
    """Reads pages given as words, one letter for each row; `+` stands before the last page."""

    course: Course = field(factory=Course)
    seen: dict[str, tuple[int, int]] = field(factory=dict[str, tuple[int, int]])
    given: str = ""

    def read(self, *pages: str, total: int | None = None, size: int = SIZE) -> Reader:
        for page in pages:
            self.page(page.lstrip("+"), total=total, size=size, last=page.startswith("+"))
        return self

    def page(self, rows: str, *, total: int | None, size: int, last: bool) -> None:
        sweep = self.course.sweep
        before, fresh = sweep.rows, ""
        for row in rows:
            mark, place = self.seen.get(row), sweep.rows
            if sweep.row(mark):
                self.seen[row] = (sweep.number, place)
                fresh += row if mark is None else ""
        self.given += fresh
        repeated = len(rows) - (sweep.rows - before)
        self.course.page(
            rows=len(rows), repeated=repeated, given=len(fresh), size=size, total=total, last=last
        )

    @property
    def walked(self) -> Walked:
        return self.course.walked()


@pytest.mark.parametrize("pages", [["+"], ["+a"], ["+ab"]])
def test_one_short_page_is_one_moment_and_needs_no_check(pages: list[str]) -> None:
    walked = Reader().read(*pages).walked
    assert (walked.confirmed, walked.sweeps) == (True, 1)


def test_one_full_page_with_a_total_that_fits_needs_no_check() -> None:
    assert Reader().read("+abc", total=3).walked.confirmed


def test_several_pages_are_checked() -> None:
    reader = Reader().read("abc", "+d")
    assert not reader.walked.ended
    walked = reader.read("abc", "+d").walked
    assert (walked.confirmed, walked.sweeps, walked.pages, walked.rows) == (True, 2, 4, 4)


def test_rows_added_at_the_end_disturb_nothing_and_are_given_late() -> None:
    reader = Reader().read("abc", "+d").read("abc", "def", "+g")
    assert reader.given == "abcdefg"
    assert (reader.walked.confirmed, reader.walked.late) == (True, 3)


GOOD = ["abc", "+d"]


@pytest.mark.parametrize(
    ("first", "second", "doubt"),
    [
        (GOOD, ["bcd", "+"], "rows went away while pages were read"),
        (GOOD, ["xab", "+cd"], "rows came between others, or changed places"),
        (GOOD, ["bac", "+d"], "rows came between others, or changed places"),
        (["abc", "+cd"], None, "rows came again on later pages"),
        (["abc", "d", "+e"], None, "pages did not have as many rows as they should"),
        (["abc", "", "+e"], None, "pages did not have as many rows as they should"),
        (["abc", "+defgh"], None, "pages did not have as many rows as they should"),
    ],
)
def test_what_is_odd_is_read_again_and_in_the_end_told(
    first: list[str], second: list[str] | None, doubt: str
) -> None:
    reader = Reader()
    for round_ in range(MOST_ROUNDS):
        assert not reader.walked.ended, round_
        reader.read(*first)
        if second is not None:
            reader.read(*second)
    walked = reader.walked
    assert (walked.ended, walked.confirmed) == (True, False)
    assert [text for text in walked.doubts if text.startswith(doubt)]
    assert doubt in str(walked)


@pytest.mark.parametrize("total", [3, 5, 7])
def test_a_total_that_the_pages_do_not_fill_is_a_doubt(total: int) -> None:
    reader = Reader().read(*GOOD, total=total)
    assert reader.course.sweep.base is None
    assert reader.course.sweep.number == 2


def test_a_calm_round_after_an_odd_one_confirms() -> None:
    reader = Reader().read("abc", "+ef").read("abc", "def", "+g")
    assert not reader.walked.ended
    reader.read("abc", "def", "+g").read("abc", "def", "+g")
    assert reader.walked.confirmed
    assert reader.given == "abcefdg"
    assert reader.walked.doubts == ()


def test_a_total_that_shrinks_is_noted_but_proves_nothing() -> None:
    reader = Reader().read("abc", total=7).read("+de", total=5)
    assert reader.course.sweep.base is not None
    for _ in range(MOST_ROUNDS - 1):
        reader.read("bcd", "+e", total=4).read("abc", total=7).read("+de", total=5)
    walked = reader.read("bcd", "+e", total=4).walked
    assert "the total became smaller while pages were read" in walked.doubts


def test_a_page_size_that_changes_on_the_way_is_a_doubt() -> None:
    reader = Reader().read("abc").read("+de", size=2)
    assert reader.course.sweep.base is None


def test_a_listing_that_brings_nothing_new_for_a_thousand_rows_is_stuck() -> None:
    sweep = Sweep(number=1)
    sweep.row(None)
    sweep.page(rows=1, size=100, total=None, last=False)
    for _ in range(10):
        assert not sweep.stuck
        sweep.row((1, 0))
        sweep.page(rows=100, size=100, total=None, last=False)
    assert sweep.stuck


@pytest.mark.parametrize("row", ["a", "", "\ud800", "a\0b", None, ("a", None), 1.5])
def test_any_id_is_found_again_and_no_other(row: object) -> None:
    seen = Seen()
    assert seen.last(row) is None
    seen.note(row, sweep=1, place=7)
    seen.note(row, sweep=2, place=8)
    assert seen.last(row) == (2, 8)
    assert seen.last("another") is None
    seen.close()
    seen.close()


@pytest.mark.parametrize(
    ("walked", "sentence"),
    [
        (
            Walked(rows=1, pages=1, sweeps=1, late=0, duplicates=0, ended=True, confirmed=True),
            (
                "1 row in 1 page; the listing was read once: "
                "no row that was there all the time is missing."
            ),
        ),
        (
            Walked(rows=950, pages=20, sweeps=2, late=3, duplicates=0, ended=True, confirmed=True),
            (
                "950 rows, 3 of them late, in 20 pages; the listing was read 2 times: "
                "no row that was there all the time is missing."
            ),
        ),
        (
            Walked(rows=100, pages=1, sweeps=1, late=0, duplicates=0, ended=False, confirmed=False),
            "100 rows in 1 page; the listing was read once: the walk has not come to its end.",
        ),
        (
            Walked(
                rows=1200,
                pages=36,
                sweeps=3,
                late=0,
                duplicates=1,
                ended=True,
                confirmed=False,
                doubts=("rows came again on later pages",),
            ),
            (
                "1,200 rows in 36 pages; the listing was read 3 times: rows may be missing, "
                "because rows came again on later pages. Walk again when the listing is calm."
            ),
        ),
    ],
)
def test_a_walk_says_in_a_sentence_how_sure_it_is(walked: Walked, sentence: str) -> None:
    assert str(walked) == sentence
