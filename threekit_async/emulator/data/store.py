"""Records in SQLite: one JSON text each, with the columns that questions need beside it."""

from __future__ import annotations

import json
import sqlite3
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from threekit_async.emulator.data.filters import Filters
from threekit_async.emulator.data.identity import canonical
from threekit_async.emulator.data.tables import ALL, Table

if TYPE_CHECKING:
    from collections.abc import Generator, Iterable

Record = dict[str, Any]
OLDEST_FIRST = '"createdAt" ASC, seq ASC'
LATEST_FIRST = '"createdAt" DESC, seq DESC'


class Store:
    """Keep the records of every table. Statements are short, so they run on the event loop.

    :param path: a file, or ``":memory:"``.
    """

    def __init__(self, path: str) -> None:
        self._db = sqlite3.connect(path, isolation_level=None)
        self._db.execute("PRAGMA journal_mode = WAL")
        self._db.execute("PRAGMA synchronous = NORMAL")
        for statement in _schema():
            self._db.execute(statement)

    def add(self, table: Table, *records: Record) -> None:
        """Insert records, all or none."""
        self.add_many(table, records)

    def add_many(self, table: Table, records: Iterable[Record]) -> None:
        """Insert any number of records in one transaction."""
        marks = ", ".join("?" * (len(table.columns) + 1))
        names = ", ".join(f'"{name}"' for name in (*table.columns, "record"))
        statement = f'INSERT INTO "{table.name}" ({names}) VALUES ({marks})'  # noqa: S608
        with self.together():
            self._db.executemany(statement, (_row(table, record) for record in records))

    @contextmanager
    def together(self) -> Generator[None]:
        """Make what is written inside the block one whole: an error takes all of it back.

        A block inside a block belongs to the outer one.
        """
        if self._db.in_transaction:
            yield
            return
        with self._db:
            self._db.execute("BEGIN")
            yield

    def replace(self, table: Table, record: Record) -> None:
        """Put a record in the place of the one with its id."""
        names = (*table.columns, "record")
        changes = ", ".join(f'"{name}" = ?' for name in names)
        statement = f'UPDATE "{table.name}" SET {changes} WHERE id = ?'  # noqa: S608
        self._db.execute(statement, (*_row(table, record), record["id"]))

    def texts(
        self,
        table: Table,
        filters: Filters,
        *,
        order: str = OLDEST_FIRST,
        limit: int = -1,
        offset: int = 0,
    ) -> list[bytes]:
        """Return the JSON texts of the matching records; a limit of -1 means all of them."""
        rows = self.rows(
            f'SELECT CAST(record AS BLOB) FROM "{table.name}" '  # noqa: S608
            f"WHERE {filters.where()} ORDER BY {order} LIMIT ? OFFSET ?",
            (*filters.values, limit, offset),
        )
        return [text for (text,) in rows]

    def records(self, table: Table, filters: Filters, *, order: str = OLDEST_FIRST) -> list[Record]:
        """Return all matching records."""
        return [json.loads(text) for text in self.texts(table, filters, order=order)]

    def first(self, table: Table, filters: Filters, *, order: str = OLDEST_FIRST) -> Record | None:
        """Return the first matching record in the given order, or ``None``."""
        texts = self.texts(table, filters, order=order, limit=1)
        return json.loads(texts[0]) if texts else None

    def get(self, table: Table, record_id: str) -> Record | None:
        """Return the record with this id, or ``None``."""
        rows = self.rows(f'SELECT record FROM "{table.name}" WHERE id = ?', (record_id,))  # noqa: S608
        return json.loads(rows[0][0]) if rows else None

    def count(self, table: Table, filters: Filters | None = None) -> int:
        """Count the matching records."""
        chosen = filters or Filters()
        question = f'SELECT COUNT(*) FROM "{table.name}" WHERE {chosen.where()}'  # noqa: S608
        return int(self.rows(question, chosen.values)[0][0])

    def rows(self, question: str, values: Iterable[object] = ()) -> list[tuple[Any, ...]]:
        """Ask SQLite directly; used for the questions that are no plain listing."""
        return self._db.execute(question, tuple(values)).fetchall()

    def next_number(self) -> int:
        """Return 1, 2, 3 ... over the life of the data, restarts included."""
        statement = (
            "INSERT INTO marks VALUES ('number', 1) "
            "ON CONFLICT (name) DO UPDATE SET value = value + 1 RETURNING value"
        )
        return int(self.rows(statement)[0][0])

    def last_number(self) -> int:
        """Return the number that was given last, or 0."""
        return int(self.marked("number") or 0)

    def mark(self, name: str, value: str) -> None:
        """Remember a fact about the data itself, such as the seed it came from."""
        self._db.execute("INSERT OR REPLACE INTO marks VALUES (?, ?)", (name, value))

    def marked(self, name: str) -> str | None:
        """Return a remembered fact, or ``None``."""
        rows = self.rows("SELECT value FROM marks WHERE name = ?", (name,))
        return str(rows[0][0]) if rows else None

    def copy_to(self, other: Store) -> None:
        """Make the other store an exact copy of this one."""
        self._db.backup(other._db)

    def close(self) -> None:
        """Close the database."""
        self._db.close()


def _row(table: Table, record: Record) -> list[object]:
    values = [_cell(record.get(name)) for name in table.columns]
    told = {name: value for name, value in record.items() if name not in table.apart}
    return [*values, json.dumps(told, separators=(",", ":"), ensure_ascii=False)]


def _cell(value: object) -> object:
    """Keep plain values as they are; objects and arrays become canonical JSON."""
    plain = value is None or isinstance(value, str | int | float)
    return value if plain else canonical(value)


def _schema() -> Iterable[str]:
    yield "CREATE TABLE IF NOT EXISTS marks (name TEXT PRIMARY KEY, value) WITHOUT ROWID"
    for table in ALL:
        columns = ", ".join(f'"{name}"' for name in table.columns)
        yield (
            f'CREATE TABLE IF NOT EXISTS "{table.name}" '
            f"(seq INTEGER PRIMARY KEY, {columns}, record TEXT NOT NULL, UNIQUE (id))"
        )
        for number, names in enumerate(table.indexes):
            quoted = ", ".join(f'"{name}"' for name in names)
            yield (
                f'CREATE INDEX IF NOT EXISTS "{table.name}_{number}" ON "{table.name}" ({quoted})'
            )
