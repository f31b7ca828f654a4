"""The work of type ``import``: make or update an asset from an uploaded file."""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any

from threekit_async.emulator.data.filters import Filters
from threekit_async.emulator.data.tables import ASSETS
from threekit_async.emulator.engine.inputs import input_file
from threekit_async.emulator.engine.kinds import OUTPUTS, type_of_file
from threekit_async.emulator.engine.outputs import note_output
from threekit_async.emulator.engine.subjects import wanted_asset
from threekit_async.emulator.engine.works import WorkFailed
from threekit_async.emulator.records.assets import new_asset

if TYPE_CHECKING:
    from collections.abc import Mapping

    from threekit_async.emulator.data.store import Record
    from threekit_async.emulator.state import State


async def import_file(state: State, task: Record) -> list[Record]:
    """Import the file that ``parameters.fileId`` names; there are no result files.

    The asset is called like the file without its extension (assumption).
    """
    if "claraURL" in task["parameters"]:
        raise WorkFailed("This emulator does not reach clara.io: upload the scene's file instead.")
    file = input_file(state, task)
    asset = _made_or_updated(state, task, file)
    note_output(state, task, asset)
    return []


def _made_or_updated(state: State, task: Record, file: Record) -> Record:
    type_ = _type(file, task["parameters"].get("settings") or {})
    known = _target(state, task, file, type_)
    if known is None:
        return _made(state, task, file, type_)
    now = state.clock.now()
    changed = {**known, "importedFileId": file["id"], "updatedAt": now}
    state.store.replace(ASSETS, changed)
    return changed


def _type(file: Record, settings: Mapping[str, Any]) -> str:
    wished = settings.get("importAs")
    return wished if wished in OUTPUTS else type_of_file(file["filename"])


def _target(state: State, task: Record, file: Record, type_: str) -> Record | None:
    """Return the asset to update: the one named, or one of the file's name and type.

    It is searched in the target folder or, without one, in the whole organisation, as the
    vendor's import page says; ``dontOverwriteAssets`` asks for a new one (assumption).
    """
    given: Record = task["parameters"]
    settings: Record = given.get("settings") or {}
    if given.get("targetAssetId"):
        return wanted_asset(state, task, "targetAssetId")
    if settings.get("dontOverwriteAssets"):
        return None
    filters = Filters()
    wanted = {"orgId": task["orgId"], "deletedAt": None, "name": _name(file), "type": type_}
    if given.get("parentFolderId"):
        wanted["parentFolderId"] = given["parentFolderId"]
    for column, value in wanted.items():
        filters.equals(column, value)
    return state.store.first(ASSETS, filters)


def _made(state: State, task: Record, file: Record, type_: str) -> Record:
    given = {
        "name": _name(file),
        "type": type_,
        "importedFileId": file["id"],
        "parentFolderId": task["parameters"].get("parentFolderId"),
    }
    asset = new_asset(state, given, org_id=task["orgId"], user_id=task["createdBy"])
    state.store.add(ASSETS, asset)
    return asset


def _name(file: Record) -> str:
    return PurePosixPath(file["filename"]).stem or file["filename"]
