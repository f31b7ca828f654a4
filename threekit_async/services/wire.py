"""What services share: from arguments to the wire's names. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeAlias, TypeVar

from ..errors import UsageError
from ..models.base import UNSET, Maybe
from ..models.fields import camel
from ..models.files import File
from ..session.decode import Answer, One, Plain
from ..session.request import Request
from .checks import check_filter

__all__ = (
    "List",
    "body_of",
    "changes_of",
    "content_as",
    "content_request",
    "file_request",
    "filters",
    "given_of",
    "names_of",
    "sort_of",
)

T = TypeVar("T")

List: TypeAlias = list[T]
"""`list`, for signatures in classes that have a method of that name."""


def filters(**arguments: object) -> dict[str, object]:
    """Name query filters as the wire does: `asset_id=x` -> `{"assetId": x}`.

    :raises UsageError: when one is of a kind that could only find nothing; see `check_filter`.
    """
    for name, value in arguments.items():
        check_filter(name, value)
    return {camel(name): value for name, value in arguments.items()}


def body_of(**arguments: object) -> dict[str, object]:
    """Name the fields of a JSON body as the wire does, leaving out those not given (None)."""
    return {camel(name): value for name, value in arguments.items() if value is not None}


def given_of(**arguments: object) -> dict[str, object]:
    """Name what was given as the wire does: UNSET is left out, None is sent as null."""
    return {camel(name): value for name, value in arguments.items() if value is not UNSET}


def changes_of(**arguments: object) -> dict[str, object]:
    """Name what an update changes as the wire does, as `given_of`.

    :raises UsageError: when nothing is to be changed.
    """
    changes = given_of(**arguments)
    if not changes:
        raise UsageError(
            "There is nothing to change: pass at least one of "
            f"{', '.join(f'{name}=' for name in arguments)}. Nothing was sent."
        )
    return changes


def names_of(names: Maybe[str | Sequence[str] | None]) -> Maybe[str | None]:
    """Write tags or keywords as the one string the vendor documents for updates.

    Which separator it takes is not documented; the comma is our assumption. A string is sent as
    it is.

    :raises UsageError: when a name is no text, or has a comma of its own.
    """
    if names is UNSET or names is None or isinstance(names, str):
        return names
    for name in names:
        if not isinstance(name, str):  # pyright: ignore[reportUnnecessaryIsInstance]
            raise UsageError(f"A tag or keyword must be text, not {name!r}; nothing was sent.")
        if "," in name:
            raise UsageError(f"{name!r} has a comma, which separates names here; nothing was sent.")
    return ",".join(names)


def sort_of(sort: str | None) -> str | None:
    """Write a sort order as the wire does: `-created_at` -> `-createdAt`, `name` -> `+name`."""
    if sort is None:
        return None
    direction, name = (sort[0], sort[1:]) if sort[:1] in {"+", "-"} else ("+", sort)
    return direction + camel(name)


def file_request(file_id: str) -> Request[File]:
    """Ask for a file's record."""
    return Request(
        verb="GET",
        path="/api/files/{file_id}",
        params={"file_id": file_id},
        returns=One(File),
    )


def content_request(file_id: str) -> Request[bytes]:
    """Ask for a file's bytes."""
    return content_as(file_id, Plain())


def content_as(file_id: str, returns: Answer[T]) -> Request[T]:
    """Ask for what is in a file."""
    return Request(
        verb="GET",
        path="/api/files/{file_id}/content",
        params={"file_id": file_id},
        returns=returns,
    )
