"""New asset records, and what an update changes in one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from threekit_async.emulator.data.moments import as_instant
from threekit_async.emulator.records.names import read_names

if TYPE_CHECKING:
    from collections.abc import Mapping

    from threekit_async.emulator.data.store import Record
    from threekit_async.emulator.state import State

UPDATABLE = (
    "name",
    "description",
    "tags",
    "keywords",
    "branch",
    "publicShare",
    "proxyId",
    "importedFileId",
    "parentFolderId",
    "publishedAt",
    "defaultStageId",
    "defaultCompositeId",
)
NAMELESS = "Untitled"
ROOTS = {"item": "catalog", "stage": "catalog"}
"""Root folder of a type; all other types lie in ``assets``."""


def new_asset(state: State, given: Mapping[str, Any], *, org_id: str, user_id: str) -> Record:
    """Fill what is given, by wire name, up to a whole asset (defaults are assumptions).

    An ``id`` or ``createdBy`` that is given stays.
    """
    asset_id, created_at = state.clock.stamp("asset")
    type_ = given.get("type") or "item"
    return {
        "id": given.get("id") or asset_id,
        "name": given.get("name") or NAMELESS,
        "type": type_,
        "as": None,
        "createdAt": created_at,
        "updatedAt": created_at,
        "deletedAt": None,
        "createdBy": given.get("createdBy") or user_id,
        "deletedBy": None,
        "orgId": org_id,
        "branch": given.get("branch") or "unpublished",
        "description": given.get("description"),
        "metadata": given.get("metadata") or {},
        "tags": read_names(given.get("tags")),
        "keywords": read_names(given.get("keywords")),
        "publicShare": bool(given.get("publicShare")),
        "importedFileId": given.get("importedFileId"),
        "proxyId": given.get("proxyId"),
        "parentFolderId": given.get("parentFolderId") or ROOTS.get(type_, "assets"),
        "publishedAt": None,
        "defaultStageId": given.get("defaultStageId"),
        "defaultCompositeId": given.get("defaultCompositeId"),
        "nodetags": [],
        "customId": given.get("customId"),
    }


def changed_asset(state: State, asset: Record, given: Mapping[str, Any]) -> Record:
    """Return the asset with the updatable fields among those given.

    Null empties a field, but an asset keeps its name (assumption).
    """
    changes = {name: given[name] for name in UPDATABLE if name in given}
    changes["name"] = changes.get("name") or asset["name"]
    for name in {"tags", "keywords"} & changes.keys():
        changes[name] = read_names(changes[name])
    if changes.get("publishedAt"):
        changes["publishedAt"] = as_instant(changes["publishedAt"])
    return {**asset, **changes, "updatedAt": state.clock.now()}


def copied_asset(state: State, asset: Record, *, user_id: str) -> Record:
    """Return a copy with an id and instants of its own.

    It bears the same name and has no ``customId``, which only one asset may have (assumptions).
    """
    copy_id, created_at = state.clock.stamp("asset")
    own = {"id": copy_id, "createdAt": created_at, "updatedAt": created_at, "createdBy": user_id}
    return {**asset, **own, "customId": None}
