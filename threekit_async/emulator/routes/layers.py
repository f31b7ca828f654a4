"""``/api/layers``: list, create, look up, group (vendor's Layers API page)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING

from aiohttp import web

from threekit_async.emulator.apis.groups import layer_groups
from threekit_async.emulator.apis.optimised import Wishes, optimised_file, read_optimization
from threekit_async.emulator.data.filters import Filters
from threekit_async.emulator.data.store import LATEST_FIRST
from threekit_async.emulator.data.tables import FILES, LAYERS
from threekit_async.emulator.engine.subjects import id_of
from threekit_async.emulator.records.layers import new_layer
from threekit_async.emulator.web.answers import VendorError, forbidden, json_answer, text_answer
from threekit_async.emulator.web.content import send_content
from threekit_async.emulator.web.contract import Body, Content, Refusal, Route
from threekit_async.emulator.web.query import PAGING, read_page, read_sort
from threekit_async.emulator.web.schemas import NonEmpty, OneOf, Uuid, sorted_by
from threekit_async.models.layers import Layer, LayerGroup, LayerUrl

if TYPE_CHECKING:
    from pathlib import Path

    from threekit_async.emulator.data.store import Record
    from threekit_async.emulator.web.asking import Ask

PAGE = "the vendor's Layers API page"
BAD_QUERY = Refusal(
    status=422, code="invalid_query_fields", message="One or more invalid query fields"
)
BAD_LAYER = Refusal(status=422, code="create_layer_error", message="Create Layer error")
NOT_FOUND_BY = Refusal(status=422, code="find_layer_error", message="Error finding layer")
# The codes of these two are assumptions.
UNKNOWN = Refusal(status=404, code="layer_not_found", message="Layer not found")
NO_FILE = Refusal(status=404, code="file_not_found", message="Layer has no file")
NO_PICTURE = Refusal(
    status=422, code="find_layer_error", message="Only images can be optimized, not AR exports"
)
TOO_LARGE = Refusal(
    status=422, code="find_layer_error", message="Images this large cannot be optimized"
)

ASSETS = ("assetId", "stageId")
EXACT = ("id", "assetLayer", "jobId", "taskId", "branch", "format")
NUMBERS = ("width", "height")
CONFIGURATIONS = ("assetLayerConfiguration", "stageConfiguration")
FILTERS: Mapping[str, object] = {
    "orgId": str,
    **dict.fromkeys((*ASSETS, *EXACT), str),
    **dict.fromkeys(NUMBERS, int),
    **dict.fromkeys(CONFIGURATIONS, Mapping),
    "metadata": Mapping,
}
SORTABLE = ("createdAt", "id", "assetId", "assetLayer", "stageId", "jobId", "branch", "format")
GROUPINGS = ("jobId", "stageId", "assetId", "orgId", "branch")
RESULT = {"resultType": OneOf(("file", "url"))}
TEXTS = ("assetLayer", "assetVersion", "orgId", "stageId", "jobId", "taskId", "fileId")
NEW_LAYER = Body(
    fields={
        "assetId": NonEmpty,
        **dict.fromkeys(TEXTS, str),
        **dict.fromkeys(CONFIGURATIONS, Mapping),
        "metadata": Mapping,
        # Outside the documented body, but fields of a layer.
        **dict.fromkeys(("branch", "format"), str),
        **dict.fromkeys(NUMBERS, int),
        "stageMetadata": Mapping,
    },
    # Assumption: the vendor names no required field.
    required=("assetId",),
)


def routes() -> list[Route]:
    """List the routes. ``layer`` stands before ``{id}``, which it would be taken for."""
    return [
        Route(
            verb="GET",
            path="/api/layers",
            handler=list_layers,
            confidence="documented",
            source=PAGE,
            query={**FILTERS, **PAGING, "sort": sorted_by(*SORTABLE)},
            refusal=BAD_QUERY,
            returns={
                "layers": list[Layer],
                "page?": int,
                "perPage?": int,
                "count?": int,
                "sort?": str,
            },
        ),
        Route(
            verb="POST",
            path="/api/layers",
            handler=create_layer,
            confidence="documented",
            source=PAGE,
            body=NEW_LAYER,
            refusal=BAD_LAYER,
            returns=Layer,
        ),
        Route(
            verb="GET",
            path="/api/layers/layer",
            handler=find_layer,
            confidence="documented",
            source=PAGE,
            query={**FILTERS, **RESULT, "optimization": Wishes, "cache": bool},
            refusal=NOT_FOUND_BY,
            refusals=(NO_FILE, NO_PICTURE, TOO_LARGE),
            returns=Layer | LayerUrl | Content,
        ),
        Route(
            verb="GET",
            path="/api/layers/{id}",
            handler=get_layer,
            confidence="documented",
            source=PAGE,
            query={"orgId": str, **RESULT},
            parts={"id": Uuid},
            refusal=NOT_FOUND_BY,
            refusals=(UNKNOWN,),
            returns=Layer | LayerUrl | Content,
        ),
        Route(
            verb="POST",
            path="/api/layers/groups/{groupBy}",
            handler=group_layers,
            confidence="documented",
            source=PAGE,
            query={**FILTERS, **PAGING, "sort": sorted_by("createdAt", *GROUPINGS)},
            parts={"groupBy": OneOf(GROUPINGS)},
            refusal=NOT_FOUND_BY,
            returns={
                "groupBy": str,
                "count": int,
                "page": int,
                "perPage": int,
                "groups": list[LayerGroup],
            },
        ),
    ]


async def list_layers(ask: Ask) -> web.Response:
    """Answer one page of layers, in the order asked for."""
    page = read_page(ask.query, BAD_QUERY)
    sort = read_sort(ask.query, SORTABLE, BAD_QUERY)
    filters = layer_filters(ask)
    texts = ask.store.texts(LAYERS, filters, order=sort.order, limit=page.size, offset=page.offset)
    body = b'{"layers":[' + b",".join(texts) + b"]"
    if ask.state.settings.layer_counts:
        envelope = {"page": page.number, "perPage": page.size, "sort": sort.text}
        envelope["count"] = ask.store.count(LAYERS, filters)
        body += b"," + json.dumps(envelope).encode()[1:-1]
    return text_answer(body + b"}")


async def create_layer(ask: Ask) -> web.Response:
    """Create a layer and answer its record with 200, as documented."""
    if ask.body.get("orgId") not in (None, ask.org_id):
        raise forbidden()
    layer = new_layer(ask.state, ask.body, org_id=ask.org_id)
    ask.store.add(LAYERS, layer)
    return json_answer(layer)


async def get_layer(ask: Ask) -> web.StreamResponse:
    """Answer one layer; a malformed id is 422 (documented), an unknown one 404."""
    layer = ask.store.get(LAYERS, ask.part("id"))
    if layer is None or layer["orgId"] != ask.org_id:
        raise UNKNOWN.error()
    return await answer_layer(ask, layer)


async def find_layer(ask: Ask) -> web.StreamResponse:
    """Answer the latest layer that matches.

    Nothing found is 422 ``find_layer_error``, the only failure documented here; the setting
    ``missing_layer_status`` changes it to 404.
    """
    layer = ask.store.first(LAYERS, layer_filters(ask), order=LATEST_FIRST)
    if layer is None:
        status = ask.state.settings.missing_layer_status
        raise VendorError(status, NOT_FOUND_BY.code, NOT_FOUND_BY.message)
    return await answer_layer(ask, layer)


async def group_layers(ask: Ask) -> web.Response:
    """Answer the layers in groups; filters and paging come in the query, there is no body.

    The top ``count`` is the number of groups (assumption).
    """
    key = ask.part("groupBy")
    page = read_page(ask.query, NOT_FOUND_BY)
    sort = read_sort(ask.query, ("createdAt", *GROUPINGS), NOT_FOUND_BY)
    count, groups = layer_groups(ask.store, key, layer_filters(ask), page=page, sort=sort)
    return json_answer(
        {
            "groupBy": key,
            "count": count,
            "page": page.number,
            "perPage": page.size,
            "groups": groups,
        }
    )


def layer_filters(ask: Ask) -> Filters:
    """Read the filters all layer endpoints share.

    A configuration must match as a whole, in any key order, and metadata by the given keys; asset
    and stage may be named by their ``customId``, as in renders, whose layers bear the id
    (assumptions).
    """
    filters = Filters()
    filters.equals("orgId", ask.org_id)
    for name, value in ask.given(*ASSETS).items():
        # A layer that a client has created keeps the name it was created with.
        filters.among(name, sorted({value, id_of(ask.state, ask.org_id, value)}))
    for name, value in ask.given(*EXACT, *NUMBERS).items():
        filters.equals(name, value)
    for name, wanted in ask.given(*CONFIGURATIONS).items():
        filters.same_json(name, wanted)
    filters.has_entries("metadata", ask.query.get("metadata") or {})
    return filters


async def answer_layer(ask: Ask, layer: Record) -> web.StreamResponse:
    """Answer a layer as ``resultType`` asks: its record, its URL, or its bytes.

    With ``optimization``, URL and bytes are those of an optimised copy.
    """
    result_type = ask.query.get("resultType")
    file_id = await _optimised(ask, layer) if "optimization" in ask.query else layer["fileId"]
    path = f"/api/files/{file_id}/content" if file_id else None
    url = f"{ask.request.url.origin()}{path}" if path else None
    if result_type is None:
        return json_answer({**layer, "url": url, "path": path})
    if not file_id:
        # Assumption: a layer without a file has neither bytes nor a URL to offer.
        raise NO_FILE.error()
    if result_type == "url":
        return json_answer({"url": url, "metadata": layer["metadata"]})
    return await send_content(ask.request, *_file(ask, file_id))


async def _optimised(ask: Ask, layer: Record) -> str | None:
    """Return the id of the optimised copy; exports for AR cannot be optimised (documented).

    That asking for it is refused with 422 is an assumption.
    """
    from threekit_async.emulator.pictures.optimise import NotAPicture, TooLarge

    wished = read_optimization(ask.query["optimization"])
    if not layer["fileId"]:
        return None
    try:
        copy = await optimised_file(ask.state, *_file(ask, layer["fileId"]), wished)
    except TooLarge:
        raise TOO_LARGE.error() from None
    except NotAPicture:
        raise NO_PICTURE.error() from None
    return str(copy["id"])


def _file(ask: Ask, file_id: str) -> tuple[Record, Path]:
    """Return a layer's file and where its bytes lie, or refuse."""
    file = ask.store.get(FILES, file_id)
    blob = ask.state.blobs.path(file["hash"]) if file else None
    if file is None or blob is None:
        raise NO_FILE.error()
    return file, blob
