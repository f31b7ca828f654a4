"""When an answer comes too slowly, decided from waits and sizes alone."""

from __future__ import annotations

import pytest

from threekit_async import Timeout
from threekit_async.session.wire.throughput import Throughput, throughput_of


@pytest.mark.parametrize(
    ("seconds", "size", "pieces", "slow_at"),
    [
        pytest.param(0.3, 1, 40, 34, id="a byte now and then"),
        pytest.param(1.0, 100, 40, None, id="just fast enough"),
        pytest.param(1.0, 99, 40, 10, id="just too slow"),
        pytest.param(0.0, 1, 10_000, None, id="small pieces without waiting"),
        pytest.param(9.9, 100_000, 5, None, id="long waits for much"),
        pytest.param(11.0, 100, 5, 1, id="one long wait for little"),
    ],
)
def test_a_pace_is_judged_after_each_window_of_waiting(
    seconds: float, size: int, pieces: int, slow_at: int | None
) -> None:
    throughput = Throughput(floor=100.0, window=10.0)
    found = (number for number in range(1, pieces + 1) if throughput.too_slow(seconds, size))
    assert next(found, None) == slow_at


def test_a_fast_beginning_excuses_nothing_later() -> None:
    throughput = Throughput(floor=100.0, window=10.0)
    assert not throughput.too_slow(1.0, 10_000_000)
    verdicts = [throughput.too_slow(1.0, 1) for _ in range(20)]
    assert verdicts.index(True) == 18


def test_a_reader_that_takes_its_time_costs_the_server_nothing() -> None:
    throughput = Throughput(floor=100.0, window=10.0)
    assert not any(throughput.too_slow(0.001, 1000) for _ in range(1000))


def test_the_window_is_the_read_timeout_or_a_minute() -> None:
    assert throughput_of(Timeout(read=5, floor=10)) == Throughput(10, 5)
    assert throughput_of(Timeout(read=None, floor=10)) == Throughput(10, 60)
    assert throughput_of(Timeout(floor=None)) is None
