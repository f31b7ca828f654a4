"""What type checkers see of the asynchronous client; checked by mypy and pyright, never run.

`test_completeness.py` sees that no method is forgotten.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from pathlib import Path
from typing import Any, assert_type, get_type_hints

from threekit_async import (
    AnalyticsEvent,
    AnalyticsViews,
    Asset,
    AssetJob,
    AssetVariant,
    AsyncPager,
    AsyncThorough,
    AsyncThreekit,
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
    Timeout,
    TransferReport,
    Upload,
    Walked,
    Webhook,
    WebhookEvent,
)
from threekit_async.services.analytics import Analytics
from threekit_async.services.asset_jobs import AssetJobs
from threekit_async.services.assets import Assets
from threekit_async.services.catalog import Catalog
from threekit_async.services.configurations import Configurations
from threekit_async.services.customers import Customers
from threekit_async.services.files import Files
from threekit_async.services.jobs import Jobs
from threekit_async.services.layers import Layers
from threekit_async.services.orders import Orders
from threekit_async.services.products import Products
from threekit_async.services.webhooks import Webhooks


async def of_the_client() -> None:
    async with AsyncThreekit(token="t", org_id="o", retry=Retry(attempts=2)) as tk:
        assert_type(tk, AsyncThreekit)
    assert_type(AsyncThreekit.from_env(profile="shop", token=PublicToken("t")), AsyncThreekit)
    assert_type(AsyncThreekit.from_env(token=lambda: PrivateToken("t")), AsyncThreekit)
    assert_type(AsyncThreekit(token=Secret("t")), AsyncThreekit)
    assert_type(tk.with_options(timeout=Timeout(read=1), headers={"X": "1"}), AsyncThreekit)
    assert_type(tk.settings, Settings)
    assert_type(tk.stats, Stats)
    assert_type(await tk.raw(tk.layers.get, "id"), Raw[Layer])
    assert_type(await tk.aclose(), None)


def of_the_services(tk: AsyncThreekit) -> None:
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


async def of_a_listing(listing: AsyncPager[Layer]) -> None:
    async for layer in listing:
        assert_type(layer, Layer)
    async for page in listing.pages():
        assert_type(page, Page[Layer])
        assert_type(page.items, list[Layer])
    assert_type(listing.pages(), AsyncIterator[Page[Layer]])
    assert_type(await listing.first(), Page[Layer])
    assert_type(await listing.all(limit=5), list[Layer])
    assert_type(listing.thorough(), AsyncThorough[Layer])


async def of_a_thorough_walk(walk: AsyncThorough[Layer]) -> None:
    async for layer in walk:
        assert_type(layer, Layer)
    assert_type(await anext(walk), Layer)
    assert_type(await walk.batch(), list[Layer])
    assert_type(walk.walked, Walked)
    assert_type(await walk.aclose(), None)


async def of_analytics(tk: AsyncThreekit) -> None:
    assert_type(await tk.analytics.list(), list[AnalyticsEvent])
    assert_type(await tk.analytics.get("id"), AnalyticsEvent)
    assert_type(
        await tk.analytics.create(event_type="product cart-add", session_id="s"), AnalyticsEvent
    )
    assert_type(await tk.analytics.views(), list[AnalyticsViews])
    assert_type(await tk.analytics.healthcheck(), None)
    assert_type(tk.analytics.with_options(deadline=5), Analytics)


async def of_asset_jobs(tk: AsyncThreekit) -> None:
    assert_type(await tk.asset_jobs.import_("id"), AssetJob)
    assert_type(await tk.asset_jobs.import_clara("https://clara.io/view/1"), AssetJob)
    assert_type(await tk.asset_jobs.export("id", "glb"), AssetJob)
    assert_type(await tk.asset_jobs.render("id", renderer="vray"), AssetJob)
    assert_type(await tk.asset_jobs.renders([RenderSubject(asset_id="a")]), AssetJob)
    assert_type(await tk.asset_jobs.download_results("id"), dict[str, Any])
    assert_type(await tk.asset_jobs.healthcheck(), None)
    assert_type(tk.asset_jobs.with_options(deadline=5), AssetJobs)


async def of_assets(tk: AsyncThreekit, pieces: AsyncIterator[bytes]) -> None:
    assert_type(tk.assets.list(type="item"), AsyncPager[Asset])
    assert_type(await tk.assets.get("id"), Asset)
    assert_type(await tk.assets.create(name="x", type="item"), Asset)
    assert_type(await tk.assets.update("id", name="x", description=None), Asset)
    assert_type(await tk.assets.delete("id"), None)
    assert_type(await tk.assets.restore("id"), Asset)
    assert_type(await tk.assets.clone("id"), Asset)
    assert_type(await tk.assets.tags(), list[str])
    assert_type(await tk.assets.keywords(), list[str])
    assert_type(await tk.assets.export("id"), list[ProductEntry])
    assert_type(await tk.assets.import_file(pieces, filename="x.glb"), list[ImportedAsset])
    assert_type(await tk.assets.translations(locale="de"), dict[str, str])
    assert_type(tk.assets.variants("id"), AsyncPager[AssetVariant])
    assert_type(await tk.assets.variant_data("id"), SharedVariantData)
    assert_type(await tk.assets.thumbnail("id"), bytes)
    assert_type(await tk.assets.healthcheck(), None)
    assert_type(tk.assets.with_options(deadline=5), Assets)


async def of_the_catalogue(tk: AsyncThreekit) -> None:
    assert_type(await tk.catalog.list(), list[CatalogProduct])
    assert_type(await tk.catalog.get("id"), CatalogProduct)
    assert_type(await tk.catalog.upload(["x.png"]), list[CatalogUpload])
    assert_type(await tk.catalog.job("id"), CatalogJob)
    assert_type(await tk.catalog.products_healthcheck(), None)
    assert_type(await tk.catalog.healthcheck(), None)
    assert_type(tk.catalog.with_options(deadline=5), Catalog)


async def of_configurations(tk: AsyncThreekit) -> None:
    assert_type(tk.configurations.list(), AsyncPager[SavedConfiguration])
    assert_type(await tk.configurations.get("id"), SavedConfiguration)
    assert_type((await tk.configurations.get("id")).variant, Configuration | None)
    assert_type(await tk.configurations.create("p", files=[Path("x")]), SavedConfiguration)
    assert_type(await tk.configurations.update("id", variant=None), SavedConfiguration)
    assert_type(await tk.configurations.delete("id"), None)
    assert_type(await tk.configurations.attachment("id", "front"), bytes)
    assert_type(await tk.configurations.thumbnail("id"), bytes)
    assert_type(await tk.configurations.healthcheck(), None)
    assert_type(tk.configurations.with_options(deadline=5), Configurations)


async def of_customers(tk: AsyncThreekit) -> None:
    assert_type(await tk.customers.list(), list[Customer])
    assert_type(await tk.customers.get("id"), Customer)
    assert_type(await tk.customers.create(name="x"), Customer)
    assert_type(await tk.customers.update("id", city=None), Customer)
    assert_type(tk.customers.with_options(deadline=5), Customers)


async def of_files(tk: AsyncThreekit, pieces: AsyncIterator[bytes], folder: Path) -> None:
    assert_type(await tk.files.get("id"), File)
    assert_type(await tk.files.content("id"), bytes)
    assert_type(await tk.files.by_hash("sha256-"), bytes)
    assert_type(await tk.files.upload(b"bytes", filename="x"), File)
    assert_type(await tk.files.upload_all([Upload(pieces, filename="x")]), list[File])
    assert_type(await tk.files.upload_folder(folder), TransferReport)
    assert_type(tk.files.iter_folder_uploads(folder), AsyncGenerator[FileResult, None])
    assert_type(await tk.files.upload_many([folder / "x"]), TransferReport)
    assert_type(tk.files.iter_uploads([folder / "x"]), AsyncGenerator[FileResult, None])
    assert_type(await tk.files.download("id", to=folder), FileResult)
    assert_type(await tk.files.healthcheck(), None)
    assert_type(tk.files.with_options(deadline=5), Files)


async def of_jobs(tk: AsyncThreekit) -> None:
    def told(job: Job) -> None:
        assert_type(job.stopped, bool)

    assert_type(tk.jobs.list(), AsyncPager[Job])
    assert_type(await tk.jobs.get("id"), Job)
    assert_type(await tk.jobs.update("id", priority=2), Job)
    assert_type(tk.jobs.tasks(job_id="id"), AsyncPager[Task])
    assert_type(await tk.jobs.task("id"), Task)
    assert_type(tk.jobs.runs(task_id="id"), AsyncPager[Run])
    assert_type(await tk.jobs.run("id"), Run)
    assert_type(await tk.jobs.wait("id", progress=told), Job)
    assert_type(tk.jobs.with_options(deadline=5), Jobs)


async def of_layers(tk: AsyncThreekit, folder: Path) -> None:
    red: Configuration = {"Colour": Colour(r=1, g=0, b=0)}
    assert_type(tk.layers.list(asset_id="a"), AsyncPager[Layer])
    assert_type(tk.layers.groups("job_id"), AsyncPager[LayerGroup])
    assert_type(await tk.layers.get("id"), Layer)
    assert_type(await tk.layers.create(asset_id="a"), Layer)
    assert_type(await tk.layers.url("id"), LayerUrl)
    assert_type(await tk.layers.content("id"), bytes)
    assert_type(await tk.layers.find(asset_id="a"), Layer | None)
    assert_type(await tk.layers.find_url(asset_id="a"), LayerUrl | None)
    assert_type(await tk.layers.find_content(asset_id="a"), bytes | None)
    assert_type(await tk.layers.find_or_render(asset_id="a", asset_layer_configuration=red), Layer)
    assert_type(await tk.layers.find_or_export(asset_id="a", asset_layer_configuration=red), Layer)
    assert_type(tk.layers.with_options(retry=Retry(), deadline=5), Layers)
    assert_type(await tk.layers.download("id", to=folder), FileResult)


async def of_bulk_downloads(tk: AsyncThreekit, layers: list[Layer]) -> None:
    def told(progress: Progress) -> None:
        assert_type(progress.received, int)

    listing = tk.layers.list()
    assert_type(await tk.layers.download_all(listing, to="f", progress=told), TransferReport)
    assert_type(await tk.layers.download_all(listing.thorough(), to="f"), TransferReport)
    assert_type(await tk.layers.download_all(layers, to="f"), TransferReport)
    assert_type(tk.layers.iter_downloads(layers, to="f"), AsyncGenerator[FileResult, None])


async def of_orders(tk: AsyncThreekit) -> None:
    cart = [CartItem(configuration_id="c", count=1)]
    assert_type(tk.orders.list(), AsyncPager[Order])
    assert_type(await tk.orders.get("id"), Order)
    assert_type(await tk.orders.create(cart=cart), Order)
    assert_type(await tk.orders.update("id", status="Complete"), Order)
    assert_type(await tk.orders.add_to_cart("id", cart), Order)
    assert_type(await tk.orders.replace_cart("id", cart), Order)
    assert_type(await tk.orders.add_items("id", cart), Order)
    assert_type(await tk.orders.healthcheck(), None)
    assert_type(tk.orders.with_options(timeout=Timeout()), Orders)


async def of_products(tk: AsyncThreekit) -> None:
    assert_type(await tk.products.export(), list[ProductEntry])
    assert_type(await tk.products.import_(b"[]"), ProductImport)
    assert_type(await tk.products.import_and_wait([ProductEntry()]), list[Asset])
    assert_type(await tk.products.translations(), str)
    assert_type(await tk.products.import_translations("texts.csv"), None)
    assert_type(await tk.products.healthcheck(), None)
    assert_type(tk.products.with_options(deadline=5), Products)


async def of_webhooks(tk: AsyncThreekit, body: Mapping[str, Any]) -> None:
    assert_type(await tk.webhooks.list(), list[Webhook])
    assert_type(await tk.webhooks.get("id"), Webhook)
    assert_type(await tk.webhooks.create(topic="orders", address="https://a"), Webhook)
    assert_type(await tk.webhooks.update("id", filter=None), Webhook)
    assert_type(await tk.webhooks.delete("id"), Webhook)
    assert_type(await tk.webhooks.restore("id"), Webhook)
    assert_type(tk.webhooks.parse(body), WebhookEvent)
    assert_type(await tk.webhooks.healthcheck(), None)
    assert_type(tk.webhooks.with_options(deadline=5), Webhooks)


def test_the_annotations_of_the_asynchronous_face_can_be_resolved_at_run_time() -> None:
    for method in (Layers.get, Layers.list, Orders.update, Webhooks.parse):
        assert "return" in get_type_hints(method)
