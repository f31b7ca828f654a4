"""What type checkers see of the twelve services, in both worlds; checked, never run."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from typing import assert_type

from threekit_async import (
    AnalyticsEvent,
    AnalyticsViews,
    Asset,
    AssetJob,
    AssetReference,
    AssetVariant,
    AsyncPager,
    AsyncThreekit,
    CartItem,
    CatalogJob,
    CatalogProduct,
    CatalogUpload,
    Colour,
    Configuration,
    Customer,
    File,
    ImportedAsset,
    Job,
    JobFailedError,
    Layer,
    Order,
    Pager,
    ProductEntry,
    ProductImport,
    Run,
    SavedConfiguration,
    Task,
    Threekit,
    Upload,
    Webhook,
    WebhookEvent,
    evolve,
    parse_webhook,
    read_configuration,
)


async def of_async_reads(tk: AsyncThreekit) -> None:
    assert_type(await tk.analytics.get("id"), AnalyticsEvent)
    assert_type(await tk.analytics.list(), list[AnalyticsEvent])
    assert_type(await tk.analytics.views(), list[AnalyticsViews])
    assert_type(tk.assets.list(type="item"), AsyncPager[Asset])
    assert_type(await tk.assets.tags(), list[str])
    assert_type(await tk.assets.export("id"), list[ProductEntry])
    assert_type(tk.assets.variants("id"), AsyncPager[AssetVariant])
    assert_type(await tk.assets.thumbnail("id"), bytes)
    assert_type(await tk.catalog.list(), list[CatalogProduct])
    assert_type(await tk.catalog.job("id"), CatalogJob)
    assert_type(tk.configurations.list(), AsyncPager[SavedConfiguration])
    assert_type((await tk.configurations.get("id")).variant, Configuration | None)
    assert_type(await tk.customers.list(), list[Customer])
    assert_type(tk.jobs.list(), AsyncPager[Job])
    assert_type(tk.jobs.tasks(job_id="id"), AsyncPager[Task])
    assert_type(tk.jobs.runs(job_id="id"), AsyncPager[Run])
    assert_type(tk.orders.list(), AsyncPager[Order])
    assert_type(await tk.products.export(), list[ProductEntry])
    assert_type(await tk.webhooks.list(), list[Webhook])
    assert_type(await tk.webhooks.healthcheck(), None)


async def of_async_writes(tk: AsyncThreekit, pieces: AsyncIterator[bytes]) -> None:
    assert_type(await tk.assets.update("id", name="x", description=None), Asset)
    assert_type(await tk.assets.delete("id"), None)
    assert_type(await tk.assets.import_file(pieces, filename="x.glb"), list[ImportedAsset])
    assert_type(await tk.files.upload_all([Upload(pieces, filename="x")]), list[File])
    assert_type(await tk.catalog.upload(["x.png"]), list[CatalogUpload])
    assert_type(await tk.configurations.create(product_id="p"), SavedConfiguration)
    assert_type(await tk.orders.create(cart=[CartItem(configuration_id="c", count=1)]), Order)
    assert_type(await tk.products.import_(b"[]"), ProductImport)
    assert_type(await tk.asset_jobs.export("id", "glb"), AssetJob)
    assert_type(await tk.jobs.wait("id"), Job)
    configuration: Configuration = {"Colour": Colour(r=1, g=0, b=0)}
    layer = await tk.layers.find_or_render(asset_id="a", asset_layer_configuration=configuration)
    assert_type(layer, Layer)
    assert_type(read_configuration(layer.asset_layer_configuration), Configuration)


def of_sync_calls(tk: Threekit, pieces: Iterator[bytes]) -> None:
    assert_type(tk.assets.variants("id"), Pager[AssetVariant])
    assert_type(tk.assets.import_file(pieces, filename="x.glb"), list[ImportedAsset])
    assert_type(tk.configurations.list(), Pager[SavedConfiguration])
    assert_type(tk.jobs.runs(task_id="id"), Pager[Run])
    assert_type(tk.jobs.wait("id"), Job)
    assert_type(tk.orders.update("id", status="Complete"), Order)
    assert_type(tk.products.export(), list[ProductEntry])
    assert_type(tk.webhooks.delete("id"), Webhook)
    assert_type(tk.webhooks.parse(b"{}"), WebhookEvent)


def of_values(error: JobFailedError, entry: ProductEntry) -> None:
    assert_type(error.job, Job)
    assert_type(parse_webhook("{}"), WebhookEvent)
    assert_type(evolve(entry, product=None), ProductEntry)
    assert_type(AssetReference(asset_id="a").asset_id, str)


def test_a_status_of_an_order_is_one_of_five() -> None:
    from typing import get_args

    from threekit_async import OrderStatus

    assert get_args(OrderStatus) == ("List", "In Cart", "New", "In Progress", "Complete")
