"""Files kept by the hash of their bytes, so that the same bytes are fetched once."""

from __future__ import annotations

import logging
import os
import re
import stat
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

from attrs import define, field, frozen

from ..errors import DownloadError
from .cleaning import PART_SUFFIX
from .copying import copied, copy_bytes

__all__ = ("Kept",)

_logger = logging.getLogger("threekit_async")

_HASH = re.compile(r"sha256-[0-9a-f]{64}")
_STALE = 3600.0
_ONCE_IN = 0.05
_LEFT = 0.9


@frozen
class _Found:
    used: float
    size: int
    path: str


@define(kw_only=True)
class Kept:
    """A folder of files that are named by their hash: `files/ab/sha256-ab...`.

    Bytes are copied in and out, never linked: a file that its owner edits later must not change
    what is kept. Where the file system can share the blocks of a copy, it does. What is lent is
    read once more and compared with its hash, so that a kept file that was damaged is dropped.
    Any other name than `sha256-` and 64 hexadecimal digits is ignored.

    Everything here blocks, and nothing raises: what cannot be kept or lent is fetched instead, and
    the log says once that something could not be kept.

    :param folder: made when something is kept for the first time, for its owner only.
    :param most_bytes: of all files; those longest unused go first.
    """

    folder: Path = field(converter=Path)
    most_bytes: int = 10_000_000_000
    clock: Callable[[], float] = time.time
    _unseen: int | None = field(default=None, init=False)
    _warned: bool = field(default=False, init=False)
    _sweeping: threading.Lock = field(factory=threading.Lock, init=False, repr=False)

    def find(self, name: str | None, size: int | None) -> Path | None:
        """Return where the bytes with a hash are kept; None when they are not.

        :param name: `sha256-` and 64 hexadecimal digits, as in a file's record.
        :param size: in bytes, when it is known; a kept file of another size does not count.
        """
        path = self._path(name)
        if path is None:
            return None
        try:
            found = path.stat(follow_symlinks=False)
        except OSError:
            return None
        fits = stat.S_ISREG(found.st_mode) and size in {None, found.st_size}
        return path if fits else None

    def lend(self, name: str | None, size: int | None, final: str, *, replace: bool) -> bool:
        """Give a file its bytes from here, in one step; False when they must be fetched.

        The copy grows in `<final>.part`, under the same lock as a download.

        :param replace: what is there under the name; else that stays, and they must be fetched.
        """
        path = self.find(name, size)
        if path is None:
            return False
        try:
            digest = path.name.removeprefix("sha256-")
            lent = copied(str(path), final, sha256=digest, replace=replace)
        except (OSError, DownloadError):
            return False
        with suppress(OSError):
            if lent:
                moment = self.clock()
                os.utime(path, (moment, moment))
            else:
                path.unlink()
        return lent

    def keep(self, name: str | None, path: str | os.PathLike[str]) -> None:
        """Keep a copy of a file whose bytes have been compared with the hash in `name`."""
        kept = self._path(name)
        if kept is None:
            return
        try:
            size = Path(path).stat().st_size
            if size <= self.most_bytes and self.find(name, size) is None:
                self._copy_in(Path(path), kept)
                self._grown(size)
        except OSError as error:
            self._failed(error)

    def _failed(self, error: OSError) -> None:
        if not self._warned:
            self._warned = True
            _logger.warning(
                "A file could not be kept in %s: %s. Downloads go on without it.",
                self.folder,
                error.strerror or error,
            )

    def _path(self, name: str | None) -> Path | None:
        name = (name or "").lower()
        if not _HASH.fullmatch(name):
            return None
        return self.folder / name[7:9] / name

    def _copy_in(self, source: Path, kept: Path) -> None:
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        kept.parent.mkdir(mode=0o700, exist_ok=True)
        descriptor, made = tempfile.mkstemp(dir=kept.parent, suffix=PART_SUFFIX)
        part = Path(made)
        try:
            with open(descriptor, "wb") as target:  # noqa: PTH123  # it is open already
                copy_bytes(source, target)
            moment = self.clock()
            os.utime(part, (moment, moment))
            part.replace(kept)
        except BaseException:
            part.unlink(missing_ok=True)
            raise

    def _grown(self, size: int) -> None:
        """Look through the whole folder at first, then whenever a twentieth of the bound came."""
        self._unseen = None if self._unseen is None else self._unseen + size
        due = self._unseen is None or self._unseen > self.most_bytes * _ONCE_IN
        if due and self._sweeping.acquire(blocking=False):
            try:
                self._unseen = 0
                self._sweep()
            finally:
                self._sweeping.release()

    def _sweep(self) -> None:
        found = sorted(_files(self.folder), key=lambda file: file.used)
        held = sum(file.size for file in found)
        target = self.most_bytes if held <= self.most_bytes else self.most_bytes * _LEFT
        stale = self.clock() - _STALE
        for file in found:
            unfinished = file.path.endswith(PART_SUFFIX)
            if (file.used < stale) if unfinished else (held > target):
                with suppress(OSError):
                    Path(file.path).unlink()
                    held -= file.size


def _files(folder: Path) -> Iterator[_Found]:
    for fan in _listed(folder):
        for file in _listed(fan.path):
            with suppress(OSError):
                about = file.stat(follow_symlinks=False)
                yield _Found(used=about.st_mtime, size=about.st_size, path=file.path)


def _listed(folder: str | Path) -> list[os.DirEntry[str]]:
    try:
        with os.scandir(folder) as entries:
            return list(entries)
    except OSError:
        return []
