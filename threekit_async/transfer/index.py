"""The entries of a ledger as a table that does not grow in memory."""

from __future__ import annotations

import sqlite3
from typing import Any, TypeAlias

from attrs import define, field

from ..errors import DownloadError
from .entries import Entry
from .sieve import Sieve

__all__ = ("Index", "Row", "row")

Row: TypeAlias = tuple[Any, ...]

# Rows that wait to be put together: one at a time they cost three times as much.
_TOGETHER = 512
# What a run keeps in memory, however many files there are; the rest goes to a temporary file.
_CACHE_KIB = 8000

# Keys are Python's hashes, good for one process, as the table is. An index of numbers takes a
# fourth of the room, so that more of it stays in memory.
_TABLES = """
pragma journal_mode = off;
pragma synchronous = off;
pragma locking_mode = exclusive;
pragma temp_store = file;
pragma cache_size = -{cache};
create table entries (
    at integer primary key, id text, file_id text, name text, size integer, sha256 text,
    modified integer, checked integer, sure integer, mine integer,
    id_key integer, file_key integer, name_key integer, sha256_key integer
);
create unique index by_name on entries (name_key);
create table claims (name text primary key, owner text) without rowid;
begin;
"""
_ID_KEY, _FILE_KEY, _SHA256_KEY = 10, 11, 13
_LOOKUPS = (
    "create index if not exists by_id on entries (id_key) where mine",
    "create index if not exists by_file on entries (file_key)",
    "create index if not exists by_sha256 on entries (sha256_key)",
)
_PUT = "insert or replace into entries values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
_ENTRY = "select id, file_id, name, size, sha256, modified, checked, sure from entries "
_NEWEST = " order by at desc limit 1"
_DONE = _ENTRY + "where id_key = ? and mine and id = ? and file_id = ?" + _NEWEST
_BY_FILE = _ENTRY + "where file_key = ? and file_id = ?" + _NEWEST
_BY_NAME = _ENTRY + "where name_key = ? and name = ?"
_BY_SHA256 = _ENTRY + "where sha256_key = ? and sha256 = ?" + _NEWEST


def _connected() -> sqlite3.Connection:
    # An empty name is a database that is on disk as far as it outgrows its cache, and goes away.
    database = sqlite3.connect("", isolation_level=None, check_same_thread=False)
    database.executescript(_TABLES.format(cache=_CACHE_KIB))
    return database


def row(entry: Entry, *, at: int, mine: bool, sure: bool) -> Row:
    """Make the row for an entry; of two with one name, the one put later stays.

    :param at: which is newer, and where its line ends in the manifest.
    :param mine: it was written under the template of this run.
    """
    identity, file_id, name, sha256 = entry.id, entry.file_id, entry.name, entry.sha256
    return (
        *(at, identity, file_id, name, entry.size, sha256, entry.modified, entry.checked),
        *(sure, mine, hash(identity), hash(file_id), hash(name), hash(sha256)),
    )


@define
class Index:
    """Finds entries by id, file id, sha256; names by who has them.

    A few microseconds a call, on the caller's thread, and 9 MB of memory at most; what does not
    fit is in a temporary file that nobody else sees, and that is never synced. What was never put
    in is mostly known without a look into the table. Every method raises DownloadError when that
    file cannot be written.
    """

    _database: sqlite3.Connection = field(factory=_connected, init=False)
    _sieve: Sieve = field(factory=Sieve, init=False)
    _waiting: list[Row] = field(factory=list[Row], init=False)

    def put(self, row: Row) -> None:
        """Add an entry, in place of another of the same name."""
        self._sieve.add(row[_ID_KEY], row[_FILE_KEY], row[_SHA256_KEY])
        self._waiting.append(row)
        if len(self._waiting) >= _TOGETHER:
            self._settle()

    def _settle(self) -> None:
        """Put in what waits, before the table is asked."""
        rows, self._waiting = self._waiting, []
        try:
            self._database.executemany(_PUT, rows)
        except sqlite3.Error as error:
            raise _without_room(error) from error

    def build(self) -> None:
        """Make it quick to find entries; after many were put, because sorting is cheaper then."""
        for lookup in _LOOKUPS:
            self._run(lookup, ())

    def drop(self, name: str) -> None:
        """Forget the entry with this name."""
        self._run("delete from entries where name_key = ? and name = ?", (hash(name), name))

    def vouch(self, since: int, until: int) -> None:
        """Be sure of the entries whose lines lie between two places."""
        self._run("update entries set sure = 1 where at > ? and at <= ?", (since, until))

    def done(self, id: str, file_id: str) -> Entry | None:  # noqa: A002
        """Find the newest entry for an id and file id among those of this run's template."""
        key = hash(id)
        return self._one(_DONE, (key, id, file_id)) if self._sieve.may_hold(key) else None

    def with_file(self, file_id: str) -> Entry | None:
        """Find the newest entry with this file id."""
        key = hash(file_id)
        return self._one(_BY_FILE, (key, file_id)) if self._sieve.may_hold(key) else None

    def named(self, name: str) -> Entry | None:
        """Find the entry with this name."""
        return self._one(_BY_NAME, (hash(name), name))

    def with_sha256(self, sha256: str) -> Entry | None:
        """Find the newest entry with this sha256."""
        key = hash(sha256)
        return self._one(_BY_SHA256, (key, sha256)) if self._sieve.may_hold(key) else None

    def names(self, since: int, until: int, *, most: int) -> list[tuple[int, str]]:
        """List the first names with lines between two places, each with where its line ends."""
        return self._run(
            "select at, name from entries where at > ? and at <= ? order by at limit ?",
            (since, until, most),
        ).fetchall()

    def claim(self, name: str, owner: str) -> str:
        """Return who has a name; the first who claims it has it."""
        if self._run("insert or ignore into claims values (?, ?)", (name, owner)).rowcount:
            return owner
        found = self._run("select owner from claims where name = ?", (name,)).fetchone()
        return str(found[0])

    def close(self) -> None:
        """Let the table go; harmless twice."""
        self._database.close()

    def _one(self, query: str, values: Row) -> Entry | None:
        found = self._run(query, values).fetchone()
        if found is None:
            return None
        identity, file_id, name, size, sha256, modified, checked, sure = found
        return Entry(
            id=identity,
            file_id=file_id,
            name=name,
            size=size,
            sha256=sha256,
            modified=modified,
            checked=checked == 1,
            sure=sure == 1,
        )

    def _run(self, query: str, values: Row) -> sqlite3.Cursor:
        if self._waiting:
            self._settle()
        try:
            return self._database.execute(query, values)
        except sqlite3.Error as error:
            raise _without_room(error) from error


def _without_room(error: sqlite3.Error) -> DownloadError:
    return DownloadError(
        f"The table of finished files cannot be kept in the folder for temporary files: {error}. "
        "Free some space there, or name another folder by the variable SQLITE_TMPDIR."
    )
