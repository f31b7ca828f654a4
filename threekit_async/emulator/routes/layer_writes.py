"""``POST /api/layers`` and ``POST /api/layers/groups/{groupBy}`` (vendor's Layers API page)."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from aiohttp import web

from threekit_async.emulator.answers import VendorError, find_layer_error, forbidden, json_answer
from threekit_async.emulator.exchange import current_caller
from threekit_async.emulator.query import as_object, read_json, read_page, read_sort
from threekit_async.emulator.state import State, state_of
from threekit_async.emulator.tables import FILES, LAYERS

from .layers import layer_filters

if TYPE_CHECKING:
    from threekit_async.emulator.store import Record

GROUPINGS = ("jobId", "stageId", "assetId", "orgId", "branch")
TEXTS = (
    "assetId",
    "assetLayer",
    "assetVersion",
    "orgId",
    "stageId",
    "jobId",
    "taskId",
    "fileId",
    "branch",
    "format",
)
OBJECTS = ("assetLayerConfiguration", "stageConfiguration", "metadata", "stageMetadata")
NUMBERS = ("width", "height")
FORMATS = {"png", "jpg", "webp", "glb", "usdz"}


def routes() -> list[web.RouteDef]:
    """List the routes."""
    return [
        web.post("/api/layers", create_layer),
        web.post("/api/layers/groups/{groupBy}", group_layers),
    ]


async def create_layer(request: web.Request) -> web.Response:
    """Create a layer and answer its record with 200, as documented."""
    state, caller = state_of(request), current_caller()
    body = await read_layer_body(request)
    if body.get("orgId") not in (None, caller.org_id):
        raise forbidden()
    layer = new_layer(state, body, org_id=caller.org_id)
    state.store.add(LAYERS, layer)
    return json_answer(layer)


async def read_layer_body(request: web.Request) -> dict[str, Any]:
    """Read and check a create body.

    ``assetId`` is required (assumption; the vendor names no required field). Fields outside the
    documented body that a layer has (``branch``, ``format`` ...) are taken, others ignored.
    """
    refusal = VendorError(422, "create_layer_error", "Create Layer error")
    try:
        body = as_object(await request.json(loads=read_json))
    except ValueError:
        raise refusal from None
    if not body.get("assetId"):
        raise refusal
    if not all(_has_type(body.get(name), kind) for kind, names in _KINDS for name in names):
        raise refusal
    return body


_KINDS: tuple[tuple[type, tuple[str, ...]], ...] = ((str, TEXTS), (dict, OBJECTS), (int, NUMBERS))


def _has_type(value: object, kind: type) -> bool:
    return value is None or (isinstance(value, kind) and not isinstance(value, bool))


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


async def group_layers(request: web.Request) -> web.Response:
    """Answer the layers in groups; filters and paging come in the query, there is no body.

    The top ``count`` is the number of groups, and a group's ``createdAt``, ``fileId`` and
    ``assetId`` are those of its latest layer (assumptions).
    """
    key = request.match_info["groupBy"]
    if key not in GROUPINGS:
        raise find_layer_error()
    page = read_page(request.query, find_layer_error())
    sort = read_sort(request.query, ("createdAt", key), find_layer_error())
    filters = layer_filters(request, find_layer_error())
    rows = state_of(request).store.rows(
        f'SELECT "{key}", COUNT(*), MAX("createdAt") AS latest, "fileId", "assetId", '  # noqa: S608
        'json_group_array(DISTINCT "assetId"), json_group_array(DISTINCT "stageId") '
        f'FROM layers WHERE {filters.where()} GROUP BY "{key}" '
        f"ORDER BY {sort.order.replace('createdAt', 'latest')}",
        filters.values,
    )
    chosen = rows[page.offset : page.offset + page.size]
    return json_answer(
        {
            "groupBy": key,
            "count": len(rows),
            "page": page.number,
            "perPage": page.size,
            "groups": [_group(key, row) for row in chosen],
        }
    )


def _group(key: str, row: tuple[Any, ...]) -> dict[str, object]:
    value, count, latest, file_id, asset_id, asset_ids, stage_ids = row
    return {
        key: value,
        "count": count,
        "createdAt": latest,
        "fileId": file_id,
        "assetId": asset_id,
        "assetIds": json.loads(asset_ids),
        "stageIds": [stage for stage in json.loads(stage_ids) if stage],
    }
