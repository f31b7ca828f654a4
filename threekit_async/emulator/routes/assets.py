"""``/api/assets``: list and get (vendor's Assets API page)."""

from __future__ import annotations

import json

from aiohttp import web

from threekit_async.emulator.answers import VendorError, json_answer, not_found, text_answer
from threekit_async.emulator.exchange import current_caller
from threekit_async.emulator.filters import Filters
from threekit_async.emulator.query import Page, read_flag, read_object, read_page, read_sort
from threekit_async.emulator.state import state_of
from threekit_async.emulator.tables import ASSETS

EXACT = ("name", "type", "branch", "proxyId", "importedFileId")
ARRAYS = ("tags", "keywords")
SORTABLE = ("createdAt", "updatedAt", "name", "type")


def routes() -> list[web.RouteDef]:
    """List the routes."""
    return [
        web.get("/api/assets/healthcheck", healthy),
        web.get("/api/assets", list_assets),
        web.get("/api/assets/{id}", get_asset),
    ]


async def healthy(_request: web.Request) -> web.Response:
    """Answer 200; the body is not documented."""
    return json_answer(value=True)


def require_org(request: web.Request) -> str:
    """Return the organisation; 400 without ``orgId`` is documented and strict by default."""
    if state_of(request).settings.strict_org and not request.query.get("orgId"):
        raise VendorError(400, "orgid_required", "orgId is required")
    return current_caller().org_id


async def list_assets(request: web.Request) -> web.Response:
    """Answer one page of live assets, or all of them with ``all=true``."""
    refusal = VendorError(422, "invalid_query_fields", "One or more query parameters are invalid")
    filters = asset_filters(request, refusal)
    store = state_of(request).store
    count = store.count(ASSETS, filters)
    page = read_page(request.query, refusal)
    if read_flag(request.query, "all", refusal):
        page = Page(number=1, size=max(count, 1))
    sort = read_sort(request.query, SORTABLE, refusal)
    texts = store.texts(ASSETS, filters, order=sort.order, limit=page.size, offset=page.offset)
    envelope = {"count": count, "perPage": page.size, "page": page.number, "sort": sort.text}
    head = json.dumps(envelope).encode()[:-1]
    return text_answer(head + b', "assets":[' + b",".join(texts) + b"]}")


def asset_filters(request: web.Request, refusal: VendorError) -> Filters:
    """Read the documented filters; metadata matches by the given keys (seen in client code)."""
    query = request.query
    filters = Filters()
    filters.equals("orgId", require_org(request))
    filters.equals("deletedAt", None)
    for name in EXACT:
        if name in query:
            filters.equals(name, query[name])
    for name in ARRAYS:
        if name in query:
            filters.has_item(name, query[name])
    if "nameLike" in query:
        filters.contains("name", query["nameLike"])
    if read_flag(query, "publicShare", refusal):
        filters.equals("publicShare", value=True)
    filters.has_entries("metadata", read_object(query, "metadata", refusal) or {})
    return filters


async def get_asset(request: web.Request) -> web.Response:
    """Answer one asset by its id or ``customId``; a malformed id is a 404, too."""
    filters = Filters()
    filters.equals("orgId", require_org(request))
    filters.either(("id", "customId"), request.match_info["id"])
    asset = state_of(request).store.first(ASSETS, filters)
    if asset is None:
        raise not_found("asset_not_found", "Asset not found")
    return json_answer(asset)
