"""What a name template may ask of a file, and how that becomes text. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from typing import Any, TypeGuard

from attrs import frozen

from ..errors import UnsafeNameError
from .cleaning import clean, distinct

__all__ = ("IDENTITIES", "NameField", "Vocabulary")

IDENTITIES = frozenset({"id", "file_id", "hash"})
"""Fields that tell files apart: different values never give the same name."""

_KEY = re.compile(r"[\w-]([\w -]*[\w-])?")
_LIKENESS = 0.8
_EXACT_FLOAT = 2**53


@frozen
class NameField:
    """One field of a template: of the file's own record, or looked up in mappings.

    :param key: under which its value is found.
    :param places: the mappings it is looked up in, in this order; none for the record's own.
    """

    name: str
    key: str
    places: tuple[str, ...] = ()

    def text(self, values: Mapping[str, object]) -> str:
        """Return its value as a harmless piece of a name.

        :raises UnsafeNameError: when there is none, or it is no single value.
        """
        if self.places:
            return clean(self._single(self._found(values)))
        value = values.get(self.key)
        if self.key in IDENTITIES:
            return distinct(self._single(self._given(value)))
        return clean("none" if value is None else self._single(value))

    def _single(self, value: object) -> str:
        if isinstance(value, str):
            return value
        text = _text(value)
        if text is None:
            raise UnsafeNameError(
                f"The name template asks for {{{self.name}}}, which is no single value here but a "
                f"{type(value).__name__}. Use another field."
            )
        return text

    def _given(self, value: object) -> object:
        if value is None:
            raise UnsafeNameError(
                f"The name template asks for {{{self.name}}}, and this file has none. "
                "Use another field."
            )
        return value

    def _found(self, values: Mapping[str, object]) -> object:
        for _, mapping in self._mappings(values):
            if (value := mapping.get(self.key)) is not None:
                return value
        raise UnsafeNameError(
            f"The name template asks for {{{self.name}}}, and this file has none: looked for "
            f"{self.key!r} in {_enumerated(self.places)}. {self._hint(values)}"
        )

    def _mappings(self, values: Mapping[str, object]) -> Iterator[tuple[str, Mapping[str, object]]]:
        for place in self.places:
            mapping = values.get(place)
            if _is_mapping(mapping):
                yield place, mapping

    def _hint(self, values: Mapping[str, object]) -> str:
        for place, mapping in self._mappings(values):
            for key in mapping:
                if key.casefold() == self.key.casefold() and mapping[key] is not None:
                    return f"There is {{{place}.{key}}}."
        return "Put it there, or use another field."


@frozen
class Vocabulary:
    """What the fields of a template may be called.

    :param allowed: the record's own fields.
    :param places: where other names are looked up, in this order; none when there are no others.
    """

    allowed: frozenset[str]
    places: tuple[str, ...]

    def field(self, name: str) -> NameField:
        """Read what stands in braces.

        :raises ValueError: saying what is wrong with it.
        """
        if name in self.allowed:
            return NameField(name, name)
        if not self.places:
            return self._refused(name)
        place, dot, key = name.rpartition(".")
        if dot:
            return self._placed(name, place, key)
        return self._anywhere(name)

    def _refused(self, name: str) -> NameField:
        if not name.isidentifier():
            raise ValueError(f"a field is a plain name in braces, and {name!r} is more than that")
        raise ValueError(f"it asks for {name}; there is {', '.join(sorted(self.allowed))}")

    def _placed(self, name: str, place: str, key: str) -> NameField:
        if place not in self.places or not _KEY.fullmatch(key):
            raise ValueError(
                f"a field is a plain name in braces, or one in {_enumerated(self.places)} as "
                f"{{{self.places[0]}.sku}}; {name!r} is something else"
            )
        return NameField(name, key, (place,))

    def _anywhere(self, name: str) -> NameField:
        if name in self.places:
            raise ValueError(f"{{{name}}} is many values; say which, as {{{name}.sku}}")
        if not _KEY.fullmatch(name) or not name[0].isalpha():
            raise ValueError(f"a field is a plain name in braces, and {name!r} is more than that")
        if meant := self._meant(name):
            sayings = tuple(f"{{{place}.{name}}}" for place in self.places)
            raise ValueError(
                f"{{{name}}} looks like a slip for {{{meant}}}; where {name!r} is what it is "
                f"called, say where it is: {_enumerated(sayings)}"
            )
        return NameField(name, name, self.places)

    def _meant(self, name: str) -> str | None:
        """Return the field, or the place, that this one resembles too much to be another."""
        known = {said.casefold(): said for said in (*sorted(self.allowed), *self.places)}
        close = get_close_matches(name.casefold(), known, n=1, cutoff=_LIKENESS)
        return known[close[0]] if close else None


def _text(value: object) -> str | None:
    """Say a JSON value, or None when it is not a single one; that of an asset is its id."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer() and abs(value) < _EXACT_FLOAT:
        # JSON does not tell 2 from 2.0, and neither should the name.
        return str(int(value))
    if isinstance(value, (int, float)):
        return str(value)
    asset = value.get("assetId") if _is_mapping(value) else None
    return asset if isinstance(asset, str) else None


def _is_mapping(value: object) -> TypeGuard[Mapping[str, Any]]:
    return isinstance(value, Mapping)


def _enumerated(names: tuple[str, ...]) -> str:
    *others, last = names
    return f"{', '.join(others)} or {last}" if others else last
