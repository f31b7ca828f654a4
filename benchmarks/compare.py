"""Runs contestants in turn against one server, and prints their ratios.

A machine's speed drifts within minutes, so only times of the same round are compared: the ratio of
a contestant is the median, over rounds, of its time divided by the reference's in that round.
"""

from __future__ import annotations

import random
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager

Contestant = Callable[[str], None]


@contextmanager
def served(*arguments: str) -> Generator[str]:
    """Run the server in its own process and give its address."""
    command = [sys.executable, "-m", "benchmarks.server", *arguments]
    with subprocess.Popen(  # noqa: S603  # our own server
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            yield process.stdout.readline().strip()
        finally:
            process.stdin.close()
            process.wait(timeout=10)


def compare(
    title: str,
    contestants: Mapping[str, Contestant],
    *,
    address: str,
    rounds: int,
    budgets: dict[str, float] | None = None,
) -> None:
    """Time each contestant once a round, in a new order; the first one is the reference."""
    times: dict[str, list[float]] = {name: [] for name in contestants}
    for contestant in contestants.values():
        contestant(address)
    for _ in range(rounds):
        for name in random.sample(list(contestants), len(contestants)):
            began = time.perf_counter()
            contestants[name](address)
            times[name].append(time.perf_counter() - began)
    _print(title, times, budgets or {}, rounds)


def _print(
    title: str, times: dict[str, list[float]], budgets: dict[str, float], rounds: int
) -> None:
    reference = next(iter(times))
    print(f"\n{title} ({rounds} rounds, times are medians)")
    for name, seconds in times.items():
        pairs = zip(seconds, times[reference], strict=True)
        ratio = statistics.median(one / other for one, other in pairs)
        budget = f"   budget {budgets[name]:.2f}" if name in budgets else ""
        print(f"  {name:<44} {statistics.median(seconds) * 1000:8.0f} ms   x {ratio:4.2f}{budget}")
