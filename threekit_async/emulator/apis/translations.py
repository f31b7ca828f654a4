"""An organisation's table of texts: a CSV file, its first column the canonical texts."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING

from threekit_async.emulator.data.tables import TRANSLATIONS

if TYPE_CHECKING:
    from threekit_async.emulator.data.store import Store

CANONICAL = "Canonical Name"


def read_table(text: str) -> list[list[str]]:
    """Read CSV: a header with a name for each language, then rows of the same length.

    :raises ValueError: with what is wrong, when it is no such table.
    """
    try:
        rows = [row for row in csv.reader(io.StringIO(text.removeprefix("\ufeff"))) if row]
    except csv.Error as error:
        raise ValueError(str(error)) from None
    if not rows:
        raise ValueError("there is no header")
    for row in rows:
        if len(row) != len(rows[0]):
            raise ValueError(f"the row of {row[0]!r} has {len(row)} cells, not {len(rows[0])}")
    return rows


def write_table(rows: list[list[str]]) -> str:
    """Write CSV with every cell in quotes (seen in public integrations)."""
    text = io.StringIO()
    csv.writer(text, quoting=csv.QUOTE_ALL, lineterminator="\n").writerows(rows)
    return text.getvalue()


def kept_table(store: Store, org_id: str) -> list[list[str]]:
    """Return an organisation's table; at first it has the column of canonical texts only."""
    record = store.get(TRANSLATIONS, org_id)
    rows: list[list[str]] = record["rows"] if record else [[CANONICAL]]
    return rows


def keep_table(store: Store, org_id: str, rows: list[list[str]]) -> None:
    """Put a table in the place of the one before."""
    record = {"id": org_id, "orgId": org_id, "rows": rows}
    if store.get(TRANSLATIONS, org_id) is None:
        store.add(TRANSLATIONS, record)
    else:
        store.replace(TRANSLATIONS, record)


def texts_in(rows: list[list[str]], language: str | None) -> dict[str, str]:
    """Return what each canonical text is called in a language; nothing for an unknown one.

    Texts without a translation are left out (assumption).
    """
    header, *texts = rows
    if language not in header[1:]:
        return {}
    column = header.index(language, 1)
    return {row[0]: row[column] for row in texts if row[column]}
