"""A run that is killed: `python killed_run.py <url> <token> <folder> <duplicates> <at> <of> <how>`.

It ends itself with SIGKILL at its `at`-th of all `changes` of files, or at the first piece of a
large file that comes when `at` `bytes` of such pieces are written: `before` it is made, or when
`half` of it is written. 0 lets it live. Each file that ends is a line of its output.
"""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from threekit_async import AsyncThreekit
from threekit_async.transfer.cleaning import MANIFEST_NAME

CHANGES = ("write", "replace", "unlink", "ftruncate", "link", "rename")
WRITERS = 8
# Notes and lines of the manifest are far shorter; pieces of a large file, but the last, are longer.
PIECE = 64 * 1024


class Killer:
    """Counts changes of files, or bytes, and ends the process at one of them."""

    def __init__(self, at: int, *, of: str, how: str) -> None:
        self.left = at
        self.of = of
        self.how = how

    def watch(self, name: str) -> None:
        """Count the calls of a function of the system."""
        real = getattr(os, name, None)
        if real is not None:
            setattr(os, name, lambda *args, **kw: self.called(name, real, args, kw))

    def called(self, name: str, real: Callable[..., Any], args: Any, kw: Any) -> Any:
        """Do it, unless this is the one."""
        if self.is_the_one(written := len(args[1]) if name == "write" else 0):
            if self.how == "half" and written:
                real(args[0], bytes(args[1])[: written // 2])
            os.kill(os.getpid(), signal.SIGKILL)
        return real(*args, **kw)

    def is_the_one(self, written: int) -> bool:
        """Count a change that writes so many bytes."""
        if self.of == "changes":
            self.left -= 1
            return self.left == 0
        if written < PIECE:
            return False
        # How long pieces are is a question of the moment: what counts is what was written before.
        left, self.left = self.left, self.left - written
        return left <= 0


async def main(url: str, token: str, folder: str, duplicates: str) -> None:
    """Fetch everything, and say of each file how it ended."""
    async with AsyncThreekit(token=token, host=url) as tk:
        results = tk.layers.iter_downloads(
            tk.layers.list(),
            to=folder,
            concurrency=WRITERS,
            duplicates="link" if duplicates == "link" else "copy",
        )
        async for result in results:
            sys.stdout.write(f"{result.status} {result.name} {result.error or ''}\n")
            sys.stdout.flush()


if __name__ == "__main__":
    url, token, folder, duplicates, at, of, how = sys.argv[1:]
    if at != "0":
        killer = Killer(int(at), of=of, how=how)
        for change in CHANGES:
            killer.watch(change)
    assert not Path(folder, MANIFEST_NAME).is_dir()
    asyncio.run(main(url, token, folder, duplicates))
