"""The assets a task speaks of."""

from __future__ import annotations

from typing import TYPE_CHECKING

from threekit_async.emulator.data.filters import Filters
from threekit_async.emulator.data.tables import ASSETS
from threekit_async.emulator.engine.works import WorkFailed

if TYPE_CHECKING:
    from threekit_async.emulator.data.store import Record
    from threekit_async.emulator.state import State


def find_live(state: State, org_id: str, asset_id: str) -> Record | None:
    """Return a live asset of the organisation by its id or ``customId``."""
    filters = Filters()
    filters.equals("orgId", org_id)
    filters.equals("deletedAt", None)
    filters.either(("id", "customId"), asset_id)
    return state.store.first(ASSETS, filters)


def id_of(state: State, org_id: str, name: str) -> str:
    """Return the id of the live asset with this ``customId``; any other name stays."""
    filters = Filters()
    filters.equals("orgId", org_id)
    filters.equals("deletedAt", None)
    filters.equals("customId", name)
    # In another order SQLite would look through all assets.
    asset = state.store.first(ASSETS, filters, order="id") if name else None
    return str(asset["id"]) if asset else name


def wanted_asset(state: State, task: Record, name: str = "assetId") -> Record:
    """Return the asset that the task's parameters name.

    :raises WorkFailed: when there is none.
    """
    asset_id = task["parameters"].get(name)
    asset = find_live(state, task["orgId"], asset_id) if isinstance(asset_id, str) else None
    if asset is None:
        raise WorkFailed(
            f"There is no asset {asset_id!r} in this organisation: make it first, or give the id "
            "or customId of one that GET /api/assets lists."
        )
    return asset


def name_of(state: State, org_id: str, asset_id: str) -> str:
    """Return what an asset is called; an unknown one bears its id."""
    asset = find_live(state, org_id, asset_id)
    return str(asset.get("name") or asset_id) if asset else asset_id
