"""Every public method of the synchronous services, called so that it succeeds, and what it returns.

The server holds the demo organisation and lets jobs end at once. What is called twice or more is
`with_options`, which all services have, and whatever another call needs first.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, TypeAlias

from threekit_async import (
    CartItem,
    Product,
    ProductEntry,
    RenderSubject,
    Subset,
    SubsetFilter,
    Upload,
)

__all__ = ("CALLS", "Returned")

Returned: TypeAlias = Iterator[tuple[str, Any]]
"""Names of methods, each with what it returned."""

PNG = b"\x89PNG\r\n\x1a\n and so on"
SOON = 0.005
CHAIR = "ALD"
"""The demo's item with a known key."""

WEBHOOK = {"id": "7d8e9f00-1a2b-4c3d-8e5f-6a7b8c9d0e1f", "event": "jobs", "orgId": "o"}


def _analytics(tk: Any, _folder: Path) -> Returned:
    event = tk.analytics.create(
        event_type="product cart-add", session_id="visit", configuration={"Size": "L"}
    )
    yield "create", event
    yield "list", tk.analytics.list()
    yield "get", tk.analytics.get(event.id)
    yield "views", tk.analytics.views()
    yield "healthcheck", tk.analytics.healthcheck()
    yield "with_options", tk.analytics.with_options(deadline=60)


def _asset_jobs(tk: Any, _folder: Path) -> Returned:
    chair = tk.assets.get(CHAIR)
    colours = Subset(attributes={"Colour": SubsetFilter(values=["red"])})
    file = tk.files.upload(PNG, filename="photo.png")
    rendered = tk.asset_jobs.render(chair.id, width=16, sync=True)
    yield "render", rendered
    yield "renders", tk.asset_jobs.renders([RenderSubject(asset_id="a", subset=colours)], width=16)
    yield "export", tk.asset_jobs.export(chair.id, "glb", sync=True)
    yield "import_", tk.asset_jobs.import_(file.id, sync=True)
    yield "import_clara", tk.asset_jobs.import_clara("https://clara.io/view/1", sync=False)
    yield "download_results", tk.asset_jobs.download_results(rendered.job_id)
    yield "healthcheck", tk.asset_jobs.healthcheck()
    yield "with_options", tk.asset_jobs.with_options(deadline=60)


def _assets(tk: Any, _folder: Path) -> Returned:
    made = tk.assets.create(name="Oak chair", type="item", metadata={"legs": 4})
    yield "create", made
    yield "list", tk.assets.list(type="item")
    yield "get", tk.assets.get(CHAIR)
    yield "update", tk.assets.update(made.id, name="Ash chair")
    yield "clone", tk.assets.clone(made.id)
    yield "delete", tk.assets.delete(made.id)
    yield "restore", tk.assets.restore(made.id)
    yield "tags", tk.assets.tags()
    yield "keywords", tk.assets.keywords()
    yield "export", tk.assets.export(CHAIR)
    yield "import_file", tk.assets.import_file(PNG, filename="photo.png", interval=SOON)
    yield "translations", tk.assets.translations(locale="de")
    yield "variants", tk.assets.variants("HAR")
    yield "variant_data", tk.assets.variant_data("HAR")
    yield "thumbnail", tk.assets.thumbnail(CHAIR, size=16)
    yield "healthcheck", tk.assets.healthcheck()
    yield "with_options", tk.assets.with_options(deadline=60)


def _catalog(tk: Any, _folder: Path) -> Returned:
    products = tk.catalog.list()
    yield "list", products
    yield "get", tk.catalog.get(products[0].id)
    uploads = tk.catalog.upload([Upload(PNG, filename="photo.png")], sync=True)
    yield "upload", uploads
    yield "job", tk.catalog.job(uploads[0].job_id)
    yield "products_healthcheck", tk.catalog.products_healthcheck()
    yield "healthcheck", tk.catalog.healthcheck()
    yield "with_options", tk.catalog.with_options(deadline=60)


def _configurations(tk: Any, _folder: Path) -> Returned:
    chair = tk.assets.get(CHAIR)
    files = [Upload(PNG, filename="front.png")]
    saved = tk.configurations.create(chair.id, variant={"Size": 2}, files=files)
    attached = tk.configurations.create(chair.id, files=files, attachments={"front": "front.png"})
    yield "create", saved
    yield "list", tk.configurations.list()
    yield "get", tk.configurations.get(saved.id)
    yield "update", tk.configurations.update(saved.id, customer_id="7")
    yield "thumbnail", tk.configurations.thumbnail(saved.id)
    yield "attachment", tk.configurations.attachment(attached.id, "front")
    yield "delete", tk.configurations.delete(saved.id)
    yield "healthcheck", tk.configurations.healthcheck()
    yield "with_options", tk.configurations.with_options(deadline=60)


def _customers(tk: Any, _folder: Path) -> Returned:
    made = tk.customers.create(name="Alder & Sons", platform={"platform": "shopify", "id": "1"})
    yield "create", made
    yield "list", tk.customers.list()
    yield "get", tk.customers.get(made.id)
    yield "update", tk.customers.update(made.id, city="Ulm")
    yield "with_options", tk.customers.with_options(deadline=60)


def _files(tk: Any, folder: Path) -> Returned:
    (folder / "photos").mkdir()
    (folder / "photos" / "a.png").write_bytes(PNG)
    (folder / "photos" / "b.png").write_bytes(PNG + b"b")
    file = tk.files.upload(PNG, filename="photo.png")
    yield "upload", file
    yield "upload_all", tk.files.upload_all([Upload(PNG, filename="photo.png")])
    yield "upload_folder", tk.files.upload_folder(folder / "photos", import_assets=True)
    yield "iter_folder_uploads", tk.files.iter_folder_uploads(folder / "photos", skip_held=False)
    yield "upload_many", tk.files.upload_many([folder / "photos" / "a.png"])
    yield "iter_uploads", tk.files.iter_uploads([folder / "photos" / "a.png"], skip_held=False)
    yield "get", tk.files.get(file.id)
    yield "content", tk.files.content(file.id)
    yield "by_hash", tk.files.by_hash(file.hash)
    yield "download", tk.files.download(file.id, to=folder / "down")
    yield "healthcheck", tk.files.healthcheck()
    yield "with_options", tk.files.with_options(deadline=60)


def _jobs(tk: Any, _folder: Path) -> Returned:
    chair = tk.assets.get(CHAIR)
    job_id = tk.asset_jobs.render(chair.id, width=16, sync=True).job_id
    yield "list", tk.jobs.list()
    yield "get", tk.jobs.get(job_id)
    yield "update", tk.jobs.update(job_id, priority=2)
    yield "wait", tk.jobs.wait(job_id, interval=SOON)
    yield "tasks", tk.jobs.tasks(job_id=job_id)
    yield "task", tk.jobs.task(tk.jobs.tasks(job_id=job_id).first().items[0].id)
    yield "runs", tk.jobs.runs(job_id=job_id)
    yield "run", tk.jobs.run(tk.jobs.runs(job_id=job_id).first().items[0].id)
    yield "with_options", tk.jobs.with_options(deadline=60)


def _layers(tk: Any, folder: Path) -> Returned:
    yield "list", tk.layers.list()
    yield "groups", tk.layers.groups("jobId")
    layer = tk.layers.list().first().items[0]
    yield "get", tk.layers.get(layer.id)
    yield "create", tk.layers.create(asset_id=layer.asset_id)
    yield "url", tk.layers.url(layer.id)
    yield "content", tk.layers.content(layer.id)
    found = {"asset_id": layer.asset_id, "job_id": layer.job_id}
    yield "find", tk.layers.find(**found)
    yield "find_url", tk.layers.find_url(**found)
    yield "find_content", tk.layers.find_content(**found)
    wish = {
        "asset_id": layer.asset_id,
        "asset_layer_configuration": {"Colour": "Sand"},
        "interval": SOON,
    }
    yield "find_or_render", tk.layers.find_or_render(**wish, width=16, height=16)
    yield "find_or_export", tk.layers.find_or_export(**wish)
    yield "download", tk.layers.download(layer, to=folder / "one")
    yield "download_all", tk.layers.download_all([layer], to=folder / "all")
    yield "iter_downloads", tk.layers.iter_downloads([layer], to=folder / "each")
    yield "with_options", tk.layers.with_options(deadline=60)


def _orders(tk: Any, _folder: Path) -> Returned:
    saved = tk.configurations.create(tk.assets.get(CHAIR).id, variant={"Size": 2})
    cart = [CartItem(configuration_id=saved.id, count=1)]
    order = tk.orders.create(cart=cart, platform={"platform": "shopify", "id": "1"})
    yield "create", order
    yield "list", tk.orders.list()
    yield "get", tk.orders.get(order.id, full_configuration=True)
    yield "update", tk.orders.update(order.id, status="Complete")
    yield "add_to_cart", tk.orders.add_to_cart(order.id, cart)
    yield "add_items", tk.orders.add_items(order.id, cart)
    yield "replace_cart", tk.orders.replace_cart(order.id, cart)
    yield "healthcheck", tk.orders.healthcheck()
    yield "with_options", tk.orders.with_options(deadline=60)


def _products(tk: Any, _folder: Path) -> Returned:
    entries = [ProductEntry(product=Product(name="Oak chair"))]
    yield "export", tk.products.export()
    yield "import_", tk.products.import_(entries)
    yield "import_and_wait", tk.products.import_and_wait(entries, interval=SOON)
    texts = tk.products.translations()
    yield "translations", texts
    upload = Upload(texts.encode(), filename="texts.csv")
    yield "import_translations", tk.products.import_translations(upload)
    yield "healthcheck", tk.products.healthcheck()
    yield "with_options", tk.products.with_options(deadline=60)


def _webhooks(tk: Any, _folder: Path) -> Returned:
    made = tk.webhooks.create(topic="orders", address="https://shop.example/hook")
    yield "create", made
    yield "list", tk.webhooks.list()
    yield "get", tk.webhooks.get(made.id)
    yield "update", tk.webhooks.update(made.id, topic="jobs")
    yield "delete", tk.webhooks.delete(made.id)
    yield "restore", tk.webhooks.restore(made.id)
    yield "parse", tk.webhooks.parse(json.dumps(WEBHOOK))
    yield "healthcheck", tk.webhooks.healthcheck()
    yield "with_options", tk.webhooks.with_options(deadline=60)


CALLS: Mapping[str, Callable[[Any, Path], Returned]] = {
    "analytics": _analytics,
    "asset_jobs": _asset_jobs,
    "assets": _assets,
    "catalog": _catalog,
    "configurations": _configurations,
    "customers": _customers,
    "files": _files,
    "jobs": _jobs,
    "layers": _layers,
    "orders": _orders,
    "products": _products,
    "webhooks": _webhooks,
}
"""The services of the client, each with calls of all its methods."""
