"""How long do 2,000 files of 20 kB take to disk, against hand-written aiohttp?

The reference has 32 workers and writes straight to the final name: no part file, no check, no skip.
"""

from __future__ import annotations

import asyncio
import os
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path

import aiohttp

from benchmarks.compare import Contestant, compare, served
from benchmarks.listing import IN_FLIGHT, ORG, TOKEN
from threekit_async import AsyncThreekit, Layer, Limits, Threekit

FILES = 2_000
SIZE = 20_000


async def _by_hand(address: str, folder: Path) -> None:
    numbers = iter(range(FILES))

    async def worker(http: aiohttp.ClientSession) -> None:
        for number in numbers:
            url = f"{address}/api/files/{number}/content?orgId={ORG}"
            async with http.get(url, headers={"Authorization": f"Bearer {TOKEN}"}) as response:
                descriptor = os.open(folder / f"{number}.png", os.O_CREAT | os.O_WRONLY)
                while chunk := await response.content.readany():
                    os.write(descriptor, chunk)
                os.close(descriptor)

    async with aiohttp.ClientSession() as http:
        await asyncio.gather(*(worker(http) for _ in range(IN_FLIGHT)))


def _layers() -> list[Layer]:
    return [Layer(id=str(n), file_id=str(n), format="png") for n in range(FILES)]


async def _downloaded(address: str, folder: Path, *, verify: bool) -> None:
    limits = Limits(concurrency=IN_FLIGHT)
    async with AsyncThreekit(token=TOKEN, org_id=ORG, host=address, limits=limits) as tk:
        report = await tk.layers.download_all(
            _layers(), to=folder, concurrency=IN_FLIGHT, verify=verify
        )
    report.raise_for_failures()


def _synchronous(address: str, folder: Path) -> None:
    with Threekit(token=TOKEN, org_id=ORG, host=address) as tk:
        tk.layers.download_all(_layers(), to=folder).raise_for_failures()


def into_a_new_folder(run: Callable[[str, Path], None], *, under: str | None) -> Contestant:
    """Give each run an empty folder, and count the files afterwards."""

    def contestant(address: str) -> None:
        folder = Path(tempfile.mkdtemp(dir=under))
        try:
            run(address, folder)
            assert len(list(folder.iterdir())) == FILES
        finally:
            shutil.rmtree(folder)

    return contestant


def contestants(under: str | None) -> dict[str, Contestant]:
    """Name the contestants; all write below the same folder."""
    runs: dict[str, Callable[[str, Path], None]] = {
        "hand-written aiohttp": lambda a, f: asyncio.run(_by_hand(a, f)),
        "download_all": lambda a, f: asyncio.run(_downloaded(a, f, verify=False)),
        "download_all, verify (2 requests a file)": lambda a, f: asyncio.run(
            _downloaded(a, f, verify=True)
        ),
        "Threekit (sync) download_all": _synchronous,
    }
    return {name: into_a_new_folder(run, under=under) for name, run in runs.items()}


def main() -> None:
    """Print the ratios, in memory and on disk."""
    memory = "/dev/shm" if Path("/dev/shm").is_dir() else None  # noqa: S108  # measured on purpose
    with served("--files", str(FILES), "--size", str(SIZE)) as address:
        for place, under in (("in memory", memory), ("on disk", None)):
            compare(
                f"{FILES:,} files of {SIZE:,} bytes, {place}",
                contestants(under),
                address=address,
                rounds=7,
                budgets={"download_all": 1.30},
            )


if __name__ == "__main__":
    main()
