"""A run with few descriptors: `python counted_run.py <url> <token> <folder> <files> <descriptors>`.

Prints, as JSON, how the files ended, the most descriptors that were open at once, and by how many
bytes memory has grown at most.
"""

from __future__ import annotations

import asyncio
import json
import os
import resource
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from threekit_async import AsyncThreekit, Layer, Limits

EVERY = 50


def resident() -> int:
    """Return the bytes of memory in use."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize()


class Watch:
    """Looks at the process now and then."""

    def __init__(self) -> None:
        self.descriptors = 0
        self.begun = resident()
        self.most = self.begun
        self.seen = 0

    def look(self) -> None:
        """Note how much is in use; one descriptor is the look's own."""
        self.descriptors = max(self.descriptors, len(os.listdir("/proc/self/fd")) - 1)  # noqa: PTH208
        self.most = max(self.most, resident())

    def over(self, layers: list[Layer]) -> Iterator[Layer]:
        """Look when some more files are taken."""
        for number, layer in enumerate(layers):
            if number % EVERY == 0:
                self.look()
            yield layer


async def main(url: str, token: str, folder: str, files: int) -> dict[str, Any]:
    """Fetch the files of so many layers."""
    limits = Limits(concurrency=256, adaptive=False)
    async with AsyncThreekit(token=token, host=url, limits=limits) as tk:
        layers = await tk.layers.list().all(limit=files)
        watch = Watch()
        report = await tk.layers.download_all(
            watch.over(layers), to=folder, name="{id}", concurrency=256
        )
        watch.look()
    return {
        "downloaded": report.downloaded,
        "failed": [str(failure.error) for failure in report.failures],
        "descriptors": watch.descriptors,
        "growth": watch.most - watch.begun,
    }


if __name__ == "__main__":
    url, token, folder, files, descriptors = sys.argv[1:]
    resource.setrlimit(resource.RLIMIT_NOFILE, (int(descriptors), int(descriptors)))
    sys.stdout.write(json.dumps(asyncio.run(main(url, token, folder, int(files)))))
