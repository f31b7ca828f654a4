"""What services share: from arguments to the wire's names. Pure."""

from __future__ import annotations

from ..models.base import UNSET
from ..models.fields import camel
from ..session.decode import Plain
from ..session.request import Request

__all__ = ("body_of", "changes_of", "content_request", "filters", "sort_of")


def filters(**arguments: object) -> dict[str, object]:
    """Name query filters as the wire does: `asset_id=x` -> `{"assetId": x}`."""
    return {camel(name): value for name, value in arguments.items()}


def body_of(**arguments: object) -> dict[str, object]:
    """Name the fields of a JSON body as the wire does, leaving out those not given (None)."""
    return {camel(name): value for name, value in arguments.items() if value is not None}


def changes_of(**arguments: object) -> dict[str, object]:
    """Name what an update changes as the wire does: UNSET is left out, None is sent as null."""
    return {camel(name): value for name, value in arguments.items() if value is not UNSET}


def sort_of(sort: str | None) -> str | None:
    """Write a sort order as the wire does: `-created_at` -> `-createdAt`, `name` -> `+name`."""
    if sort is None:
        return None
    direction, name = (sort[0], sort[1:]) if sort[:1] in {"+", "-"} else ("+", sort)
    return direction + camel(name)


def content_request(file_id: str) -> Request[bytes]:
    """Ask for a file's bytes."""
    return Request(
        verb="GET",
        path="/api/files/{file_id}/content",
        params={"file_id": file_id},
        returns=Plain(),
    )
