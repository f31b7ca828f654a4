"""Where a file goes: safe relative names from templates. Pure."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from string import Formatter

from attrs import frozen

from ..errors import UnsafeNameError, UsageError

__all__ = ("PART_SUFFIX", "NameTemplate")

PART_SUFFIX = ".part"
"""What an unfinished file is called behind its final name."""

# 255 bytes are what common file systems allow; the suffix of the unfinished file must fit too.
_LONGEST_NAME = 255 - len(PART_SUFFIX)
_LONGEST_VALUE = 120
_FORBIDDEN = re.compile(r'[\x00-\x1f\x7f/\\:*?"<>|]')
_HARMLESS = re.compile(r"[0-9A-Za-z_-]{1,64}")
_FIELD = re.compile(r"\{[^{}]*\}")
# Windows looks at what comes before the first dot, without blanks at its end.
_RESERVED = re.compile(
    r"(con|prn|aux|nul|conin\$|conout\$|com[0-9¹²³]|lpt[0-9¹²³]) *(\..*)?", re.IGNORECASE
)


@frozen
class NameTemplate:
    """A template of relative file names, as `{asset_id}/{id}.{ext}`.

    `/` separates folders. Values are cleaned one by one, so that nothing a server sends can add a
    folder, leave the target, or be a name that some system refuses.
    """

    text: str
    folders: tuple[str, ...]
    fields: frozenset[str]

    @classmethod
    def parse(cls, text: str, *, allowed: frozenset[str]) -> NameTemplate:
        """Check a template before anything is sent.

        :raises UsageError: naming what is wrong with it.
        """
        parts = tuple(text.split("/"))
        own_text = _FIELD.sub("", text).replace("/", "")
        dots = any(part.strip() in {"", ".", ".."} for part in parts)
        if dots or _FORBIDDEN.search(own_text):
            raise UsageError(
                f"The name template {text!r} must be a relative path without empty or dot parts, "
                "and without characters some systems refuse, as '{asset_id}/{id}.{ext}'."
            )
        try:
            fields = frozenset(_field(piece) for piece in Formatter().parse(text)) - {""}
        except ValueError as error:
            raise UsageError(f"The name template {text!r} cannot be read: {error}.") from None
        if unknown := fields - allowed:
            raise UsageError(
                f"The name template {text!r} asks for {', '.join(sorted(unknown))}; "
                f"there is {', '.join(sorted(allowed))}."
            )
        return cls(text=text, folders=parts, fields=fields)

    def render(self, values: Mapping[str, object]) -> str:
        """Fill the template; the parts of the path are separated by `/`.

        :raises UnsafeNameError: when a part is too long to be a file name.
        """
        cleaned = {name: clean(values.get(name)) for name in self.fields}
        if "id" in self.fields:
            cleaned["id"] = distinct(str(values.get("id")))
        parts = [clean_part(part.format_map(cleaned)) for part in self.folders]
        for part in parts:
            if len(part.encode()) > _LONGEST_NAME:
                raise UnsafeNameError(
                    f"The name {part[:60]!r}... is longer than {_LONGEST_NAME} bytes. "
                    "Use fewer fields in the name template."
                )
        return "/".join(parts)


def _field(piece: tuple[str, str | None, str | None, str | None]) -> str:
    _, name, spec, conversion = piece
    if name is not None and (spec or conversion or not name.isidentifier()):
        raise ValueError(f"a field is a plain name in braces, and {name!r} is more than that")
    return name or ""


def distinct(identity: str) -> str:
    """Make an id fit to be a piece of a file name, and different from every other id's."""
    if _HARMLESS.fullmatch(identity) and not _RESERVED.fullmatch(identity):
        return identity
    # `~` is in no harmless id, and cleaning alone would make `a/b` and `a:b` the same.
    digest = hashlib.sha256(identity.encode("utf-8", "surrogatepass")).hexdigest()[:12]
    start = clean(identity).encode()[:64].decode("utf-8", "ignore")
    return f"{start}~{digest}"


def clean(value: object) -> str:
    """Make one value fit to be a piece of a file name; None becomes `none`."""
    text = "none" if value is None else str(value)
    if _HARMLESS.fullmatch(text):
        return text
    # A lone surrogate cannot be written to a disk.
    text = _FORBIDDEN.sub("_", text.encode("utf-8", "replace").decode())
    if len(text.encode()) <= _LONGEST_VALUE:
        return text
    digest = hashlib.sha256(text.encode()).hexdigest()[:12]
    return text.encode()[: _LONGEST_VALUE - 13].decode("utf-8", "ignore") + "~" + digest


def clean_part(part: str) -> str:
    """Make a filled part of the path a name that every system accepts."""
    part = part.strip(" ").rstrip(". ") or "_"
    if _RESERVED.fullmatch(part):
        part = "_" + part
    return part + "_" if part.lower().endswith(PART_SUFFIX) else part
