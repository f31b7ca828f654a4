"""New layer records."""

from __future__ import annotations

from typing import TYPE_CHECKING

from threekit_async.emulator.data.tables import FILES

if TYPE_CHECKING:
    from threekit_async.emulator.data.store import Record
    from threekit_async.emulator.state import State

FORMATS = {"png", "jpg", "webp", "glb", "usdz"}


def new_layer(state: State, body: Record, *, org_id: str) -> Record:
    """Fill a create body up to a whole record (defaults are assumptions)."""
    layer_id, created_at = state.clock.stamp("layer")
    return {
        "id": layer_id,
        "assetId": body["assetId"],
        "assetLayer": body.get("assetLayer") or body["assetId"],
        "assetVersion": body.get("assetVersion") or "",
        "assetLayerConfiguration": body.get("assetLayerConfiguration") or {},
        "stageId": body.get("stageId") or "",
        "stageConfiguration": body.get("stageConfiguration") or {},
        "stageVersion": "",
        "metadata": body.get("metadata") or {},
        "orgId": org_id,
        "jobId": body.get("jobId"),
        "taskId": body.get("taskId"),
        "fileId": body.get("fileId"),
        "branch": body.get("branch") or "unpublished",
        "createdAt": created_at,
        "format": body.get("format") or _format_of(state, body.get("fileId")),
        "width": body.get("width"),
        "height": body.get("height"),
        "stageMetadata": body.get("stageMetadata"),
    }


def _format_of(state: State, file_id: str | None) -> str | None:
    file = state.store.get(FILES, file_id) if file_id else None
    return file["extension"] if file and file["extension"] in FORMATS else None
