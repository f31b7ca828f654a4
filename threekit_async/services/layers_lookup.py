"""How one layer is asked for, by its id or by what it shows; and what "not found" looks like."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, TypeVar

from ..errors import NotFoundError, UnprocessableError, UsageError
from ..options import Options
from ..session.decode import Answer
from ..session.request import Request
from ..session.session import Session
from .layers_optimizing import check_optimization
from .wire import filters

__all__ = ("found", "grouping", "single")

T = TypeVar("T")

_GROUPINGS: Mapping[str, tuple[str, str]] = {
    name: (wire, attribute)
    for wire, attribute in (
        ("jobId", "job_id"),
        ("stageId", "stage_id"),
        ("assetId", "asset_id"),
        ("orgId", "org_id"),
        ("branch", "branch"),
    )
    for name in (wire, attribute)
}


def grouping(group_by: str) -> tuple[str, str]:
    """Return the wire's name of a grouping and the attribute of a group that carries its value.

    :raises UsageError: when there is no such grouping.
    """
    key = _GROUPINGS.get(group_by)
    if key is None:
        raise UsageError(
            f"Layers cannot be grouped by {group_by!r}; there is "
            "job_id, stage_id, asset_id, org_id and branch. Nothing was sent."
        )
    return key


def single(
    layer_id: str, result_type: Literal["url", "file"] | None, returns: Answer[T]
) -> Request[T]:
    """Ask for one layer by its id."""
    return Request(
        verb="GET",
        path="/api/layers/{layer_id}",
        params={"layer_id": layer_id},
        query=filters(result_type=result_type),
        returns=returns,
    )


async def found(
    session: Session, returns: Answer[T], options: Options | None, **lookup: object
) -> T | None:
    """Ask for the latest layer that fits; None when none does.

    :param lookup: filters by their Python names; None is no filter.
    :raises UsageError: for a query that the vendor would answer as if nothing were found.
    """
    check_optimization(lookup.get("optimization"))
    request = Request(
        verb="GET", path="/api/layers/layer", query=filters(**lookup), returns=returns
    )
    try:
        return await session.send(request, options)
    except NotFoundError as error:
        # Without the vendor's code it is somebody else who does not know the path.
        if error.code is None:
            raise
    except UnprocessableError as error:
        if error.code != "find_layer_error":
            raise
    return None
