"""Conditions of a question to the store, collected one by one."""

from __future__ import annotations

from types import NoneType
from typing import TYPE_CHECKING

from attrs import define, field

from threekit_async.emulator.data.identity import canonical

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

Value = str | int | float | None


@define
class Filters:
    """Collect conditions; all of them must hold."""

    clauses: list[str] = field(factory=list[str])
    values: list[Value] = field(factory=list[Value])

    def equals(self, column: str, value: Value) -> None:
        """Keep rows whose column has this value; ``None`` means null."""
        self._add(f'"{column}" IS ?', value)

    def differs(self, column: str, value: Value) -> None:
        """Keep rows whose column has another value; ``None`` means null."""
        self._add(f'"{column}" IS NOT ?', value)

    def among(self, column: str, values: Sequence[Value]) -> None:
        """Keep rows whose column has one of these values."""
        self._add(f'"{column}" IN ({", ".join("?" * len(values))})', *values)

    def between(self, column: str, first: str | None, last: str | None) -> None:
        """Keep rows whose text lies between two others, both included; ``None`` is no bound."""
        if first is not None:
            self._add(f'"{column}" >= ?', first)
        if last is not None:
            self._add(f'"{column}" <= ?', last)

    def either(self, columns: tuple[str, ...], value: Value) -> None:
        """Keep rows where one of the columns has this value."""
        choice = " OR ".join(f'"{column}" IS ?' for column in columns)
        self._add(f"({choice})", *[value] * len(columns))

    def contains(self, column: str, text: str) -> None:
        """Keep rows whose column contains the text, in any letter case."""
        self._add(f'instr(lower("{column}"), lower(?)) > 0', text)

    def same_json(self, column: str, wanted: Mapping[str, object]) -> None:
        """Keep rows whose object is exactly this one, in any key order."""
        self.equals(column, canonical(wanted))

    def has_item(self, column: str, item: str) -> None:
        """Keep rows whose array holds the item."""
        probe = f'SELECT 1 FROM json_each("{column}") WHERE value = ?'  # noqa: S608
        self._add(f"EXISTS ({probe})", item)

    def has_entries(self, column: str, wanted: Mapping[str, object]) -> None:
        """Keep rows whose object has each of these keys with just this value."""
        entry = "key = ? AND type = ? AND value IS ?"
        probe = f'SELECT 1 FROM json_each("{column}") WHERE {entry}'  # noqa: S608
        for key, value in wanted.items():
            self._add(f"EXISTS ({probe})", key, *_typed(value))

    def where(self) -> str:
        """Return the condition as SQL; the values go beside it."""
        return " AND ".join(self.clauses) or "1"

    def _add(self, clause: str, *values: Value) -> None:
        self.clauses.append(clause)
        self.values.extend(values)


_TYPES: Mapping[object, str] = {
    NoneType: "null",
    int: "integer",
    float: "real",
    str: "text",
    list: "array",
}


# SQLite keeps larger integers as floating-point numbers.
_LARGEST = 2**63 - 1


def _typed(value: object) -> tuple[str, Value]:
    """Name a JSON value as SQLite's json_each does; without the type, true would equal 1."""
    if isinstance(value, bool):
        return ("true" if value else "false"), int(value)
    if isinstance(value, int) and abs(value) > _LARGEST:
        return "integer", float(value)
    if value is None or isinstance(value, int | float | str):
        return _TYPES[type(value)], value
    return _TYPES.get(type(value), "object"), canonical(value)
