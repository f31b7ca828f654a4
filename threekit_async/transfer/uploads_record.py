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
from collections.abc import Generator, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path
from typing import Any, Final, Self

from attrs import asdict, define, field, fields_dict, frozen
from attrs.validators import and_, ge, instance_of, le, matches_re, optional

from ..errors import DiskFullError, DownloadError, UsageError
from .locking import locked
from .manifest import complete_lines
from .opening import FLAGS

__all__ = ("Known", "UploadsRecord")

_VERSION: Final = 1
_HEADER_START: Final = b'{"threekit_uploads": '
# What the index can hold, and far more than any file.
_MOST: Final = 2**63 - 1


def _is_whole(_known: object, _attribute: object, value: object) -> None:
    # True is an int to Python.
    if value.__class__ is not int:
        raise TypeError("not a whole number")


def _is_unicode(_known: object, _attribute: object, value: str) -> None:
    # Half of a surrogate pair can be escaped in JSON, and the index takes none.
    value.encode()


_TEXT = instance_of(str)
_UNICODE = and_(_TEXT, _is_unicode)
_TABLES = """
PRAGMA journal_mode = OFF;
PRAGMA synchronous = OFF;
CREATE TABLE known (
    id BLOB, name TEXT, size INTEGER, sha256 TEXT, modified INTEGER,
    file_id TEXT, job_id TEXT, imported TEXT
);
CREATE INDEX known_by_id ON known (id);
CREATE INDEX known_by_sha256 ON known (sha256);
CREATE TABLE names (name TEXT PRIMARY KEY, owner BLOB);
"""


@frozen(kw_only=True)
class Known:
    """A file the API holds.

    :param id: where it came from, as `chairs/oak.png` in a folder.
    :param name: its name there.
    :param modified: when it was changed last, in nanoseconds; 0 for what was no file on disk.
    :param file_id: of its record; None when only its bytes were found there.
    :param job_id: of the import that was started for it.
    :param imported: how it was imported; see `Uploader.imported`.
    """

    id: str = field(validator=_TEXT)
    name: str = field(validator=_UNICODE)
    size: int = field(validator=and_(_is_whole, ge(0), le(_MOST)))
    sha256: str = field(validator=and_(_TEXT, matches_re("[0-9a-f]{64}")))
    modified: int = field(default=0, validator=and_(_is_whole, ge(-_MOST - 1), le(_MOST)))
    file_id: str | None = field(default=None, validator=optional(_UNICODE))
    job_id: str | None = field(default=None, validator=optional(_UNICODE))
    imported: str | None = field(default=None, validator=optional(_UNICODE))


_FIELDS: Final = tuple(fields_dict(Known))
_READ: Final = f"SELECT {', '.join(_FIELDS)} FROM known"  # noqa: S608  # names of ours
_ADD: Final = f"INSERT INTO known VALUES ({', '.join('?' * len(_FIELDS))})"  # noqa: S608


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
                raise _no_record(path)
            _lock(self._descriptor, path)
            self._load(path, place)
            self._write({"threekit_uploads": _VERSION, **place})
        except OSError as error:
            if path.is_symlink():
                raise _no_record(path) from error
            raise UsageError(
                f"The manifest {path} cannot be written: {error.strerror or error}. Choose "
                "another place for it; nothing was sent."
            ) from error

    def _load(self, path: Path, place: Mapping[str, object]) -> None:
        reading = _Reading(self._descriptor, path, place)
        with _in_index():
            self._index.execute("BEGIN")
            self._index.executemany(_ADD, _rows(reading.entries()))
            self._index.execute("COMMIT")
        # What a killed process left of its last line would swallow the next one.
        if os.fstat(self._descriptor).st_size > reading.size:
            os.ftruncate(self._descriptor, reading.size)

    def unchanged(self, id: str, *, size: int, modified: int) -> Known | None:  # noqa: A002
        """Return what is known of a file of this place, length and time."""
        return self._newest("id = ? AND size = ? AND modified = ?", _stored(id), size, modified)

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
        if row is None:
            return None
        found: dict[str, Any] = dict(zip(_FIELDS, row, strict=True))
        found["id"] = _read(row[0])
        return Known(**found)

    def claim(self, name: str, owner: str) -> str:
        """Give a name to the first who asks for it in this run, and say who has it."""
        run = self._index.execute
        with _in_index():
            run("INSERT OR IGNORE INTO names VALUES (?, ?)", (name, _stored(owner)))
            found = run("SELECT owner FROM names WHERE name = ?", (name,)).fetchone()
        return _read(found[0])

    def add(self, known: Known) -> None:
        """Note what the API holds now.

        :raises DiskFullError: when there is no space left for the line.
        :raises DownloadError: when the system refuses to write it.
        """
        try:
            with _in_index():
                self._index.executemany(_ADD, _rows((known,)))
        finally:  # the next run is to know of it, even where this one has no room
            self._note(known)

    def _note(self, known: Known) -> None:
        if self._descriptor < 0:
            return
        try:
            self._write({key: value for key, value in asdict(known).items() if value is not None})
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


@define
class _Reading:
    """Reads the lines of one place. What cannot be read is skipped: the API is asked then.

    `size` is where the last complete line ends that was read.
    """

    _descriptor: int
    _path: Path
    _place: Mapping[str, object]
    size: int = field(default=0, init=False)

    def entries(self) -> Iterator[Known]:
        ours = False
        for length, line in complete_lines(self._descriptor, partial(_check_beginning, self._path)):
            if not self.size:
                _check_beginning(self._path, line)
            self.size += length
            data = _decoded(line)
            if "threekit_uploads" in data:
                _check_version(data["threekit_uploads"], self._path)
                ours = all(data.get(key) == value for key, value in self._place.items())
            elif ours and (known := _known(data)) is not None:
                yield known


def _check_beginning(path: Path, line: bytes) -> None:
    if not line.startswith(_HEADER_START):
        raise _no_record(path)


def _decoded(line: bytes) -> dict[str, Any]:
    """Read a line; empty when it says nothing that can be believed."""
    try:
        data: Any = json.loads(line.decode())
    except (ValueError, RecursionError):
        return {}
    return data if data.__class__ is dict else {}


def _known(data: Mapping[str, Any]) -> Known | None:
    try:
        return Known(**{key: data[key] for key in _FIELDS if key in data})
    except (ValueError, TypeError):
        return None


def _check_version(version: object, path: Path) -> None:
    if isinstance(version, bool) or not isinstance(version, int) or version < _VERSION:
        raise _no_record(path)
    if version > _VERSION:
        raise UsageError(
            f"The manifest {path} was written by a newer version of this package. Use that one, "
            "or another manifest; nothing was sent."
        )


def _lock(descriptor: int, path: Path) -> None:
    try:
        locked(descriptor)
    except BlockingIOError:
        raise UsageError(
            f"The manifest {path} is used by another run. Let it end, then run again; nothing "
            "was sent."
        ) from None


def _rows(entries: Iterable[Known]) -> Iterator[tuple[object, ...]]:
    for known in entries:
        values = (getattr(known, key) for key in _FIELDS[1:])
        yield (_stored(known.id), *values)


def _stored(name: str) -> bytes:
    # A name on the disk may hold halves of characters, which the index does not take as text.
    return name.encode("utf-8", "surrogatepass")


def _read(name: bytes) -> str:
    return name.decode("utf-8", "surrogatepass")


def _no_record(path: Path) -> UsageError:
    return UsageError(
        f"{path} is there and is no manifest of uploads: nothing was written to it. Choose "
        "another name for the manifest; nothing was sent."
    )


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
