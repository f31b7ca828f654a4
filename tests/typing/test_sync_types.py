"""What type checkers see of the synchronous client; checked by mypy and pyright, never run.

`test_completeness.py` sees that no method is forgotten.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, assert_type, get_type_hints

from threekit_async import (
    AnalyticsEvent,
    AnalyticsViews,
    Asset,
    AssetJob,
    AssetVariant,
    CartItem,
    CatalogJob,
    CatalogProduct,
    CatalogUpload,
    Colour,
    Configuration,
    Customer,
    File,
    FileResult,
    ImportedAsset,
    Job,
    Layer,
    LayerGroup,
    LayerUrl,
    Order,
    Page,
    Pager,
    PrivateToken,
    ProductEntry,
    ProductImport,
    Progress,
    PublicToken,
    Raw,
    RenderSubject,
    Retry,
    Run,
    SavedConfiguration,
    Secret,
    Settings,
    SharedVariantData,
    Stats,
    Task,
    Thorough,
    Threekit,
    Timeout,
    TransferReport,
    Upload,
    Walked,
    Webhook,
    WebhookEvent,
)
from threekit_async.sync.services.analytics import Analytics
from threekit_async.sync.services.asset_jobs import AssetJobs
from threekit_async.sync.services.assets import Assets
from threekit_async.sync.services.catalog import Catalog
from threekit_async.sync.services.configurations import Configurations
from threekit_async.sync.services.customers import Customers
from threekit_async.sync.services.files import Files
from threekit_async.sync.services.jobs import Jobs
from threekit_async.sync.services.layers import Layers
from threekit_async.sync.services.orders import Orders
from threekit_async.sync.services.products import Products
from threekit_async.sync.services.webhooks import Webhooks


def of_the_client() -> None:
    with Threekit(token="t", org_id="o", retry=Retry(attempts=2)) as tk:
        assert_type(tk, Threekit)
    assert_type(Threekit.from_env(profile="shop", token=PublicToken("t")), Threekit)
    assert_type(Threekit.from_env(token=lambda: PrivateToken("t")), Threekit)
    assert_type(Threekit(token=Secret("t")), Threekit)
    assert_type(tk.with_options(timeout=Timeout(read=1), headers={"X": "1"}), Threekit)
    assert_type(tk.settings, Settings)
    assert_type(tk.stats, Stats)
    assert_type(tk.raw(tk.layers.get, "id"), Raw[Layer])
    assert_type(tk.close(), None)


def of_the_services(tk: Threekit) -> None:
    assert_type(tk.analytics, Analytics)
    assert_type(tk.asset_jobs, AssetJobs)
    assert_type(tk.assets, Assets)
    assert_type(tk.catalog, Catalog)
    assert_type(tk.configurations, Configurations)
    assert_type(tk.customers, Customers)
    assert_type(tk.files, Files)
    assert_type(tk.jobs, Jobs)
    assert_type(tk.layers, Layers)
    assert_type(tk.orders, Orders)
    assert_type(tk.products, Products)
    assert_type(tk.webhooks, Webhooks)


def of_a_listing(listing: Pager[Layer]) -> None:
    for layer in listing:
        assert_type(layer, Layer)
    for page in listing.pages():
        assert_type(page, Page[Layer])
        assert_type(page.items, list[Layer])
    assert_type(listing.pages(), Iterator[Page[Layer]])
    assert_type(listing.first(), Page[Layer])
    assert_type(listing.all(limit=5), list[Layer])
    assert_type(listing.thorough(), Thorough[Layer])


def of_a_thorough_walk(walk: Thorough[Layer]) -> None:
    for layer in walk:
        assert_type(layer, Layer)
    assert_type(next(walk), Layer)
    assert_type(walk.walked, Walked)
    assert_type(walk.close(), None)


def of_analytics(tk: Threekit) -> None:
    assert_type(tk.analytics.list(), list[AnalyticsEvent])
    assert_type(tk.analytics.get("id"), AnalyticsEvent)
    assert_type(tk.analytics.create(event_type="product cart-add", session_id="s"), AnalyticsEvent)
    assert_type(tk.analytics.views(), list[AnalyticsViews])
    assert_type(tk.analytics.healthcheck(), None)
    assert_type(tk.analytics.with_options(deadline=5), Analytics)


def of_asset_jobs(tk: Threekit) -> None:
    assert_type(tk.asset_jobs.import_("id"), AssetJob)
    assert_type(tk.asset_jobs.import_clara("https://clara.io/view/1"), AssetJob)
    assert_type(tk.asset_jobs.export("id", "glb"), AssetJob)
    assert_type(tk.asset_jobs.render("id", renderer="vray"), AssetJob)
    assert_type(tk.asset_jobs.renders([RenderSubject(asset_id="a")]), AssetJob)
    assert_type(tk.asset_jobs.download_results("id"), dict[str, Any])
    assert_type(tk.asset_jobs.healthcheck(), None)
    assert_type(tk.asset_jobs.with_options(deadline=5), AssetJobs)


def of_assets(tk: Threekit, pieces: Iterator[bytes]) -> None:
    assert_type(tk.assets.list(type="item"), Pager[Asset])
    assert_type(tk.assets.get("id"), Asset)
    assert_type(tk.assets.create(name="x", type="item"), Asset)
    assert_type(tk.assets.update("id", name="x", description=None), Asset)
    assert_type(tk.assets.delete("id"), None)
    assert_type(tk.assets.restore("id"), Asset)
    assert_type(tk.assets.clone("id"), Asset)
    assert_type(tk.assets.tags(), list[str])
    assert_type(tk.assets.keywords(), list[str])
    assert_type(tk.assets.export("id"), list[ProductEntry])
    assert_type(tk.assets.import_file(pieces, filename="x.glb"), list[ImportedAsset])
    assert_type(tk.assets.translations(locale="de"), dict[str, str])
    assert_type(tk.assets.variants("id"), Pager[AssetVariant])
    assert_type(tk.assets.variant_data("id"), SharedVariantData)
    assert_type(tk.assets.thumbnail("id"), bytes)
    assert_type(tk.assets.healthcheck(), None)
    assert_type(tk.assets.with_options(deadline=5), Assets)


def of_the_catalogue(tk: Threekit) -> None:
    assert_type(tk.catalog.list(), list[CatalogProduct])
    assert_type(tk.catalog.get("id"), CatalogProduct)
    assert_type(tk.catalog.upload(["x.png"]), list[CatalogUpload])
    assert_type(tk.catalog.job("id"), CatalogJob)
    assert_type(tk.catalog.products_healthcheck(), None)
    assert_type(tk.catalog.healthcheck(), None)
    assert_type(tk.catalog.with_options(deadline=5), Catalog)


def of_configurations(tk: Threekit) -> None:
    assert_type(tk.configurations.list(), Pager[SavedConfiguration])
    assert_type(tk.configurations.get("id"), SavedConfiguration)
    assert_type((tk.configurations.get("id")).variant, Configuration | None)
    assert_type(tk.configurations.create("p", files=[Path("x")]), SavedConfiguration)
    assert_type(tk.configurations.update("id", variant=None), SavedConfiguration)
    assert_type(tk.configurations.delete("id"), None)
    assert_type(tk.configurations.attachment("id", "front"), bytes)
    assert_type(tk.configurations.thumbnail("id"), bytes)
    assert_type(tk.configurations.healthcheck(), None)
    assert_type(tk.configurations.with_options(deadline=5), Configurations)


def of_customers(tk: Threekit) -> None:
    assert_type(tk.customers.list(), list[Customer])
    assert_type(tk.customers.get("id"), Customer)
    assert_type(tk.customers.create(name="x"), Customer)
    assert_type(tk.customers.update("id", city=None), Customer)
    assert_type(tk.customers.with_options(deadline=5), Customers)


def of_files(tk: Threekit, pieces: Iterator[bytes], folder: Path) -> None:
    assert_type(tk.files.get("id"), File)
    assert_type(tk.files.content("id"), bytes)
    assert_type(tk.files.by_hash("sha256-"), bytes)
    assert_type(tk.files.upload(b"bytes", filename="x"), File)
    assert_type(tk.files.upload_all([Upload(pieces, filename="x")]), list[File])
    assert_type(tk.files.upload_folder(folder), TransferReport)
    assert_type(tk.files.iter_folder_uploads(folder), Iterator[FileResult])
    assert_type(tk.files.upload_many([folder / "x"]), TransferReport)
    assert_type(tk.files.iter_uploads([folder / "x"]), Iterator[FileResult])
    assert_type(tk.files.download("id", to=folder), FileResult)
    assert_type(tk.files.healthcheck(), None)
    assert_type(tk.files.with_options(deadline=5), Files)


def of_jobs(tk: Threekit) -> None:
    def told(job: Job) -> None:
        assert_type(job.stopped, bool)

    assert_type(tk.jobs.list(), Pager[Job])
    assert_type(tk.jobs.get("id"), Job)
    assert_type(tk.jobs.update("id", priority=2), Job)
    assert_type(tk.jobs.tasks(job_id="id"), Pager[Task])
    assert_type(tk.jobs.task("id"), Task)
    assert_type(tk.jobs.runs(task_id="id"), Pager[Run])
    assert_type(tk.jobs.run("id"), Run)
    assert_type(tk.jobs.wait("id", progress=told), Job)
    assert_type(tk.jobs.with_options(deadline=5), Jobs)


def of_layers(tk: Threekit, folder: Path) -> None:
    red: Configuration = {"Colour": Colour(r=1, g=0, b=0)}
    assert_type(tk.layers.list(asset_id="a"), Pager[Layer])
    assert_type(tk.layers.groups("job_id"), Pager[LayerGroup])
    assert_type(tk.layers.get("id"), Layer)
    assert_type(tk.layers.create(asset_id="a"), Layer)
    assert_type(tk.layers.url("id"), LayerUrl)
    assert_type(tk.layers.content("id"), bytes)
    assert_type(tk.layers.find(asset_id="a"), Layer | None)
    assert_type(tk.layers.find_url(asset_id="a"), LayerUrl | None)
    assert_type(tk.layers.find_content(asset_id="a"), bytes | None)
    assert_type(tk.layers.find_or_render(asset_id="a", asset_layer_configuration=red), Layer)
    assert_type(tk.layers.find_or_export(asset_id="a", asset_layer_configuration=red), Layer)
    assert_type(tk.layers.with_options(retry=Retry(), deadline=5), Layers)
    assert_type(tk.layers.download("id", to=folder), FileResult)


def of_bulk_downloads(tk: Threekit, layers: list[Layer]) -> None:
    def told(progress: Progress) -> None:
        assert_type(progress.received, int)

    listing = tk.layers.list()
    assert_type(tk.layers.download_all(listing, to="f", progress=told), TransferReport)
    assert_type(tk.layers.download_all(listing.thorough(), to="f"), TransferReport)
    assert_type(tk.layers.download_all(layers, to="f"), TransferReport)
    assert_type(tk.layers.iter_downloads(layers, to="f"), Iterator[FileResult])


def of_orders(tk: Threekit) -> None:
    cart = [CartItem(configuration_id="c", count=1)]
    assert_type(tk.orders.list(), Pager[Order])
    assert_type(tk.orders.get("id"), Order)
    assert_type(tk.orders.create(cart=cart), Order)
    assert_type(tk.orders.update("id", status="Complete"), Order)
    assert_type(tk.orders.add_to_cart("id", cart), Order)
    assert_type(tk.orders.replace_cart("id", cart), Order)
    assert_type(tk.orders.add_items("id", cart), Order)
    assert_type(tk.orders.healthcheck(), None)
    assert_type(tk.orders.with_options(timeout=Timeout()), Orders)


def of_products(tk: Threekit) -> None:
    assert_type(tk.products.export(), list[ProductEntry])
    assert_type(tk.products.import_(b"[]"), ProductImport)
    assert_type(tk.products.import_and_wait([ProductEntry()]), list[Asset])
    assert_type(tk.products.translations(), str)
    assert_type(tk.products.import_translations("texts.csv"), None)
    assert_type(tk.products.healthcheck(), None)
    assert_type(tk.products.with_options(deadline=5), Products)


def of_webhooks(tk: Threekit, body: Mapping[str, Any]) -> None:
    assert_type(tk.webhooks.list(), list[Webhook])
    assert_type(tk.webhooks.get("id"), Webhook)
    assert_type(tk.webhooks.create(topic="orders", address="https://a"), Webhook)
    assert_type(tk.webhooks.update("id", filter=None), Webhook)
    assert_type(tk.webhooks.delete("id"), Webhook)
    assert_type(tk.webhooks.restore("id"), Webhook)
    assert_type(tk.webhooks.parse(body), WebhookEvent)
    assert_type(tk.webhooks.healthcheck(), None)
    assert_type(tk.webhooks.with_options(deadline=5), Webhooks)


def test_the_annotations_of_the_asynchronous_face_can_be_resolved_at_run_time() -> None:
    for method in (Layers.get, Layers.list, Orders.update, Webhooks.parse):
        assert "return" in get_type_hints(method)
