"""The file that remembers what is finished, line by line, for the runs to come."""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Callable, Iterator
from pathlib import Path

from attrs import define, field

from ..errors import DownloadError
from .durable import Descriptor, flush, flush_folder
from .entries import HEADER_START, VERSION, Header, Line, read, written
from .locking import locked
from .opening import FLAGS
from .refusals import explained

__all__ = ("Manifest", "ManifestInUseError", "complete_lines")

_LONGEST_LINE = 64 * 1024
# Behind half a line it makes that line unreadable, whatever the half holds.
_SPOILED = b"~\n"


class ManifestInUseError(DownloadError):
    """Raised when another run has the manifest."""


@define
class Manifest:
    """An append-only file of JSON lines in UTF-8, locked for this run.

    `size` is its length in bytes, as far as this run has read and written it.
    """

    path: Path
    _descriptor: Descriptor
    size: int = field(default=0, init=False)
    _torn: bool = field(default=False, init=False)

    @classmethod
    def opened(cls, path: Path) -> Manifest:
        """Open a manifest, or make an empty one; blocking.

        :raises DownloadError: when another run has it, or it cannot be opened.
        """
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            descriptor = Descriptor(os.open(path, FLAGS | os.O_APPEND, 0o666))
        except OSError as error:
            raise explained(str(path), error) from error
        try:
            _lock(descriptor.number, path)
            _expect_file(descriptor.number, path)
        except BaseException:
            descriptor.close()
            raise
        return cls(path, descriptor)

    def lines(self) -> Iterator[tuple[int, Line | None]]:
        """Read all complete lines, each with where it ends; None for an unreadable one. Blocking.

        Afterwards `size` is where the last complete line ends.

        :raises DownloadError: when it is no manifest, or one that a newer version wrote.
        """
        try:
            for length, line in complete_lines(self._descriptor.number, self._check_beginning):
                said = read(line)
                if not self.size and not isinstance(said, Header):
                    raise _no_manifest(self.path)
                if isinstance(said, Header) and said.version > VERSION:
                    raise self._too_new(said.version)
                self.size += length
                yield self.size, said
        except OSError as error:
            raise explained(str(self.path), error) from error

    def _check_beginning(self, piece: bytes) -> None:
        if not _is_beginning(piece):
            raise _no_manifest(self.path)

    def begin(self, template: str) -> None:
        """Cut off what no newline ends, and write the header of a run; blocking.

        It is on the disk's surface before anything else is written: lines are never taken for
        those of another run.

        :raises DownloadError: when it cannot be written.
        """
        try:
            number = self._descriptor.number
            if os.fstat(number).st_size > self.size:
                os.ftruncate(number, self.size)
        except OSError as error:
            raise explained(str(self.path), error) from error
        self.append(Header(VERSION, template))
        try:
            self.flush()
            flush_folder(str(self.path.parent))
        except OSError as error:
            if error.errno in {errno.EIO, errno.ENOSPC, errno.EDQUOT}:
                raise explained(str(self.path), error) from error

    def append(self, line: Line) -> int:
        """Write a line; return where it ends. The system has it then, though not yet the disk.

        What a full disk leaves of a line is made unreadable by the next one.

        :raises DiskFullError: when there is no space left.
        :raises DownloadError: when the system refuses to write.
        :raises UnicodeEncodeError: when a text holds half of a surrogate pair.
        """
        left = memoryview(_SPOILED + written(line) if self._torn else written(line))
        try:
            while left:
                count = os.write(self._descriptor.number, left)
                self.size += count
                left = left[count:]
                self._torn = len(left) > 0
        except OSError as error:
            raise explained(str(self.path), error) from error
        return self.size

    def flush(self) -> None:
        """Bring the lines to the disk's surface; blocking, for any thread.

        :raises OSError: when they could not be written.
        """
        with self._descriptor.lent() as number:
            flush(number)

    def expect_alone(self) -> None:
        """See that the file is as long as this run made it.

        Where nothing can be locked, two runs may write one manifest: neither can say then which
        lines a sync has covered.

        :raises DownloadError: when it is longer, or shorter.
        """
        if os.fstat(self._descriptor.number).st_size != self.size:
            raise DownloadError(f"{self.path} is being written by another run as well")

    def close(self) -> None:
        """Close and unlock it; harmless twice."""
        self._descriptor.close()

    def _too_new(self, version: int) -> DownloadError:
        return DownloadError(
            f"{self.path} was written by a newer threekit-async: its version is {version}, and "
            f"this one reads {VERSION}. Update threekit-async, or pass manifest=False."
        )


def complete_lines(number: int, check: Callable[[bytes], None]) -> Iterator[tuple[int, bytes]]:
    """Hand out complete lines with their lengths; of one that is too long, nothing to read.

    :param check: is given the pieces of a first line that no newline ends; may raise.
    """
    os.lseek(number, 0, os.SEEK_SET)
    with open(number, "rb", closefd=False) as file:
        length, first = 0, True
        while piece := file.readline(_LONGEST_LINE):
            complete = piece.endswith(b"\n")
            if first and not complete:
                check(piece)
            length += len(piece)
            if complete:
                yield length, piece if length == len(piece) else b""
                length, first = 0, False


def _lock(number: int, path: Path) -> None:
    try:
        locked(number)
    except BlockingIOError:
        raise ManifestInUseError(
            f"{path} is in use by another run into this folder. Let it end, then run again."
        ) from None
    except OSError as error:
        raise explained(str(path), error) from error


def _expect_file(number: int, path: Path) -> None:
    if not stat.S_ISREG(os.fstat(number).st_mode):
        raise _no_manifest(path)


def _is_beginning(piece: bytes) -> bool:
    """Tell whether this can be what a crash left of a manifest's first line.

    A power cut leaves zeros where bytes had not come to the surface.
    """
    rest = piece.rstrip(b"\0")
    return rest.startswith(HEADER_START) or HEADER_START.startswith(rest)


def _no_manifest(path: Path) -> DownloadError:
    return DownloadError(
        f"{path} is there and is no manifest of finished files. Move it, or pass manifest=False."
    )
