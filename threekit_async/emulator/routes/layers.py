"""``/api/layers``: list, create, look one up (vendor's Layers API page)."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from aiohttp import web

from threekit_async.emulator.answers import (
    VendorError,
    find_layer_error,
    json_answer,
    not_found,
    text_answer,
)
from threekit_async.emulator.content import send_content
from threekit_async.emulator.exchange import current_caller
from threekit_async.emulator.filters import Filters
from threekit_async.emulator.identity import is_uuid
from threekit_async.emulator.query import read_number, read_object, read_page, read_sort
from threekit_async.emulator.state import state_of
from threekit_async.emulator.store import LATEST_FIRST
from threekit_async.emulator.tables import FILES, LAYERS

if TYPE_CHECKING:
    from threekit_async.emulator.store import Record

EXACT = ("id", "assetId", "assetLayer", "stageId", "jobId", "taskId", "branch", "format")
NUMBERS = ("width", "height")
SORTABLE = ("createdAt", "id", "assetId", "assetLayer", "stageId", "jobId", "branch", "format")


def routes() -> list[web.RouteDef]:
    """List the routes. ``layer`` stands before ``{id}``, which it would be taken for."""
    return [
        web.get("/api/layers", list_layers),
        web.get("/api/layers/layer", find_layer),
        web.get("/api/layers/{id}", get_layer),
    ]


async def list_layers(request: web.Request) -> web.Response:
    """Answer one page of layers, in the order asked for."""
    refusal = VendorError(422, "invalid_query_fields", "One or more invalid query fields")
    store, settings = state_of(request).store, state_of(request).settings
    page = read_page(request.query, refusal)
    sort = read_sort(request.query, SORTABLE, refusal)
    filters = layer_filters(request, refusal)
    texts = store.texts(LAYERS, filters, order=sort.order, limit=page.size, offset=page.offset)
    body = b'{"layers":[' + b",".join(texts) + b"]"
    if settings.layer_counts:
        envelope = {"page": page.number, "perPage": page.size, "sort": sort.text}
        envelope["count"] = store.count(LAYERS, filters)
        body += b"," + json.dumps(envelope).encode()[1:-1]
    return text_answer(body + b"}")


async def get_layer(request: web.Request) -> web.StreamResponse:
    """Answer one layer; a malformed id is 422 (documented), an unknown one 404.

    The code ``layer_not_found`` is an assumption.
    """
    layer_id = request.match_info["id"]
    if not is_uuid(layer_id):
        raise find_layer_error()
    layer = state_of(request).store.get(LAYERS, layer_id)
    if layer is None or layer["orgId"] != current_caller().org_id:
        raise not_found("layer_not_found", "Layer not found")
    return await answer_layer(request, layer)


async def find_layer(request: web.Request) -> web.StreamResponse:
    """Answer the latest layer that matches.

    Nothing found is 422 ``find_layer_error``, the only failure documented here; the setting
    ``missing_layer_status`` changes it to 404.
    """
    state = state_of(request)
    read_object(request.query, "optimization", find_layer_error())
    filters = layer_filters(request, find_layer_error())
    layer = state.store.first(LAYERS, filters, order=LATEST_FIRST)
    if layer is None:
        raise VendorError(
            state.settings.missing_layer_status, "find_layer_error", "Error finding layer"
        )
    return await answer_layer(request, layer)


def layer_filters(request: web.Request, refusal: VendorError) -> Filters:
    """Read the filters all layer endpoints share.

    A configuration must match as a whole, in any key order, and metadata by the given keys
    (assumptions). Unknown query fields are ignored.
    """
    query = request.query
    filters = Filters()
    filters.equals("orgId", current_caller().org_id)
    for name in EXACT:
        if name in query:
            filters.equals(name, query[name])
    for name in NUMBERS:
        if (number := read_number(query, name, refusal)) is not None:
            filters.equals(name, number)
    for name in ("assetLayerConfiguration", "stageConfiguration"):
        if (wanted := read_object(query, name, refusal)) is not None:
            filters.same_json(name, wanted)
    filters.has_entries("metadata", read_object(query, "metadata", refusal) or {})
    return filters


async def answer_layer(request: web.Request, layer: Record) -> web.StreamResponse:
    """Answer a layer as ``resultType`` asks: its record, its URL, or its bytes."""
    result_type = request.query.get("resultType")
    if result_type not in (None, "url", "file"):
        raise find_layer_error()
    path = f"/api/files/{layer['fileId']}/content" if layer["fileId"] else None
    url = f"{request.url.origin()}{path}" if path else None
    if result_type is None:
        return json_answer({**layer, "url": url, "path": path})
    if path is None:
        # Assumption: a layer without a file has neither bytes nor a URL to offer.
        raise not_found("file_not_found", "Layer has no file")
    if result_type == "url":
        return json_answer({"url": url, "metadata": layer["metadata"]})
    return await _send_file(request, layer["fileId"])


async def _send_file(request: web.Request, file_id: str) -> web.StreamResponse:
    state = state_of(request)
    file = state.store.get(FILES, file_id)
    blob = state.blobs.path(file["hash"]) if file else None
    if file is None or blob is None:
        raise not_found("file_not_found", "File not found")
    return await send_content(request, file, blob)
