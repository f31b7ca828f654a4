"""What does a page of 100 typed layers cost to decode, against `orjson.loads` alone?"""

from __future__ import annotations

import gc
import json
import random
import statistics
import time
from collections.abc import Callable

import orjson

from benchmarks.server import PER_PAGE, layer
from threekit_async import Layer
from threekit_async.session.decode import Rows

PAGES = 200
ROUNDS = 9


def plain(page: bytes) -> object:
    """Parse only."""
    return orjson.loads(page)["layers"]


def timed(decode: Callable[[bytes], object], pages: list[bytes]) -> float:
    """Return the microseconds for one layer, with nothing kept."""
    gc.disable()
    began = time.perf_counter()
    for page in pages:
        decode(page)
    seconds = time.perf_counter() - began
    gc.enable()
    return seconds / (len(pages) * PER_PAGE) * 1e6


def main() -> None:
    """Print the ratios."""
    dice = random.Random(0)
    pages = [
        json.dumps({"layers": [layer(n, dice) for n in range(PER_PAGE)]}).encode()
        for _ in range(PAGES)
    ]
    contestants: dict[str, Callable[[bytes], object]] = {
        "orjson.loads, dicts": plain,
        "threekit_async, records": Rows(Layer, "layers").read,
    }
    times: dict[str, list[float]] = {name: [] for name in contestants}
    for _ in range(ROUNDS):
        for name in random.sample(list(contestants), len(contestants)):
            times[name].append(timed(contestants[name], pages))
    reference = times["orjson.loads, dicts"]
    print(f"\nDecoding pages of {PER_PAGE} layers ({ROUNDS} rounds)")
    for name, values in times.items():
        ratio = statistics.median(a / b for a, b in zip(values, reference, strict=True))
        budget = "" if values is reference else "   budget 2.00"
        print(f"  {name:<44} {statistics.median(values):6.2f} us a layer   x {ratio:4.2f}{budget}")


if __name__ == "__main__":
    main()
