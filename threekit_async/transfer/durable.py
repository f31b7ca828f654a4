"""From the system's memory to the disk's surface, where a power cut takes nothing any more."""

from __future__ import annotations

import errno
import os
import sys
import threading
from collections.abc import Callable, Generator, Iterable
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path
from typing import Any

from attrs import define

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None  # type: ignore[assignment]

__all__ = ("Descriptor", "Surface", "flush", "flush_folder")

_BYTES_WERE_LOST = frozenset({errno.EIO, errno.ENOSPC, errno.EDQUOT})


class Descriptor:
    """An open file's number, which threads borrow: who uses it last closes it.

    Closed under a thread that still waits for the disk, the number could name another file before
    the thread is done.
    """

    def __init__(self, number: int) -> None:
        self.number: int = number
        self._lent = 0
        self._lock = threading.Lock()
        self._closed = False

    @contextmanager
    def lent(self) -> Generator[int]:
        """Lend the number for as long as the context lasts.

        :raises OSError: when it is closed.
        """
        with self._lock:
            if self._closed:
                raise OSError(errno.EBADF, os.strerror(errno.EBADF))
            self._lent += 1
            number = self.number
        try:
            yield number
        finally:
            with self._lock:
                self._lent -= 1
                last = self._closed and not self._lent
            if last:
                os.close(number)

    def close(self) -> None:
        """Close it, now or when the last thread gives it back; harmless twice."""
        with self._lock:
            closed, self._closed = self._closed, True
            number, self.number = self.number, -1
            last = not closed and not self._lent
        if last:
            os.close(number)

    def __del__(self) -> None:
        # A lock in the file would be held by a run that nobody has any more.
        self.close()


@define
class Surface:
    """Brings the files of a folder to the disk's surface; everything here blocks.

    On Linux one call does it for the whole file system, whatever else it has to write. The folder
    is open for the whole run, because the system tells each opener only of losses since then.
    Folders below that lie on another file system, by a mount or a link, are not reached by that.
    """

    folder: Path
    _descriptor: Descriptor | None

    @classmethod
    def opened(cls, folder: Path) -> Surface:
        """Open a folder.

        :raises OSError: when it cannot be opened.
        """
        if _syncfs() is None:
            return cls(folder, None)
        return cls(folder, Descriptor(os.open(folder, os.O_RDONLY)))

    def everything(self) -> bool:
        """Bring all there is to the surface; False when the system has no way to do it at once.

        :raises OSError: when bytes could not be written. They may be lost by then, and a later
            call that succeeds says nothing about them.
        """
        syncfs = _syncfs()
        if syncfs is None or self._descriptor is None:
            return False
        with self._descriptor.lent() as number:
            code = syncfs(number)
        if code in _BYTES_WERE_LOST:
            raise OSError(code, os.strerror(code))
        return code == 0

    def files(self, names: Iterable[str]) -> None:
        """Bring some files to the surface, one by one, and the folders that list them.

        :param names: relative to the folder; those that are not there are passed over.
        :raises OSError: when one could not be written.
        """
        folders = {""}
        for name in names:
            with suppress(FileNotFoundError):
                _flush_file(f"{self.folder}{os.sep}{name}")
                while (name := name.rpartition("/")[0]) not in folders:
                    folders.add(name)
        for folder in folders:
            flush_folder(f"{self.folder}{os.sep}{folder}")

    def close(self) -> None:
        """Let go of the folder; harmless twice."""
        if self._descriptor is not None:
            self._descriptor.close()


@cache
def _syncfs() -> Callable[[int], int] | None:
    """Find the system's call: it takes a descriptor, and returns 0 or an error's number."""
    if not sys.platform.startswith("linux"):
        return None
    try:
        import ctypes

        call: Any = ctypes.CDLL(None, use_errno=True).syncfs
    except (ImportError, OSError, AttributeError):
        return None
    return lambda number: ctypes.get_errno() if call(number) else 0


def flush(number: int) -> None:
    """Bring one open file to the surface; blocking.

    :raises OSError: when it could not be written.
    """
    if fcntl is not None:
        # macOS leaves what was synced in the drive's own memory, unless asked like this.
        full = getattr(fcntl, "F_FULLFSYNC", None)
        with suppress(OSError):
            if full is not None:
                fcntl.fcntl(number, full)
                return
    os.fsync(number)


def _flush_file(path: str) -> None:
    # Windows flushes only what is open for writing. A pipe must not be waited for.
    access = os.O_RDWR if os.name == "nt" else os.O_RDONLY | os.O_NONBLOCK
    # Not `flush`: the folders come later, and empty the drive's memory once for all files.
    _flush(path, access, os.fsync)


def flush_folder(path: str) -> None:
    """Bring a folder's list of names to the surface, on systems that can; blocking.

    :raises OSError: when it could not be written.
    """
    if os.name == "nt":
        return
    try:
        _flush(path, os.O_RDONLY, flush)
    except OSError as error:
        if error.errno != errno.EINVAL:  # file systems that have nothing to sync for a folder
            raise


def _flush(path: str, access: int, how: Callable[[int], None]) -> None:
    number = os.open(path, access)
    try:
        how(number)
    finally:
        os.close(number)
