"""``/api/assets``: the assets of an organisation (vendor's Assets API page)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING

from threekit_async.emulator.answers import json_answer, text_answer
from threekit_async.emulator.contract import Refusal, Route
from threekit_async.emulator.filters import Filters
from threekit_async.emulator.health import healthcheck
from threekit_async.emulator.query import PAGING, Page, read_page, read_sort
from threekit_async.emulator.tables import ASSETS
from threekit_async.models.assets import Asset

if TYPE_CHECKING:
    from aiohttp import web

    from threekit_async.emulator.asking import Ask

PAGE = "the vendor's Assets API page"
ORG_REQUIRED = Refusal(status=400, code="orgid_required", message="orgId is required")
UNKNOWN = Refusal(status=404, code="asset_not_found", message="Asset not found")
BAD_QUERY = Refusal(
    status=422, code="invalid_query_fields", message="One or more query parameters are invalid"
)

EXACT = ("name", "type", "branch", "proxyId", "importedFileId")
ARRAYS = ("tags", "keywords")
SORTABLE = ("createdAt", "updatedAt", "name", "type")
FILTERS = {
    "orgId": str,
    **dict.fromkeys((*EXACT, *ARRAYS, "nameLike"), str),
    "publicShare": bool,
    "metadata": Mapping,
}


def routes() -> list[Route]:
    """List the routes."""
    return [
        healthcheck("assets", source="the vendor's own client"),
        Route(
            verb="GET",
            path="/api/assets",
            handler=list_assets,
            confidence="documented",
            source=PAGE,
            query={**FILTERS, **PAGING, "all": bool},
            refusal=BAD_QUERY,
            refusals=(ORG_REQUIRED,),
            returns={
                "count": int,
                "perPage": int,
                "page": int,
                "sort": str,
                "assets": list[Asset],
            },
        ),
        Route(
            verb="GET",
            path="/api/assets/{assetId}",
            handler=get_asset,
            confidence="documented",
            source=PAGE,
            query={"orgId": str},
            refusals=(ORG_REQUIRED, UNKNOWN),
            returns=Asset,
        ),
    ]


def require_org(ask: Ask) -> str:
    """Return the organisation; 400 without ``orgId`` is documented and strict by default."""
    if ask.state.settings.strict_org and not ask.query.get("orgId"):
        raise ORG_REQUIRED.error()
    return ask.org_id


async def list_assets(ask: Ask) -> web.Response:
    """Answer one page of live assets, or all of them with ``all=true``."""
    filters = asset_filters(ask)
    count = ask.store.count(ASSETS, filters)
    page = read_page(ask.query, BAD_QUERY)
    if ask.query.get("all"):
        page = Page(number=1, size=max(count, 1))
    sort = read_sort(ask.query, SORTABLE, BAD_QUERY)
    texts = ask.store.texts(ASSETS, filters, order=sort.order, limit=page.size, offset=page.offset)
    envelope = {"count": count, "perPage": page.size, "page": page.number, "sort": sort.text}
    head = json.dumps(envelope).encode()[:-1]
    return text_answer(head + b', "assets":[' + b",".join(texts) + b"]}")


def asset_filters(ask: Ask) -> Filters:
    """Read the documented filters; metadata matches by the given keys (seen in client code)."""
    filters = Filters()
    filters.equals("orgId", require_org(ask))
    filters.equals("deletedAt", None)
    for name, value in ask.given(*EXACT).items():
        filters.equals(name, value)
    for name, value in ask.given(*ARRAYS).items():
        filters.has_item(name, value)
    if "nameLike" in ask.query:
        filters.contains("name", ask.query["nameLike"])
    if ask.query.get("publicShare"):
        filters.equals("publicShare", value=True)
    filters.has_entries("metadata", ask.query.get("metadata") or {})
    return filters


async def get_asset(ask: Ask) -> web.Response:
    """Answer one asset by its id or ``customId``; a malformed id is a 404, too."""
    filters = Filters()
    filters.equals("orgId", require_org(ask))
    filters.either(("id", "customId"), ask.part("assetId"))
    asset = ask.store.first(ASSETS, filters)
    if asset is None:
        raise UNKNOWN.error()
    return json_answer(asset)
