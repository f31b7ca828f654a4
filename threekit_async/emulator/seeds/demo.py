"""The demo seed: one small furniture maker with 1,000 rendered layers."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from attrs import frozen

from threekit_async.emulator.data.identity import iso, steady_id
from threekit_async.emulator.data.tables import (
    ASSETS,
    FILES,
    JOBS,
    LAYERS,
    PRODUCTS,
    RUNS,
    TASKS,
    TRANSLATIONS,
)
from threekit_async.emulator.records.files import owned
from threekit_async.emulator.seeds.catalogue import Choice, Product, catalogue, choices
from threekit_async.emulator.seeds.definitions import definition, texts
from threekit_async.emulator.seeds.history import demo_jobs, demo_runs, demo_tasks, job_of, task_of
from threekit_async.emulator.seeds.neighbour import neighbour_assets
from threekit_async.emulator.seeds.supplies import STAGE_ID, asset_id, demo_assets, material_id
from threekit_async.emulator.seeds.tenant import ORG_ID, USER_ID

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from threekit_async.emulator.data.blobs import Blobs
    from threekit_async.emulator.data.store import Record, Store

RENDERED_FROM = datetime(2024, 5, 1, 10, tzinfo=UTC)
EDGE = 400


@frozen(kw_only=True)
class Render:
    """One layer to be: its number among all, and what it shows."""

    number: int
    product: Product
    choice: Choice


def plant_demo(store: Store, blobs: Blobs, paint: Callable[[Product, Choice], bytes]) -> None:
    """Add products, supplies, jobs, and a layer with its own file for every render."""
    store.add_many(ASSETS, [*demo_assets(catalogue()), *neighbour_assets()])
    store.add_many(PRODUCTS, [definition(product) for product in catalogue()])
    store.add(TRANSLATIONS, texts())
    work = list(renders())
    files = [_file(render, blobs, paint(render.product, render.choice)) for render in work]
    store.add_many(FILES, (owned(file, org_id=ORG_ID) for file in files))
    tasks = demo_tasks(files)
    store.add_many(JOBS, demo_jobs(tasks, instants=(_instant(-2), _instant(-1))))
    store.add_many(TASKS, tasks)
    store.add_many(RUNS, demo_runs(files))
    store.add_many(LAYERS, [layer(render) for render in work])


def renders() -> Iterator[Render]:
    """Yield every render in its steady order."""
    number = 0
    for product in catalogue():
        for choice in choices(product):
            yield Render(number=number, product=product, choice=choice)
            number += 1


def configuration(product: Product, choice: Choice) -> dict[str, object]:
    """Return the configuration in the wire's form; the surface refers to its material asset."""
    colour, surface, size, finish = product.words
    return {
        colour: choice.colour.name,
        surface: {"assetId": material_id(choice.surface.name)},
        size: choice.size.name,
        finish: choice.finish.name,
    }


def sku(product: Product, choice: Choice) -> str:
    """Return the article number of a product as chosen."""
    parts = (choice.colour, choice.surface, choice.size, choice.finish)
    return "-".join([product.code, *(part.name[:3].upper() for part in parts)])


def layer(render: Render) -> Record:
    """Return the layer of a render. Two neighbours share an instant, as bulk renders do."""
    product, number = render.product, render.number
    owner = asset_id("item", product.name)
    return {
        "id": steady_id("layer", number),
        "assetId": owner,
        "assetLayer": owner,
        "assetVersion": "",
        "assetLayerConfiguration": configuration(product, render.choice),
        "stageId": STAGE_ID,
        "stageConfiguration": {"Camera": "Front"},
        "stageVersion": "",
        "metadata": {"SKU": sku(product, render.choice), "number": number + 1},
        "orgId": ORG_ID,
        "jobId": job_of(number),
        "taskId": task_of(number),
        "fileId": steady_id("file", number),
        "branch": "unpublished" if number // 7 % 5 == 4 else "published",
        "createdAt": _instant(number // 2),
        "format": "png",
        "width": EDGE,
        "height": EDGE,
        "stageMetadata": None,
    }


def _file(render: Render, blobs: Blobs, content: bytes) -> Record:
    return {
        "id": steady_id("file", render.number),
        "userId": USER_ID,
        "filename": f"{sku(render.product, render.choice)}.png",
        "extension": "png",
        "mimeType": "image/png",
        "size": len(content),
        "hash": blobs.add(content),
        "encodings": {},
        "createdAt": _instant(render.number // 2),
        "createdBy": USER_ID,
        "updatedAt": None,
        "deletedAt": None,
    }


def _instant(steps: int) -> str:
    return iso(RENDERED_FROM + timedelta(milliseconds=250 * steps))
