"""How far a run is: told now and then, truthful, and never to a file's harm."""

from __future__ import annotations

from itertools import pairwise

import pytest

from threekit_async import Progress
from threekit_async.transfer.progress import Meter
from threekit_async.transfer.results import FileResult

DONE = FileResult(id="a", status="downloaded", size=10)


class Clock:
    """A clock that moves when it is told to, in seconds."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def told() -> list[Progress]:
    return []


@pytest.fixture
def meter(clock: Clock, told: list[Progress]) -> Meter:
    return Meter(told.append, clock)


def test_it_is_told_ten_times_a_second_however_much_happens(
    meter: Meter, clock: Clock, told: list[Progress]
) -> None:
    for step in range(1, 5001):
        clock.now = 1000 + step / 1000
        meter.moved(1)
        if step % 10 == 0:
            meter.add(DONE)
    assert len(told) == pytest.approx(50, abs=1)
    pauses = [b.seconds - a.seconds for a, b in pairwise(told)]
    assert min(pauses) >= 0.1
    assert max(pauses) < 0.12


def test_nothing_is_told_within_the_first_tenth_of_a_second(
    meter: Meter, clock: Clock, told: list[Progress]
) -> None:
    clock.now += 0.09
    meter.moved(1)
    meter.add(DONE)
    assert told == []
    clock.now += 0.02
    meter.moved(1)
    assert [(progress.received, progress.files) for progress in told] == [(2, 1)]


def test_the_end_is_told_whenever_it_comes(
    meter: Meter, clock: Clock, told: list[Progress]
) -> None:
    clock.now += 0.5
    meter.add(DONE)
    meter.add(FileResult(id="b", status="failed"))
    meter.end()
    assert told == [
        Progress(downloaded=1, seconds=0.5),
        Progress(downloaded=1, failed=1, seconds=0.5, ended=True),
    ]


@pytest.mark.parametrize(
    "status", ["downloaded", "resumed", "skipped", "copied", "uploaded", "failed"]
)
def test_each_way_to_end_is_counted_for_itself(
    meter: Meter, told: list[Progress], status: str
) -> None:
    for _ in range(3):
        meter.add(FileResult(id="a", status=status))  # type: ignore[arg-type]
    meter.end()
    assert told == [Progress(**{status: 3}, ended=True)]
    assert told[0].files == 3


def test_it_goes_back_when_bytes_are_fetched_anew(
    meter: Meter, clock: Clock, told: list[Progress]
) -> None:
    for size in (500, -500, 200, 300):
        clock.now += 1
        meter.moved(size)
    meter.end()
    assert [progress.received for progress in told] == [500, 0, 200, 500, 500]


def test_it_knows_how_long_the_run_takes(meter: Meter, clock: Clock) -> None:
    clock.now += 12.5
    assert meter.seconds == 12.5


def test_with_nobody_to_hear_it_only_time_is_measured(clock: Clock) -> None:
    meter = Meter(None, clock)
    clock.now += 1
    meter.moved(1)
    meter.add(DONE)
    meter.end()
    assert meter.seconds == 1.0


def test_an_error_of_who_hears_it_is_the_runs_and_no_files(clock: Clock) -> None:
    calls: list[Progress] = []

    def refuse(progress: Progress) -> None:
        calls.append(progress)
        raise LookupError("no more")

    meter = Meter(refuse, clock)
    clock.now += 1
    # This is where a file's bytes come in.
    meter.moved(1)
    clock.now += 1
    meter.moved(1)
    with pytest.raises(LookupError, match="no more"):
        meter.add(DONE)
    meter.add(DONE)
    meter.end()
    assert len(calls) == 1


def test_an_error_at_the_end_is_raised_there(clock: Clock) -> None:
    def refuse(_progress: Progress) -> None:
        raise LookupError("no more")

    meter = Meter(refuse, clock)
    meter.add(DONE)
    with pytest.raises(LookupError, match="no more"):
        meter.end()
