"""What does the synchronous facade cost: for one call, and for each item of a walk?

Both clients talk to one server in turn, in one process. The crossing alone is timed with a
coroutine that does nothing, beside what else the standard library and anyio have for it.
"""

from __future__ import annotations

import asyncio
import statistics
import threading
import time
from collections.abc import Awaitable, Callable

from anyio.from_thread import start_blocking_portal

from benchmarks.compare import served
from benchmarks.listing import LAYERS, ORG, TOKEN
from threekit_async import AsyncThreekit, Threekit
from threekit_async.sync.bridge import Bridge

ROUNDS = 15
CALLS = 200
CROSSINGS = 1_000
THREADS = 8
BUDGET_CALL = 120
BUDGET_WALK = 1.25

Timed = Callable[[], float]
MILLION = 1_000_000


async def _nothing() -> None:
    pass


def each(work: Callable[[], object], times: int) -> float:
    """Do something so many times; return the microseconds each took."""
    began = time.perf_counter()
    for _ in range(times):
        work()
    return (time.perf_counter() - began) / times * MILLION


async def each_awaited(work: Callable[[], Awaitable[object]], times: int) -> float:
    """Await something so many times; return the microseconds each took."""
    began = time.perf_counter()
    for _ in range(times):
        await work()
    return (time.perf_counter() - began) / times * MILLION


def in_turn(contestants: dict[str, Timed], rounds: int) -> dict[str, list[float]]:
    """Time every contestant once a round, so that the machine's moods hit all of them."""
    for timed in contestants.values():
        timed()
    times: dict[str, list[float]] = {name: [] for name in contestants}
    for _ in range(rounds):
        for name, timed in contestants.items():
            times[name].append(timed())
    return times


def crossings() -> None:
    """Print what it costs to await nothing on another thread's loop."""
    bridge = Bridge(_nothing)
    with start_blocking_portal() as portal:
        loop: asyncio.AbstractEventLoop = portal.call(_running_loop)
        times = in_turn(
            {
                "await, in the loop": lambda: asyncio.run(each_awaited(_nothing, CROSSINGS)),
                "threekit_async's bridge": lambda: each(lambda: bridge.call(_nothing), CROSSINGS),
                "asyncio.run_coroutine_threadsafe": lambda: each(
                    lambda: asyncio.run_coroutine_threadsafe(_nothing(), loop).result(), CROSSINGS
                ),
                "anyio's portal.call": lambda: each(lambda: portal.call(_nothing), CROSSINGS),
            },
            ROUNDS,
        )
    bridge.close()
    print(f"\nA crossing that does nothing (us, medians of {ROUNDS} rounds)")
    for name, seen in times.items():
        print(f"  {name:<44} {statistics.median(seen):8.1f}")


async def _running_loop() -> asyncio.AbstractEventLoop:
    return asyncio.get_running_loop()


def calls(address: str) -> None:
    """Print what a call costs in both worlds: GET of one record, one after another."""

    async def awaited() -> float:
        async with AsyncThreekit(token=TOKEN, org_id=ORG, host=address) as client:
            await client.files.get("0")
            return await each_awaited(lambda: client.files.get("0"), CALLS)

    with Threekit(token=TOKEN, org_id=ORG, host=address) as tk:
        times = in_turn(
            {
                "AsyncThreekit": lambda: asyncio.run(awaited()),
                "Threekit": lambda: each(lambda: tk.files.get("0"), CALLS),
                f"Threekit, {THREADS} threads": lambda: _from_threads(lambda: tk.files.get("0")),
            },
            ROUNDS,
        )
    reference = times["AsyncThreekit"]
    print(f"\nGET of one record (us a call, medians of {ROUNDS} rounds)")
    for name, seen in times.items():
        print(f"  {name:<44} {statistics.median(seen):8.1f}")
    more = statistics.median(b - a for a, b in zip(reference, times["Threekit"], strict=True))
    print(f"  a synchronous call costs more by {more:.0f} us   budget {BUDGET_CALL}")


def _from_threads(work: Callable[[], object]) -> float:
    threads = [threading.Thread(target=each, args=(work, CALLS // THREADS)) for _ in range(THREADS)]
    began = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return (time.perf_counter() - began) / CALLS * MILLION


def walks(address: str, *, concurrency: int) -> None:
    """Print what a walk over 20,000 layers costs in both worlds, an item at a time."""

    async def awaited() -> float:
        async with AsyncThreekit(token=TOKEN, org_id=ORG, host=address) as client:
            await client.files.get("0")
            began, count = time.perf_counter(), 0
            async for _ in client.layers.list(concurrency=concurrency):
                count += 1
            assert count == LAYERS
            return time.perf_counter() - began

    def walked(tk: Threekit) -> float:
        began, count = time.perf_counter(), 0
        for _ in tk.layers.list(concurrency=concurrency):
            count += 1
        assert count == LAYERS
        return time.perf_counter() - began

    with Threekit(token=TOKEN, org_id=ORG, host=address) as tk:
        contestants = {
            "async for, AsyncThreekit": lambda: asyncio.run(awaited()),
            "for, Threekit": lambda: walked(tk),
        }
        times = in_turn(contestants, ROUNDS)
    ours, theirs = times.values()
    ratio = statistics.median(b / a for a, b in zip(ours, theirs, strict=True))
    print(f"\nA walk over {LAYERS:,} layers, {concurrency} pages at a time ({ROUNDS} rounds)")
    for name, seen in times.items():
        middle = statistics.median(seen)
        print(f"  {name:<32} {middle * 1000:6.0f} ms {middle / LAYERS * MILLION:6.1f} us an item")
    print(f"  ratio x {ratio:4.2f}   budget {BUDGET_WALK:.2f}")


def main() -> None:
    """Print all three."""
    crossings()
    with served("--layers", str(LAYERS), "--files", "1") as address:
        calls(address)
        for concurrency in (8, 32):
            walks(address, concurrency=concurrency)


if __name__ == "__main__":
    main()
