"""Turns JSON objects into records, quickly.

A server sends the same set of keys again and again. For each such *shape* a small function is
compiled that unpacks the values in order, checks their types in one expression and stores them;
keys it does not know go to `extra`. It reads row after row until one does not fit. That one (a
wrong type, a number where an integer was promised, an unreadable date) is read again field by
field, slowly, to convert it or to say which field is at fault.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from datetime import datetime
from functools import partial
from itertools import islice
from typing import (
    TYPE_CHECKING,
    Any,
    Generic,
    TypeAlias,
    TypeVar,
    get_args,
    get_origin,
    get_type_hints,
)

import attrs

from .fields import Field, FieldProblem, as_moment, as_number, described, is_record, members
from .unset import UNSET

if TYPE_CHECKING:
    from cattrs import Converter

__all__ = ("Reader",)

T = TypeVar("T")

_Run: TypeAlias = Callable[[Iterable[Any], Callable[[T], None]], None]
"""Reads rows of one shape, handing each record over, until one does not fit."""

_MOST_SHAPES = 256


class Reader(Generic[T]):
    """Read one class of records."""

    def __init__(self, cls: type[T], converter: Converter) -> None:
        self._cls = cls
        self._converter = converter
        hints = get_type_hints(cls)
        self._fields = [
            Field.of(attribute, hints[attribute.name])
            for attribute in attrs.fields(cls)  # type: ignore[arg-type]
            if attribute.name != "extra"
        ]
        self._shapes: dict[tuple[str, ...], _Run[T]] = {}
        # Storing into a frozen class goes through a slow call for every field. A twin with the
        # same slots is filled at full speed and then told which class it is.
        self._draft = type(cls.__name__, (), {"__slots__": vars(cls)["__slots__"]})

    def one(self, row: Any) -> T:
        """Read one JSON object."""
        read: list[T] = []
        self._quickly([row], read)
        return read[0] if read else self._slowly(row)

    def many(self, rows: Any) -> list[T]:
        """Read a JSON array of objects."""
        if rows.__class__ is not list:
            raise FieldProblem("", f"is {described(rows)}, not an array")
        read: list[T] = []
        while (index := len(read)) < len(rows):
            self._quickly(rows, read)
            if len(read) == index:
                read.append(self._slowly_at(rows[index], index))
        return read

    def _quickly(self, rows: list[Any], read: list[T]) -> None:
        """Read on from where `read` ends, as long as rows have the shape of the first one."""
        row = rows[len(read)]
        run = self._shapes.get(tuple(row)) if row.__class__ is dict else None
        if run is not None:
            # What cannot be read ends the run; the slow path says what is wrong with it.
            with suppress(TypeError, ValueError):
                run(islice(rows, len(read), None), read.append)

    def _slowly_at(self, row: Any, index: int) -> T:
        try:
            return self._slowly(row)
        except FieldProblem as problem:
            raise problem.under(f"[{index}]") from None

    def _slowly(self, row: Any) -> T:
        if row.__class__ is not dict:
            raise FieldProblem("", f"is {described(row)}, not an object")
        shape = tuple(row)
        if shape and shape not in self._shapes and len(self._shapes) < _MOST_SHAPES:
            self._shapes[shape] = self._compiled(shape)
        fields = [item.among(row) for item in self._fields]
        values = {
            item.name: self._value(item, row[item.wire]) if item.wire in row else self._absent(item)
            for item in fields
        }
        known = {item.wire for item in fields}
        extra = {key: value for key, value in row.items() if key not in known}
        make: Any = self._cls
        made: T = make(**values, extra=extra)
        return made

    def _absent(self, item: Field) -> Any:
        if not item.optional:
            raise FieldProblem(f".{item.wire}", "is missing or null")
        return item.absent()

    def _value(self, item: Field, value: Any) -> Any:
        if value is None:
            return item.null() if item.optional else self._absent(item)
        if item.plain is None or value.__class__ in item.plain:
            return value
        if (meant := item.stands_for(value)) is not UNSET:
            return meant
        try:
            return self._converted(item, value)
        except FieldProblem as problem:
            raise problem.under(f".{item.wire}") from None

    def _converted(self, item: Field, value: Any) -> Any:
        if item.read is not None:
            return _made(item.read, value)
        if item.plain:
            return as_number(item.plain, value)
        for kind in members(item.kind):
            if kind is datetime:
                return as_moment(value)
            if get_origin(kind) is Sequence and not is_record(get_args(kind)[0]):
                return self._listed(get_args(kind)[0], value)
            if kind is not type(None):
                return self._converter.structure(value, kind)
        raise FieldProblem("", f"{value!r} is not null")

    def _listed(self, kind: Any, value: Any) -> list[Any]:
        if value.__class__ is not list:
            raise FieldProblem("", f"is {described(value)}, not an array")
        for index, element in enumerate(value):
            if kind is not Any and element.__class__ not in members(kind):
                raise FieldProblem(f"[{index}]", f"is {described(element)}")
        return list(value)

    def _compiled(self, shape: tuple[str, ...]) -> _Run[T]:
        """Compile the reader of objects with exactly these keys, in this order."""
        names = {key: f"v{index}" for index, key in enumerate(shape)}
        fields = [item.among(names) for item in self._fields]
        given = {item.wire: item for item in fields if item.wire in names}
        space: dict[str, Any] = {
            "shape": list(shape),
            "new": object.__new__,
            "draft": self._draft,
            "cls": self._cls,
            "moment": datetime.fromisoformat,
            "UNSET": UNSET,
        }
        tests = ["row.__class__ is dict", "[*row] == shape"]
        lines = [_unless(tests), f"{', '.join(names.values())}, = row.values()"]
        checked = [key for key, item in given.items() if item.plain is None or item.plain]
        lines.append(_unless([given[key].test(names[key]) for key in checked]))
        stored = {i.name: self._stored(i, names.get(i.wire), space) for i in fields}
        lines.append("made = new(draft)")
        lines += [f"made.{name} = {expression}" for name, expression in stored.items()]
        unknown = ", ".join(f"{key!r}: {names[key]}" for key in shape if key not in given)
        lines += [f"made.extra = {{{unknown}}}", "made.__class__ = cls", "add(made)"]
        # Only positions and quoted keys of the server's object reach this text.
        exec("def run(rows, add):\n for row in rows:\n  " + "\n  ".join(lines), space)  # noqa: S102
        run: _Run[T] = space["run"]
        return run

    def _stored(self, item: Field, value: str | None, space: dict[str, Any]) -> str:
        """Write the expression of what is stored in a field."""
        if value is None:
            if not item.optional:
                space[f"of_{item.name}"] = partial(self._absent, item)
                return f"of_{item.name}()"
            return repr(item.absent())
        if item.plain is None or item.plain:
            return value
        if item.read is None and datetime in members(item.kind):
            return f"None if {value} is None else moment({value})"
        space[f"of_{item.name}"] = partial(self._value, item)
        return f"of_{item.name}({value})"


def _made(read: Callable[[Any], Any], value: Any) -> Any:
    try:
        return read(value)
    except FieldProblem:
        raise
    except ValueError as error:
        raise FieldProblem("", str(error)) from None


def _unless(tests: list[str]) -> str:
    return f"if not ({' and '.join(tests) or 'True'}): return"
