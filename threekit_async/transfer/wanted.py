"""What is to be fetched. Pure."""

from __future__ import annotations

from collections.abc import Mapping

from attrs import frozen

from ..models.files import File

__all__ = ("Wanted",)


@frozen(kw_only=True)
class Wanted:
    """A file to be fetched.

    `fields` are the values its name may use; `record` is its file record, when it is known.
    """

    id: str
    file_id: str | None
    fields: Mapping[str, object]
    ext: str | None = None
    record: File | None = None
