"""What was uploaded, in this run and in those before it: an append-only file of JSON lines.

A line is written as soon as the API has answered, so that a killed process loses nothing of it. The
file reaches the disk's surface at the end of the run: a power cut can take the last lines, and what
they said is found out by asking the API. Blocking, but for microseconds; `opened` takes longer.
"""

from __future__ import annotations

import errno
import json
import os
import sqlite3
import stat
from collections.abc import Generator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final, Self

from attrs import define

from ..errors import DiskFullError, DownloadError, UsageError
from .known import COLUMNS, Known, known_of, line_of, row_of, stored, unstored
from .locking import locked
from .opening import FLAGS
from .uploads_reading import UploadsReading, header_of, no_record

__all__ = ("UploadsRecord",)

_TABLES = """
PRAGMA journal_mode = OFF;
PRAGMA synchronous = OFF;
CREATE TABLE known (
    id BLOB, name TEXT, size INTEGER, sha256 TEXT, modified INTEGER,
    file_id TEXT, job_id TEXT, imported TEXT, path BLOB
);
CREATE INDEX known_by_path ON known (path);
CREATE INDEX known_by_sha256 ON known (sha256);
CREATE TABLE names (name TEXT PRIMARY KEY, owner BLOB);
"""


_READ: Final = f"SELECT {', '.join(COLUMNS)} FROM known"  # noqa: S608  # names of ours
_ADD: Final = f"INSERT INTO known VALUES ({', '.join('?' * len(COLUMNS))})"  # noqa: S608


@define
class UploadsRecord:
    """Look up and note what was uploaded to one organisation.

    Its index is a temporary database, which goes to the disk as it grows: memory stays flat. Every
    method raises DownloadError when that has no room.
    """

    _index: sqlite3.Connection
    _path: Path | None
    _descriptor: int = -1

    @classmethod
    def opened(cls, path: Path | None, *, origin: str, org_id: str | None) -> Self:
        """Open or begin a record, and read what earlier runs wrote for the same organisation.

        :param path: None keeps nothing beyond this run.
        :raises UsageError: when it cannot be written, is something else than such a record,
            another run uses it, or a newer version of this package wrote it. Nothing was written.
        """
        with _in_index():
            index = sqlite3.connect("", isolation_level=None, check_same_thread=False)
        record = cls(index, path)
        try:
            with _in_index():
                index.executescript(_TABLES)
            if path is not None:
                record._begin(path, {"origin": origin, "org_id": org_id})
        except BaseException:
            record.close()
            raise
        return record

    def _begin(self, path: Path, place: Mapping[str, object]) -> None:
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            # Neither a link nor a pipe at its name is followed, or waited for.
            self._descriptor = os.open(path, FLAGS | os.O_APPEND, 0o666)
            if not stat.S_ISREG(os.fstat(self._descriptor).st_mode):
                raise no_record(path)
            _lock(self._descriptor, path)
            self._load(path, place)
            self._write(header_of(place))
        except OSError as error:
            if path.is_symlink():
                raise no_record(path) from error
            raise UsageError(
                f"The manifest {path} cannot be written: {error.strerror or error}. Choose "
                "another place for it; nothing was sent."
            ) from error

    def _load(self, path: Path, place: Mapping[str, object]) -> None:
        reading = UploadsReading(self._descriptor, path, place)
        with _in_index():
            self._index.execute("BEGIN")
            self._index.executemany(_ADD, map(row_of, reading.entries()))
            self._index.execute("COMMIT")
        # What a killed process left of its last line would swallow the next one.
        if os.fstat(self._descriptor).st_size > reading.size:
            os.ftruncate(self._descriptor, reading.size)

    def unchanged(self, path: str, *, size: int, modified: int) -> Known | None:
        """Return what is known of a file at this path, of this length and time."""
        return self._newest("path = ? AND size = ? AND modified = ?", stored(path), size, modified)

    def named(self, name: str, sha256: str) -> Known | None:
        """Return what is known of a record with this name and these bytes."""
        return self._newest("sha256 = ? AND name = ? AND file_id IS NOT NULL", sha256, name)

    def like(self, sha256: str) -> Known | None:
        """Return what is known of these bytes, under whatever name."""
        return self._newest("sha256 = ?", sha256)

    def _newest(self, condition: str, *values: object) -> Known | None:
        with _in_index():
            row = self._index.execute(
                f"{_READ} WHERE {condition} ORDER BY file_id IS NULL, rowid DESC LIMIT 1", values
            ).fetchone()
        return None if row is None else known_of(row)

    def claim(self, name: str, owner: str) -> str:
        """Give a name to the first who asks for it in this run, and say who has it."""
        run = self._index.execute
        with _in_index():
            run("INSERT OR IGNORE INTO names VALUES (?, ?)", (name, stored(owner)))
            found = run("SELECT owner FROM names WHERE name = ?", (name,)).fetchone()
        return unstored(found[0])

    def add(self, known: Known) -> None:
        """Note what the API holds now.

        :raises DiskFullError: when there is no space left for the line.
        :raises DownloadError: when the system refuses to write it.
        """
        try:
            with _in_index():
                self._index.execute(_ADD, row_of(known))
        finally:  # the next run is to know of it, even where this one has no room
            self._note(known)

    def _note(self, known: Known) -> None:
        if self._descriptor < 0:
            return
        try:
            self._write(line_of(known))
        except OSError as error:
            raise _explained(known, self._path, error) from error

    def _write(self, line: Mapping[str, object]) -> None:
        # ASCII: a name on the disk may hold what no encoding has.
        written = os.write(self._descriptor, wanted := json.dumps(line).encode() + b"\n")
        if written < len(wanted):
            with suppress(OSError):
                os.ftruncate(self._descriptor, os.fstat(self._descriptor).st_size - written)
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    def close(self) -> None:
        """Bring the file to the disk's surface, and close it; harmless when done before."""
        descriptor, self._descriptor = self._descriptor, -1
        self._index.close()
        if descriptor >= 0:
            try:
                with suppress(OSError):  # some file systems cannot
                    os.fsync(descriptor)
            finally:
                os.close(descriptor)


def _lock(descriptor: int, path: Path) -> None:
    try:
        locked(descriptor)
    except BlockingIOError:
        raise UsageError(
            f"The manifest {path} is used by another run. Let it end, then run again; nothing "
            "was sent."
        ) from None


@contextmanager
def _in_index() -> Generator[None]:
    """Turn what the index refuses into a sentence."""
    try:
        yield
    except sqlite3.Error as error:
        raise DownloadError(
            "The table of uploaded files cannot be kept in the folder for temporary files: "
            f"{error}. Free some space there, or name another folder by the variable "
            "SQLITE_TMPDIR, and run again."
        ) from error


def _explained(known: Known, path: Path | None, error: OSError) -> DownloadError:
    what = f"{known.id} was uploaded as file {known.file_id}" if known.file_id else known.id
    if error.errno in {errno.ENOSPC, errno.EDQUOT}:
        return DiskFullError(
            f"{what}, but there is no space left to note it in {path}. Free some and run again."
        )
    return DownloadError(
        f"{what}, but that cannot be noted in {path}: {error.strerror or error}. Choose another "
        "place for the manifest, and run again."
    )
