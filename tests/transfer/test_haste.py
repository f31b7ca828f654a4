"""When a small file is written in place, and when the disk is too slow for that."""

from __future__ import annotations

import pytest

from threekit_async.transfer.destinations.haste import SMALL, Haste


def test_large_files_are_never_written_in_place() -> None:
    haste = Haste()
    assert [haste.allows(size) for size in (0, SMALL, SMALL + 1)] == [True, True, False]


@pytest.mark.parametrize(("seconds", "left"), [(0.0001, 0), (0.005, 0), (0.0051, 256), (60.0, 256)])
def test_after_a_slow_file_the_thread_has_the_next_ones_and_then_it_is_tried_again(
    seconds: float, left: int
) -> None:
    haste = Haste()
    haste.took(seconds)
    assert [haste.allows(1) for _ in range(left)] == [False] * left
    assert haste.allows(1)


def test_large_files_do_not_count_as_those_that_were_left_to_the_thread() -> None:
    haste = Haste()
    haste.took(1.0)
    assert not any(haste.allows(SMALL + 1) for _ in range(1000))
    assert not haste.allows(1)
