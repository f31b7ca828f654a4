"""The demo's assets: products, their visual models, materials, a stage and a folder."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from threekit_async.emulator.data.identity import iso, steady_id
from threekit_async.emulator.seeds.tenant import ORG_ID, USER_ID

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from threekit_async.emulator.data.store import Record
    from threekit_async.emulator.seeds.catalogue import Product

MADE_FROM = datetime(2024, 4, 2, 9, tzinfo=UTC)
STAGE_NAME = "Daylight studio"
FOLDER_NAME = "Materials"


def asset_id(kind: str, name: str) -> str:
    """Return the id of a demo asset."""
    return steady_id("asset", kind, name)


def material_id(name: str) -> str:
    """Return the id of a surface's material."""
    return asset_id("material", name)


STAGE_ID = asset_id("stage", STAGE_NAME)
FOLDER_ID = asset_id("folder", FOLDER_NAME)


def demo_assets(products: Iterable[Product]) -> list[Record]:
    """Return every asset in the order of its making, one minute apart."""
    return [dated(asset, minute) for minute, asset in enumerate(_assets(tuple(products)))]


def _assets(products: tuple[Product, ...]) -> Iterator[Record]:
    yield plain_asset("folder", FOLDER_NAME, parentFolderId="assets")
    yield plain_asset("stage", STAGE_NAME, parentFolderId="catalog", tags=["studio"])
    for name in sorted({surface.name for product in products for surface in product.surfaces}):
        yield _material(name, "surface")
    for name in sorted({finish.name for product in products for finish in product.finishes}):
        yield _material(name, "finish")
    for product in products:
        yield plain_asset(
            "model", f"{product.name} model", parentFolderId="assets", tags=["geometry"]
        )
        yield _item(product)


def _material(name: str, family: str) -> Record:
    return plain_asset(
        "material",
        name,
        parentFolderId=FOLDER_ID,
        tags=[family],
        keywords=[name.split(maxsplit=1)[0].lower()],
        metadata={"SKU": f"MAT-{name[:3].upper()}", "family": family},
    )


def _item(product: Product) -> Record:
    return plain_asset(
        "item",
        product.name,
        parentFolderId="catalog",
        customId=product.code,
        description=f"{product.name}, made to order.",
        branch="published",
        publicShare=True,
        tags=["furniture", product.key],
        keywords=["configurable", *product.name.lower().split()],
        metadata={"SKU": product.code, "renders": product.layers},
        proxyId=asset_id("model", f"{product.name} model"),
        defaultStageId=STAGE_ID,
    )


def plain_asset(kind: str, name: str, **given: object) -> Record:
    """Return a demo asset with these fields, by wire name, and defaults in the others."""
    asset: Record = {
        "id": asset_id(kind, name),
        "name": name,
        "type": kind,
        "as": None,
        "createdAt": "",
        "updatedAt": "",
        "deletedAt": None,
        "createdBy": USER_ID,
        "deletedBy": None,
        "orgId": ORG_ID,
        "branch": "unpublished",
        "description": None,
        "metadata": {},
        "tags": [],
        "keywords": [],
        "publicShare": False,
        "importedFileId": None,
        "proxyId": None,
        "parentFolderId": None,
        "publishedAt": None,
        "defaultStageId": None,
        "defaultCompositeId": None,
        "nodetags": [],
        "customId": None,
    }
    return asset | given


def dated(asset: Record, minute: int) -> Record:
    """Return the asset as made in this minute, and published then when it is."""
    made = iso(MADE_FROM + timedelta(minutes=minute))
    published = made if asset["branch"] == "published" else None
    return asset | {"createdAt": made, "updatedAt": made, "publishedAt": published}
