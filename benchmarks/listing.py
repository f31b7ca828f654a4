"""How long does a walk over 20,000 layers take, typed, against hand-written aiohttp?

The reference has 32 workers, knows the number of pages, and keeps plain dicts from `orjson.loads`.
"""

from __future__ import annotations

import asyncio
from typing import Any

import aiohttp
import orjson

from benchmarks.compare import compare, served
from benchmarks.server import PER_PAGE
from threekit_async import AsyncThreekit, Threekit

LAYERS = 20_000
IN_FLIGHT = 32
ORG = "9e1d7c6b-5a49-4f38-8271-60f5e4d3c203"
TOKEN = "4a1f9b3e-0000-4000-8000-000000000000"


async def _by_hand(address: str) -> None:
    pages = iter(range(1, LAYERS // PER_PAGE + 1))
    kept: dict[int, list[dict[str, Any]]] = {}

    async def worker(http: aiohttp.ClientSession) -> None:
        for page in pages:
            url = f"{address}/api/layers?orgId={ORG}&perPage={PER_PAGE}&page={page}"
            async with http.get(url, headers={"Authorization": f"Bearer {TOKEN}"}) as response:
                kept[page] = orjson.loads(await response.read())["layers"]

    async with aiohttp.ClientSession() as http:
        await asyncio.gather(*(worker(http) for _ in range(IN_FLIGHT)))
    assert sum(map(len, kept.values())) == LAYERS


async def _typed(address: str) -> None:
    async with AsyncThreekit(token=TOKEN, org_id=ORG, host=address) as tk:
        layers = await tk.layers.list(concurrency=IN_FLIGHT).all()
    assert len(layers) == LAYERS


async def _one_by_one(address: str) -> None:
    count = 0
    async with AsyncThreekit(token=TOKEN, org_id=ORG, host=address) as tk:
        async for _ in tk.layers.list(concurrency=IN_FLIGHT):
            count += 1
    assert count == LAYERS


def by_hand(address: str) -> None:
    """Run the reference."""
    asyncio.run(_by_hand(address))


def typed(address: str) -> None:
    """Collect typed records with `.all()`."""
    asyncio.run(_typed(address))


def one_by_one(address: str) -> None:
    """Iterate over typed records with `async for`."""
    asyncio.run(_one_by_one(address))


def synchronous(address: str) -> None:
    """Iterate over typed records with the synchronous client."""
    with Threekit(token=TOKEN, org_id=ORG, host=address) as tk:
        assert sum(1 for _ in tk.layers.list(concurrency=IN_FLIGHT)) == LAYERS


def main() -> None:
    """Print the ratios."""
    names = {
        "hand-written aiohttp, dicts": by_hand,
        "threekit_async .all(), records": typed,
        "threekit_async async for, records": one_by_one,
        "Threekit (sync) for, records": synchronous,
    }
    budgets = {"threekit_async .all(), records": 1.15}
    with served("--layers", str(LAYERS)) as address:
        compare(f"{LAYERS:,} layers", names, address=address, rounds=9, budgets=budgets)
    with served("--layers", str(LAYERS), "--delay", "0.05") as address:
        compare(f"{LAYERS:,} layers, 50 ms away", names, address=address, rounds=5, budgets=budgets)


if __name__ == "__main__":
    main()
