"""How a configuration is sent: as JSON, or with files as a form. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

from ..errors import UsageError
from ..session.request import FilePart, Json, Multipart, json_text

__all__ = ("saving",)


def saving(
    fields: Mapping[str, object], files: Sequence[FilePart], attachments: Mapping[str, str] | None
) -> Json | Multipart:
    """Choose the body: a form is needed for files only.

    :raises UsageError: when the files are not attached as the vendor asks.
    """
    _check(files, attachments or {})
    if not files:
        return Json(fields)
    texts = {name: _text(name, value) for name, value in fields.items()}
    if attachments:
        texts["attachments"] = json_text(dict(attachments), "attachments")
    return Multipart(files=tuple(files), fields=texts)


def _text(name: str, value: object) -> str:
    return value if isinstance(value, str) else json_text(value, name)


def _check(files: Sequence[FilePart], attachments: Mapping[str, str]) -> None:
    """Refuse here what the server refuses with 422, after all was uploaded."""
    names = Counter(part.filename for part in files)
    attached = set(attachments.values())
    if twice := [name for name, times in names.items() if times > 1]:
        raise UsageError(
            f"Two files are called {twice[0]!r}: give them different names with "
            "Upload(..., filename=...). Nothing was sent."
        )
    if unknown := sorted(attached - names.keys()):
        raise UsageError(
            f"No file is called {unknown[0]!r}, which attachments= names. Nothing was sent."
        )
    if len(files) > 1 and (missing := sorted(names.keys() - attached)):
        raise UsageError(
            f"attachments= does not name {missing[0]!r}: of several files each one needs a key. "
            "Nothing was sent."
        )
