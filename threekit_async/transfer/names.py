"""Where a file goes: safe relative names from templates. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from string import Formatter
from unicodedata import normalize

from attrs import frozen

from ..errors import UnsafeNameError, UsageError
from .cleaning import (
    LONGEST_NAME,
    MANIFEST_NAME,
    NOTES_SUFFIX,
    PART_SUFFIX,
    clean_part,
    harmless,
    same_name,
)
from .name_fields import IDENTITIES, NameField, Vocabulary

__all__ = ("MANIFEST_NAME", "NOTES_SUFFIX", "PART_SUFFIX", "NameTemplate", "same_name")

_LONGEST_PATH = 1000
_HOLE = re.compile(r"%[s%]")
# What no id has in it once it is cleaned; "" is an end.
_EDGES = frozenset({"", ".", " "})


@frozen
class _Part:
    """One folder, or the file: text with holes, and what fills them."""

    pattern: str
    fields: tuple[NameField, ...]
    guarded: bool

    def shows_identity(self) -> bool:
        """Tell whether an id stands between the part's ends, or dots and blanks."""
        holes = (found for found in _HOLE.finditer(self.pattern) if found[0] == "%s")
        return any(
            field.key in IDENTITIES
            and not field.places
            and self.pattern[: hole.start()][-1:] in _EDGES
            and self.pattern[hole.end() :][:1] in _EDGES
            for field, hole in zip(self.fields, holes, strict=True)
        )

    def filled(self, values: Mapping[str, object]) -> str:
        texts = tuple([field.text(values) for field in self.fields])
        part = clean_part(self.pattern % texts, guarded=self.guarded)
        if _is_longer(part, LONGEST_NAME):
            raise UnsafeNameError(
                f"The name {part[:60]!r}... is longer than {LONGEST_NAME} bytes. "
                "Use fewer fields in the name template."
            )
        return part


@frozen
class NameTemplate:
    """A template of relative file names, as `{asset_id}/{id}.{ext}`.

    `/` separates folders. Values are cleaned one by one, so that nothing a server sends can add a
    folder, leave the target, or be a name that some system refuses.
    """

    text: str
    parts: tuple[_Part, ...]
    #: What `render` must be given: fields of the record, and places whose mappings it looks into.
    fields: frozenset[str]
    #: Different ids always give different names: nothing can blur where an id ends.
    unique: bool

    @classmethod
    def parse(
        cls, text: str, *, allowed: frozenset[str], places: tuple[str, ...] = ()
    ) -> NameTemplate:
        """Check a template before anything is sent.

        :param allowed: the fields of the file's own record.
        :param places: where other names are looked up, in this order, as `metadata`; a name may
            say the place, as `{metadata.sku}`. Without any, there are no other names.
        :raises UsageError: naming what is wrong with it.
        """
        if not isinstance(text, str):  # pyright: ignore[reportUnnecessaryIsInstance]
            raise UsageError(
                f"name must be a template, as '{{id}}.{{ext}}', not {type(text).__name__}."
            )
        vocabulary = Vocabulary(allowed, places)
        try:
            parts = tuple(_part(part, vocabulary) for part in text.split("/"))
        except ValueError as error:
            raise UsageError(f"The name template {text!r} cannot be used: {error}.") from None
        if any(_is_no_name(part) for part in parts):
            raise UsageError(
                f"The name template {text!r} must be a relative path without empty or dot parts, "
                "as '{asset_id}/{id}.{ext}'."
            )
        if any(_is_longer(part.pattern, LONGEST_NAME) for part in parts):
            raise UsageError(
                f"The name template {text[:60]!r}... has a part of more than {LONGEST_NAME} bytes, "
                "which is longer than file names may be. Shorten it."
            )
        fields = {field for part in parts for field in part.fields}
        needed = {name for field in fields for name in field.places or (field.key,)}
        unique = any(part.shows_identity() for part in parts)
        return cls(text=text, parts=parts, fields=frozenset(needed), unique=unique)

    @property
    def tells_apart(self) -> bool:
        """Whether names say by an id whose they are."""
        return not self.fields.isdisjoint(IDENTITIES)

    def check(self, values: Mapping[str, object]) -> None:
        """Find out whether all but the extension is there, before anything is asked for a file.

        :raises UnsafeNameError: naming what is missing, and where it was looked for.
        """
        for part in self.parts:
            for field in part.fields:
                field.text(values)

    def render(self, values: Mapping[str, object]) -> str:
        """Fill the template; the parts of the path are separated by `/`.

        :param values: a value for each of `fields`; a mapping for each that is a place.
        :raises UnsafeNameError: when something looked up is missing or no single value, there is
            no id, or a part or the path is too long.
        """
        name = "/".join([part.filled(values) for part in self.parts])
        if _is_longer(name, _LONGEST_PATH):
            raise UnsafeNameError(
                f"The path {name[:60]!r}... is longer than {_LONGEST_PATH} bytes. "
                "Use fewer folders in the name template."
            )
        return name


def _part(text: str, vocabulary: Vocabulary) -> _Part:
    pattern, fields = "", list[NameField]()
    for own, name, spec, conversion in Formatter().parse(text):
        pattern += _own_text(own).replace("%", "%%")
        if name is not None:
            if spec or conversion:
                raise ValueError(f"a field is a plain name in braces, and {name!r} has more there")
            fields.append(vocabulary.field(name))
            pattern += "%s"
    begins = pattern.lstrip(" ").startswith("%s")
    return _Part(pattern=pattern, fields=tuple(fields), guarded=begins)


def _own_text(own: str) -> str:
    text = normalize("NFC", own)
    if harmless(text) != text:
        raise ValueError(
            f"{own!r} has a character that some system refuses in names, or does not show; "
            "only / makes folders"
        )
    return text


def _is_no_name(part: _Part) -> bool:
    return part.pattern.strip() in {"", ".", ".."}


def _is_longer(text: str, size: int) -> bool:
    # No character needs more than four bytes.
    return len(text) * 4 > size and len(text.encode()) > size
