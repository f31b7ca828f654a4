"""The file of a cache: one sqlite3 database, shared by processes and allowed to fail."""

from __future__ import annotations

import logging
import os
import sqlite3
import stat
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import TypeVar
from weakref import WeakSet

__all__ = ("CacheFile",)

T = TypeVar("T")

_logger = logging.getLogger("threekit_async")

_APPLICATION = 0x3D4B1700
_VERSION = 1
_PATIENCE = 0.05
_REST = 10.0
_SALT = 32
_TABLES = (
    "DROP TABLE IF EXISTS kept",
    "DROP TABLE IF EXISTS held",
    "CREATE TABLE held (entries INTEGER NOT NULL, bytes INTEGER NOT NULL, salt BLOB NOT NULL)",
    "INSERT INTO held VALUES (0, 0, randomblob(32))",
    (
        "CREATE TABLE kept (key BLOB PRIMARY KEY, used INTEGER NOT NULL, size INTEGER NOT NULL, "
        "digest BLOB NOT NULL, headers BLOB NOT NULL, body BLOB NOT NULL)"
    ),
    "CREATE INDEX kept_by_use ON kept (used, size)",
    (
        "CREATE TRIGGER kept_more AFTER INSERT ON kept BEGIN "
        "UPDATE held SET entries = entries + 1, bytes = bytes + new.size; END"
    ),
    (
        "CREATE TRIGGER kept_less AFTER DELETE ON kept BEGIN "
        "UPDATE held SET entries = entries - 1, bytes = bytes - old.size; END"
    ),
    f"PRAGMA application_id = {_APPLICATION}",
    f"PRAGMA user_version = {_VERSION}",
)
# SQLITE_ERROR: the statements here can only fail on tables that are not what they should be.
_BROKEN = {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_ERROR}


class CacheFile:
    """Open a cache's file when it is first needed, and do one thing at a time with it.

    Nothing here raises. What cannot be done is left out, and said once in the log; then the file
    is left alone for ten seconds, so that calls do not wait for it again and again. A broken file
    is renamed to `cache.db.broken` and begun anew.
    """

    def __init__(self, path: Path) -> None:
        self.salt: bytes = b""
        self._path = path
        # A client lives in one thread, but its cache may be another client's too.
        self._lock = threading.RLock()
        self._connection: sqlite3.Connection | None = None
        self._opened: os.stat_result | None = None
        self._closed = False
        self._warned = False
        self._resting_until = 0.0

    def tried(self, work: Callable[[sqlite3.Connection], T]) -> T | None:
        """Do one thing with the file; None when it cannot be done."""
        with self._lock:
            if self._closed or time.monotonic() < self._resting_until:
                return None
            try:
                return work(self._connected())
            except (sqlite3.Error, OSError) as error:
                self._failed(error)
                return None

    def close(self) -> None:
        """Close the file for good; harmless when done before."""
        with self._lock:
            self._closed = True
            self._disconnect()

    def hold(self) -> None:
        """Close the file and let no thread open it until `let_go()`."""
        self._lock.acquire()
        with suppress(sqlite3.Error):
            self._disconnect()

    def let_go(self) -> None:
        """Let the file be opened again, by whoever needs it first."""
        self._lock.release()

    def __del__(self) -> None:
        # A client that nobody closed says so itself: once is enough.
        with suppress(Exception):
            self._disconnect()

    def _connected(self) -> sqlite3.Connection:
        if self._connection is None:
            _prepare(self._path)
            self._opened = self._path.stat()
            _close_before_forks(self)
            self._connection = sqlite3.connect(
                self._path, timeout=_PATIENCE, isolation_level=None, check_same_thread=False
            )
            self.salt = _readied(self._connection)
        return self._connection

    def _disconnect(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()

    def _failed(self, error: sqlite3.Error | OSError) -> None:
        """Say once what is wrong, and leave the file alone for a while, or begin it anew."""
        with suppress(sqlite3.Error):
            self._disconnect()
        broken = getattr(error, "sqlite_errorcode", 0) & 0xFF in _BROKEN and self._set_aside()
        if self._warned or not broken:
            self._resting_until = time.monotonic() + _REST
        if not self._warned:
            self._warned = True
            then = "It is begun anew." if broken else "Calls go on without it."
            _logger.warning("The cache %s cannot be used: %s. %s", self._path, error, then)

    def _set_aside(self) -> bool:
        """Rename a broken file; another process may have done so already."""
        try:
            if self._opened and os.path.samestat(self._opened, self._path.stat()):
                self._path.replace(self._path.with_name("cache.db.broken"))
                for suffix in ("-wal", "-shm"):
                    self._path.with_name(f"cache.db{suffix}").unlink(missing_ok=True)
        except FileNotFoundError:
            pass
        except OSError:
            return False
        return True


def _prepare(file: Path) -> None:
    """Make folder and file, for their owner only."""
    file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    # Only a new file is opened here: closing an open one would end sqlite's locks on it.
    with suppress(FileExistsError):
        os.close(os.open(file, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
    mode = file.stat().st_mode
    if not stat.S_ISREG(mode):
        raise OSError(f"{file} is no file")
    if mode & 0o077:
        with suppress(OSError):
            file.chmod(0o600)


def _readied(database: sqlite3.Connection) -> bytes:
    """Set a connection up, make the tables where they are missing, and return the salt."""
    _in_log_mode(database)
    database.execute("PRAGMA synchronous = OFF")
    database.execute("PRAGMA journal_size_limit = 16000000")
    if _mark(database) != (_APPLICATION, _VERSION):
        _make_tables(database)
    return _salt_of(database)


def _salt_of(database: sqlite3.Connection) -> bytes:
    rows = database.execute("SELECT salt FROM held").fetchall()
    salt = rows[0][0] if len(rows) == 1 else None
    if not isinstance(salt, bytes) or len(salt) != _SALT:
        error = sqlite3.DatabaseError("its first table is damaged")
        error.sqlite_errorcode = sqlite3.SQLITE_CORRUPT
        raise error
    return salt


def _in_log_mode(database: sqlite3.Connection) -> None:
    """Turn the write-ahead log on; of several processes that begin, one can."""
    for left in reversed(range(10)):
        try:
            database.execute("PRAGMA journal_mode = WAL")
            return
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY or not left:
                raise
            time.sleep(0.005)


def _mark(database: sqlite3.Connection) -> tuple[int, int]:
    application: int = database.execute("PRAGMA application_id").fetchone()[0]
    version: int = database.execute("PRAGMA user_version").fetchone()[0]
    return application, version


def _make_tables(database: sqlite3.Connection) -> None:
    database.execute("BEGIN IMMEDIATE")
    # Asked again: another process may have made them before the lock was had.
    application, version = _mark(database)
    if application != _APPLICATION and _has_tables(database):
        raise sqlite3.OperationalError("it is another program's database")
    if version != _VERSION or application != _APPLICATION:
        for statement in _TABLES:
            database.execute(statement)
    database.execute("COMMIT")


def _has_tables(database: sqlite3.Connection) -> bool:
    return bool(database.execute("SELECT count(*) FROM sqlite_master").fetchone()[0])


_files: WeakSet[CacheFile] = WeakSet()
_held: list[CacheFile] = []
_watching: list[bool] = []


def _close_before_forks(file: CacheFile) -> None:
    """Have a file closed at each fork: neither connections nor their locks survive one."""
    _files.add(file)
    if not _watching and hasattr(os, "register_at_fork"):
        _watching.append(True)
        os.register_at_fork(
            before=_before_fork, after_in_parent=_after_fork, after_in_child=_after_fork
        )


def _before_fork() -> None:
    for file in tuple(_files):
        file.hold()
        _held.append(file)


def _after_fork() -> None:
    while _held:
        _held.pop().let_go()
