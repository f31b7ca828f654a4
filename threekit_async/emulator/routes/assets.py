"""``/api/assets``: the assets of an organisation (vendor's Assets API page)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

from threekit_async.emulator.apis import asset_reads, asset_writes
from threekit_async.emulator.apis.asset_reads import NO_PICTURE
from threekit_async.emulator.apis.asset_writes import BAD_ASSET, BAD_RESTORE, BAD_UPDATE, TAKEN
from threekit_async.emulator.apis.assets import EXACT, SORTABLE, UNKNOWN
from threekit_async.emulator.data.moments import Moment
from threekit_async.emulator.web.contract import BAD_QUERY, Body, Content, Route
from threekit_async.emulator.web.health import healthcheck
from threekit_async.emulator.web.query import PAGING
from threekit_async.emulator.web.schemas import NonEmpty, Rules, sorted_by
from threekit_async.models.assets import Asset, AssetVariant, SharedVariantData
from threekit_async.models.products import ProductEntry

PAGE = "the vendor's Assets API page"
CLIENT = "the vendor's own client"
INTEGRATIONS = "public integrations"

ORG = {"orgId": str}
FILTERS: Mapping[str, object] = {
    **ORG,
    **dict.fromkeys((*EXACT, "tags", "keywords", "nameLike"), str),
    "publicShare": bool,
    "metadata": Mapping,
}
LISTED: Mapping[str, object] = {
    "count": int,
    "perPage": int,
    "page": int,
    "sort": str,
    "assets": list[Asset],
}
NAMES = str | list[str]
CHANGES: Mapping[str, object] = {
    "name": NonEmpty,
    "description": str,
    "tags": NAMES,
    "keywords": NAMES,
    "branch": str,
    "publicShare": bool,
    "proxyId": str,
    "importedFileId": str,
    "parentFolderId": str,
    "publishedAt": Moment,
    "defaultStageId": str,
    "defaultCompositeId": str,
}
NEW_ASSET = Body(
    fields={
        **{name: CHANGES[name] for name in ("name", "description", "tags", "keywords", "branch")},
        **dict.fromkeys(("type", "id"), NonEmpty),
        **dict.fromkeys(("orgId", "createdBy", "proxyId", "importedFileId", "customId"), str),
        "publicShare": bool,
        "metadata": Mapping,
    }
)
PICTURE: Mapping[str, object] = {
    **ORG,
    "failOnEmpty": bool,
    "size": Annotated[int, Rules({"minimum": 1, "maximum": 4096})],
}


def routes() -> list[Route]:
    """List the routes. Those with a word in the id's place stand before ``{assetId}``."""
    return [
        healthcheck("assets", source=CLIENT),
        *_listings(),
        *_readings(),
        *_writings(),
        *_pictures(),
    ]


def _listings() -> list[Route]:
    return [
        Route(
            verb="GET",
            path="/api/assets",
            handler=asset_reads.list_assets,
            confidence="documented",
            source=PAGE,
            org_required=True,
            query={**FILTERS, **PAGING, "sort": sorted_by(*SORTABLE), "all": bool},
            refusal=BAD_QUERY,
            returns=LISTED,
        ),
        Route(
            verb="GET",
            path="/api/assets/tags",
            handler=asset_reads.list_tags,
            confidence="documented",
            source=PAGE,
            org_required=True,
            query={name: kind for name, kind in FILTERS.items() if name != "tags"},
            refusal=BAD_QUERY,
            returns={"tags": list[str]},
        ),
        Route(
            verb="GET",
            path="/api/assets/keywords",
            handler=asset_reads.list_keywords,
            confidence="documented",
            source=PAGE,
            org_required=True,
            query={name: kind for name, kind in FILTERS.items() if name != "keywords"},
            refusal=BAD_QUERY,
            returns={"keywords": list[str]},
        ),
        Route(
            verb="GET",
            path="/api/assets/translations",
            handler=asset_reads.translations,
            confidence="seen in client",
            source=CLIENT,
            org_required=True,
            query={**ORG, "locale": str},
            returns=dict[str, str],
        ),
    ]


def _readings() -> list[Route]:
    return [
        Route(
            verb="GET",
            path="/api/assets/export/{id}",
            handler=asset_reads.export_asset,
            confidence="documented",
            source="the vendor's page on importing and exporting assets",
            org_required=True,
            query=ORG,
            refusals=(UNKNOWN,),
            returns=list[ProductEntry],
        ),
        Route(
            verb="GET",
            path="/api/assets/{assetId}",
            handler=asset_reads.get_asset,
            confidence="documented",
            source=PAGE,
            org_required=True,
            query=ORG,
            refusals=(UNKNOWN,),
            returns=Asset,
        ),
        Route(
            verb="GET",
            path="/api/assets/{assetId}/variants",
            handler=asset_reads.list_variants,
            confidence="seen in client",
            source=CLIENT,
            org_required=True,
            query={**ORG, "page": int, "perPage": int},
            refusal=BAD_QUERY,
            refusals=(UNKNOWN,),
            returns={
                "variants": list[AssetVariant],
                "shared_data": SharedVariantData,
                "page": int,
                "perPage": int,
                "count": int,
            },
        ),
    ]


def _writings() -> list[Route]:
    return [
        Route(
            verb="POST",
            path="/api/assets",
            handler=asset_writes.create_asset,
            confidence="inferred",
            source=f"{PAGE} (it has the body, but no endpoint)",
            access="private",
            org_required=True,
            query=ORG,
            body=NEW_ASSET,
            refusal=BAD_ASSET,
            refusals=(TAKEN,),
            returns=Asset,
        ),
        Route(
            verb="PUT",
            path="/api/assets/{assetId}",
            handler=asset_writes.update_asset,
            confidence="documented",
            source=PAGE,
            access="private",
            org_required=True,
            query=ORG,
            body=Body(fields=CHANGES),
            refusal=BAD_UPDATE,
            refusals=(UNKNOWN,),
            returns=Asset,
        ),
        Route(
            verb="DELETE",
            path="/api/assets/{assetId}",
            handler=asset_writes.delete_asset,
            confidence="documented",
            source=PAGE,
            access="private",
            org_required=True,
            query=ORG,
            refusals=(UNKNOWN,),
            returns={"message": str},
        ),
        Route(
            verb="POST",
            path="/api/assets/{assetId}/clone",
            handler=asset_writes.clone_asset,
            confidence="documented",
            source=PAGE,
            access="private",
            org_required=True,
            query=ORG,
            refusals=(UNKNOWN,),
            returns=Asset,
        ),
        Route(
            verb="POST",
            path="/api/assets/{assetId}/restore",
            handler=asset_writes.restore_asset,
            confidence="documented",
            source=PAGE,
            access="private",
            org_required=True,
            query=ORG,
            body=Body(fields=CHANGES, optional=True),
            refusal=BAD_UPDATE,
            refusals=(BAD_RESTORE, UNKNOWN),
            returns=Asset,
        ),
    ]


def _pictures() -> list[Route]:
    return [
        Route(
            verb="GET",
            path=path,
            handler=asset_reads.thumbnail,
            confidence="seen in client",
            source=INTEGRATIONS,
            query=PICTURE,
            refusal=BAD_QUERY,
            refusals=(UNKNOWN, NO_PICTURE),
            returns=Content,
        )
        for path in ("/api/assets/thumbnail/{assetId}", "/api/assets/{assetId}/thumbnail")
    ]
