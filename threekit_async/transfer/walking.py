"""The files of a folder, in order: read by a thread, some at a time."""

from __future__ import annotations

import asyncio
import os
from collections import deque
from collections.abc import Iterator
from fnmatch import fnmatchcase
from itertools import islice
from pathlib import Path
from typing import Self

from attrs import define, evolve, field, frozen

from ..errors import UsageError
from .cleaning import MANIFEST_NAME, NOTES_SUFFIX, PART_SUFFIX

__all__ = ("FolderFile", "Walk")

_BATCH = 64


@frozen
class FolderFile:
    """A file below a folder, or a part of the folder that cannot be read.

    :param name: its way from the folder, with `/` between folders.
    :param trouble: why it cannot be read; None for a file.
    """

    path: Path
    name: str
    trouble: str | None = None


@define
class Walk:
    """Iterate over the files below a folder, sorted by name, folder by folder.

    Left out are names that begin with a dot, what downloads leave behind (`.part`, `.part.json`,
    and their manifest), links to folders, links that lead out of the folder, and what is neither
    file nor folder. The names of one folder
    at a time are held in memory, and of those above it.

    :param pattern: as `**/*.png`: `*` and `?` within a name, `**` for any number of folders.
        Case matters.
    :param without: a file that is left out.
    :raises UsageError: when the folder cannot be read, or the pattern is none.
    """

    folder: Path
    pattern: str
    without: Path | None = None
    _files: Iterator[FolderFile] = field(init=False)
    _batch: deque[FolderFile] = field(factory=deque["FolderFile"], init=False)

    def __attrs_post_init__(self) -> None:
        wanted = tuple(self.pattern.split("/"))
        if not all(wanted) or ".." in wanted:
            raise UsageError(
                f"{self.pattern!r} is no pattern below a folder: use one as '**/*.png'. "
                "Nothing was sent."
            )
        _check_readable(self.folder)
        self._files = self._found(wanted)

    def _found(self, wanted: tuple[str, ...]) -> Iterator[FolderFile]:
        for file in _below(self.folder):
            if file.trouble or self._is_meant(file, wanted):
                yield file

    def _is_meant(self, file: FolderFile, wanted: tuple[str, ...]) -> bool:
        if not _matches(tuple(file.name.split("/")), wanted):
            return False
        without = self.without
        if without is None or file.path.name != without.name:
            return True
        return file.path.resolve() != without.resolve()

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> FolderFile:
        if not self._batch:
            taken = await asyncio.to_thread(lambda: list(islice(self._files, _BATCH)))
            self._batch.extend(taken)
        if not self._batch:
            raise StopAsyncIteration
        return self._batch.popleft()

    async def aclose(self) -> None:
        """End the walk; it keeps nothing open between two steps."""
        self._batch.clear()
        self._files = iter(())


def _check_readable(folder: Path) -> None:
    try:
        with os.scandir(folder):
            pass
    except OSError as error:
        raise UsageError(
            f"The folder {folder} cannot be read: {error.strerror or error}; nothing was sent."
        ) from error


def _below(top: Path) -> Iterator[FolderFile]:
    """Walk a folder, and those in it: however deep, as nothing here calls itself."""
    root = top.resolve()  # no link may lead out of it
    stack = [_inside(FolderFile(top, ""), root)]
    while stack:
        found = next(stack[-1], None)
        if found is None:
            stack.pop()
        elif isinstance(found, FolderFile):
            yield found
        else:
            stack.append(_inside(found.folder, root))


@frozen
class _Folder:
    """A folder that is walked next."""

    folder: FolderFile


def _inside(folder: FolderFile, root: Path) -> Iterator[FolderFile | _Folder]:
    """List what is in one folder."""
    try:
        with os.scandir(folder.path) as found:
            entries = sorted(found, key=lambda entry: entry.name)
    except OSError as error:
        yield evolve(folder, trouble=error.strerror or str(error))
        return
    for entry in entries:
        if entry.name.startswith("."):
            continue
        way = f"{folder.name}/{entry.name}" if folder.name else entry.name
        file = FolderFile(Path(entry.path), way)
        if _is_folder(entry):
            yield _Folder(file)
        elif _is_wanted(entry, root):
            yield file


def _is_folder(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir(follow_symlinks=False)
    except OSError:
        return False


def _is_wanted(entry: os.DirEntry[str], root: Path) -> bool:
    name = entry.name.lower()
    if name.endswith((PART_SUFFIX, NOTES_SUFFIX)) or name == MANIFEST_NAME:
        return False
    try:
        if entry.is_symlink() and not Path(entry.path).resolve().is_relative_to(root):
            return False
        return entry.is_file()
    except (OSError, RuntimeError):  # a link that leads to itself
        return False


def _matches(way: tuple[str, ...], wanted: tuple[str, ...]) -> bool:
    """Compare part by part, with every place of the pattern that may have been reached."""
    reached = _onward({0}, wanted)
    for part in way:
        stays = {at for at in reached if wanted[at : at + 1] == ("**",)}
        moves = {
            at + 1 for at in reached - stays if at < len(wanted) and fnmatchcase(part, wanted[at])
        }
        reached = _onward(stays | moves, wanted)
    return len(wanted) in reached


def _onward(reached: set[int], wanted: tuple[str, ...]) -> set[int]:
    """Add the places behind `**`, which stands for no folder as well."""
    for at, part in enumerate(wanted):
        if part == "**" and at in reached:
            reached.add(at + 1)
    return reached
