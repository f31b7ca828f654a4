"""How long do files of three sizes take to disk, against hand-written aiohttp?

The reference has 32 workers and writes straight to the final name: no part file, no hash, no check,
no skip, no manifest. Ours hashes every file, and remembers it.
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

# How many, of how many bytes, and what is allowed.
KINDS = ((2_000, 20_000, 1.30), (500, 300_000, 1.25), (40, 5_000_000, 1.25))


async def _by_hand(address: str, folder: Path, files: int) -> None:
    numbers = iter(range(files))

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


def _layers(files: int) -> list[Layer]:
    return [Layer(id=str(n), file_id=str(n), format="png") for n in range(files)]


async def _downloaded(
    address: str, folder: Path, files: int, *, verify: bool = False, manifest: bool = True
) -> None:
    limits = Limits(concurrency=IN_FLIGHT)
    async with AsyncThreekit(token=TOKEN, org_id=ORG, host=address, limits=limits) as tk:
        report = await tk.layers.download_all(
            _layers(files), to=folder, concurrency=IN_FLIGHT, verify=verify, manifest=manifest
        )
    report.raise_for_failures()


def _synchronous(address: str, folder: Path, files: int) -> None:
    with Threekit(token=TOKEN, org_id=ORG, host=address) as tk:
        tk.layers.download_all(_layers(files), to=folder).raise_for_failures()


def into_a_new_folder(
    run: Callable[[str, Path, int], None], *, under: str | None, files: int
) -> Contestant:
    """Give each run an empty folder, and count the files afterwards."""

    def contestant(address: str) -> None:
        folder = Path(tempfile.mkdtemp(dir=under))
        try:
            run(address, folder, files)
            assert len(list(folder.glob("*.png"))) == files
        finally:
            shutil.rmtree(folder)

    return contestant


def contestants(under: str | None, files: int) -> dict[str, Contestant]:
    """Name the contestants; all write below the same folder."""
    runs: dict[str, Callable[[str, Path, int], None]] = {
        "hand-written aiohttp": lambda a, f, n: asyncio.run(_by_hand(a, f, n)),
        "download_all": lambda a, f, n: asyncio.run(_downloaded(a, f, n)),
        "download_all, manifest=False": lambda a, f, n: asyncio.run(
            _downloaded(a, f, n, manifest=False)
        ),
        "download_all, verify (2 requests a file)": lambda a, f, n: asyncio.run(
            _downloaded(a, f, n, verify=True)
        ),
        "Threekit (sync) download_all": _synchronous,
    }
    return {name: into_a_new_folder(run, under=under, files=files) for name, run in runs.items()}


def main() -> None:
    """Print the ratios, in memory and on disk."""
    memory = "/dev/shm" if Path("/dev/shm").is_dir() else None  # noqa: S108  # measured on purpose
    for files, size, budget in KINDS:
        with served("--files", str(files), "--size", str(size)) as address:
            for place, under in (("in memory", memory), ("on disk", None)):
                compare(
                    f"{files:,} files of {size:,} bytes, {place}",
                    contestants(under, files),
                    address=address,
                    rounds=5,
                    budgets={"download_all": budget},
                )


if __name__ == "__main__":
    main()
