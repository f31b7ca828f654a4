"""Calls that have to wait: of every kind, side by side, and with no longer than a short time."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from pathlib import Path
from typing import Any

from tests.transfer.folders import paths_in
from threekit_async import Layer

__all__ = ("BRIEF", "KINDS", "SHORT", "called", "together")

# Short enough to wait for, and long enough that a machine which pauses meets it all the same.
SHORT = 1.0
BRIEF = 0.15  # for what nothing could come before
_LAYER = Layer(id="a", file_id="f", format="png")

KINDS = ["a read", "a write", "a listing", "a file", "a download"]


async def called(tk: Any, kind: str, folder: Path) -> None:
    """Make a call of a kind; what fails in a report is raised."""
    match kind:
        case "a read":
            await tk.layers.get("a")
        case "a write":
            await tk.layers.create(asset_id="a")
        case "a listing":
            await tk.layers.list().all()
        case "a file":
            await tk.files.content("f")
        case _:
            report = await tk.layers.download_all([_LAYER], to=folder)
            assert paths_in(folder) == []
            raise report.failures[0].error


async def together(check: Callable[[str], Awaitable[None]], cases: Iterable[str]) -> None:
    """Check every case at the same time: all of them have to wait, and none for another."""

    async def named(case: str) -> None:
        try:
            await check(case)
        except BaseException as error:
            error.add_note(f"The case was: {case}.")
            raise

    ended = await asyncio.gather(*map(named, cases), return_exceptions=True)
    if failed := [error for error in ended if error is not None]:
        raise BaseExceptionGroup("not all cases ended as they should", failed)
