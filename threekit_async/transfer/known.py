"""What is known of a file that was uploaded: a line of the record, and a row of its index. Pure."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any, Final

from attrs import asdict, field, fields_dict, frozen
from attrs.validators import and_, ge, instance_of, le, matches_re, optional

__all__ = (
    "COLUMNS",
    "Known",
    "decoded",
    "known_in",
    "known_of",
    "line_of",
    "row_of",
    "stored",
    "unstored",
)

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


@frozen(kw_only=True)
class Known:
    """A file the API holds.

    :param id: where it came from, as `chairs/oak.png` in a folder.
    :param name: its name there.
    :param path: where it lay on disk, from the root on, as other folders may have an `id` like it;
        None for what was no file.
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
    path: str | None = field(default=None, validator=optional(_TEXT))


COLUMNS: Final = tuple(fields_dict(Known))
"""Of the index, in their order."""


def decoded(line: bytes) -> dict[str, Any]:
    """Read a line; empty when it says nothing that can be believed."""
    try:
        data: Any = json.loads(line.decode())
    except (ValueError, RecursionError):
        return {}
    return data if data.__class__ is dict else {}


def known_in(data: Mapping[str, Any]) -> Known | None:
    """Return what a line says; None when it cannot be believed."""
    try:
        return Known(**{key: data[key] for key in COLUMNS if key in data})
    except (ValueError, TypeError):
        return None


def line_of(known: Known) -> dict[str, Any]:
    """Return what a line says of it."""
    return {key: value for key, value in asdict(known).items() if value is not None}


def row_of(known: Known) -> tuple[object, ...]:
    """Return its row; `known_of` reads it back."""
    path = None if known.path is None else stored(known.path)
    return (stored(known.id), *(getattr(known, key) for key in COLUMNS[1:-1]), path)


def known_of(row: Sequence[Any]) -> Known:
    """Return what a row was made of."""
    plain = dict(zip(COLUMNS[1:-1], row[1:-1], strict=True))
    path = None if row[-1] is None else unstored(row[-1])
    return Known(id=unstored(row[0]), path=path, **plain)


def stored(name: str) -> bytes:
    """Encode a name on the disk, which may hold halves of characters: no text to the index."""
    return name.encode("utf-8", "surrogatepass")


def unstored(name: bytes) -> str:
    """Return the name that was `stored`."""
    return name.decode("utf-8", "surrogatepass")
