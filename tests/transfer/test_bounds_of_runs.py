"""What a run of many keeps within bounds: what it takes ahead, and what ends with it."""

# ruff: noqa: PT012
from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator

import pytest

from tests.transfer.test_run import Work, results_of, run_of
from threekit_async import FileResult

ITEMS = 1_000
CONCURRENCY = 4


class Taken:
    """A source that counts how many of its items were taken."""

    def __init__(self) -> None:
        self.count = 0

    def items(self) -> Iterator[int]:
        for number in range(ITEMS):
            self.count += 1
            yield number


async def stands_still(count: Callable[[], int]) -> int:
    """Turn the loop until a count has not grown for a while; return it."""
    seen, still = count(), 0
    while still < 100:
        await asyncio.sleep(0)
        still = still + 1 if count() == seen else 0
        seen = count()
    return seen


async def test_while_nobody_takes_results_no_more_is_begun_than_can_be_held() -> None:
    source, work = Taken(), Work()
    run = run_of(source.items(), work, concurrency=CONCURRENCY)
    assert await run.next() is not None
    taken = await stands_still(lambda: source.count)
    # One was handed out; so many results wait, and each worker holds one more.
    assert CONCURRENCY < taken <= 1 + 2 * CONCURRENCY
    assert len(work.begun) == taken
    # Who goes on gets all of them.
    assert len(await results_of(run)) == ITEMS - 1
    assert source.count == ITEMS


@pytest.mark.parametrize("kind", [SystemExit, KeyboardInterrupt])
@pytest.mark.parametrize("where", ["source", "work"])
def test_what_would_end_the_loop_comes_out_of_the_run_and_the_loop_goes_on(
    kind: type[BaseException], where: str
) -> None:
    def numbers() -> Iterator[int]:
        yield from range(5)
        if where == "source":
            raise kind("mine")
        yield 5

    async def work(number: int) -> FileResult:
        await asyncio.sleep(0)
        if number == 5:
            raise kind("mine")
        return FileResult(id=str(number), status="downloaded", size=1)

    async def goes_on() -> list[str]:
        run, found = run_of(numbers(), work, concurrency=2), list[str]()
        with pytest.raises(kind, match="mine"):
            while (result := await run.next()) is not None:
                found.append(result.id)
        await run.end()
        return sorted(found)

    # Not on the loop of the tests: what leaves it would end them all.
    loop = asyncio.new_event_loop()
    going = loop.create_task(goes_on())
    try:
        assert loop.run_until_complete(going) == ["0", "1", "2", "3", "4"]
    except (SystemExit, KeyboardInterrupt):
        loop.run_until_complete(asyncio.wait({going}))
        pytest.fail(f"{kind.__name__} left the loop, which all clients on it share")
    finally:
        loop.close()
