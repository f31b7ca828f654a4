"""What a run has left in a folder, as tests look at it."""

from __future__ import annotations

import json
import os
from contextlib import suppress
from pathlib import Path
from typing import Any

from threekit_async.transfer.cleaning import MANIFEST_NAME, NOTES_SUFFIX, PART_SUFFIX

__all__ = ("files_in", "finished_in", "manifest_of", "opened_in", "paths_in", "unfinished_in")


def files_in(folder: Path) -> list[str]:
    """Name all files below a folder, but for the manifest; `/` between folders."""
    found = (path.relative_to(folder) for path in folder.rglob("*") if path.is_file())
    return sorted(path.as_posix() for path in found if path.name != MANIFEST_NAME)


def paths_in(folder: Path) -> list[Path]:
    """Name what lies in a folder, but for the manifest."""
    return sorted(path for path in folder.iterdir() if path.name != MANIFEST_NAME)


def finished_in(folder: Path) -> list[str]:
    """Name the files that have their final names."""
    return [name for name in files_in(folder) if not name.endswith((PART_SUFFIX, NOTES_SUFFIX))]


def unfinished_in(folder: Path) -> list[str]:
    """Name the unfinished files, and the notes on them."""
    return [name for name in files_in(folder) if name.endswith((PART_SUFFIX, NOTES_SUFFIX))]


def opened_in(folder: Path) -> list[str]:
    """Name what this process has open below a folder."""
    found: list[str] = []
    with os.scandir("/dev/fd") as descriptors:
        for each in descriptors:
            with suppress(OSError):  # closed meanwhile: the scan's own, and those of other threads
                found.append(str(Path(each.path).readlink()))
    return sorted(path for path in found if Path(path).is_relative_to(folder))


def manifest_of(folder: Path) -> list[dict[str, Any]]:
    """Read the lines of the manifest in a folder."""
    return [json.loads(line) for line in (folder / MANIFEST_NAME).read_bytes().splitlines()]
