"""Every row of a walk and where it was seen last, exactly, in flat memory."""

from __future__ import annotations

import sqlite3
from collections.abc import Hashable

from ..errors import ThreekitError

__all__ = ("Seen",)


class Seen:
    """Remember for each row in which sweep, and at which place of it, it was seen last.

    In a temporary database that SQLite keeps in memory while it is small, moves to a nameless
    file when it grows, and forgets when it is closed. A look-up takes some microseconds.
    """

    def __init__(self) -> None:
        # What is dropped may be closed by the collector, which runs on any thread.
        self._db = sqlite3.connect("", isolation_level=None, check_same_thread=False)
        self._db.execute("PRAGMA journal_mode = OFF")
        self._db.execute("PRAGMA synchronous = OFF")
        # A column without a type keeps bytes, text and numbers apart.
        self._db.execute("CREATE TABLE seen (row PRIMARY KEY, sweep INTEGER, place INTEGER)")
        # Never committed: nobody else looks.
        self._db.execute("BEGIN")

    def last(self, row: Hashable) -> tuple[int, int] | None:
        """Return the sweep in which a row was seen last, and its place there; None when never."""
        found = self._db.execute("SELECT sweep, place FROM seen WHERE row = ?", (_cell(row),))
        mark: tuple[int, int] | None = found.fetchone()
        return mark

    def note(self, row: Hashable, *, sweep: int, place: int) -> None:
        """Write down that a row was seen.

        :raises ThreekitError: when the temporary file cannot grow.
        """
        try:
            self._db.execute("REPLACE INTO seen VALUES (?, ?, ?)", (_cell(row), sweep, place))
        except sqlite3.Error as error:
            raise ThreekitError(
                "The walk keeps the ids of its rows in a temporary file, and that cannot be "
                f"written: {error}. Make room there, or set SQLITE_TMPDIR to another folder."
            ) from error

    def close(self) -> None:
        """Forget everything; harmless when done before."""
        self._db.close()


def _cell(row: Hashable) -> object:
    """Return a form of a row's id that SQLite compares as Python does.

    Text as bytes: it may hold half characters, which SQLite does not take. None as a number,
    because to SQLite nothing equals NULL.
    """
    if row is None:
        return 0
    return row.encode("utf-8", "surrogatepass") if isinstance(row, str) else repr(row)
