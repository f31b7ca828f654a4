"""What type checkers see of both clients; checked by mypy and pyright, never run."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Iterator
from pathlib import Path
from typing import assert_type, get_type_hints

from threekit_async import (
    Asset,
    AsyncPager,
    AsyncThreekit,
    File,
    FileResult,
    Layer,
    LayerGroup,
    LayerUrl,
    Page,
    Pager,
    PrivateToken,
    Progress,
    PublicToken,
    Retry,
    Secret,
    Threekit,
    Timeout,
    TransferReport,
)
from threekit_async.events import Stats


async def of_the_async_client() -> None:
    async with AsyncThreekit(token="t", org_id="o", retry=Retry(attempts=2)) as tk:
        assert_type(tk, AsyncThreekit)
        assert_type(tk.with_options(timeout=Timeout(read=1)), AsyncThreekit)
        assert_type(tk.stats, Stats)


async def of_async_layers(tk: AsyncThreekit, folder: Path) -> None:
    listing = tk.layers.list(asset_id="a")
    assert_type(listing, AsyncPager[Layer])
    assert_type(await listing.first(), Page[Layer])
    assert_type(await listing.all(limit=5), list[Layer])
    assert_type((await listing.first()).items, list[Layer])
    async for layer in listing:
        assert_type(layer, Layer)
    async for page in listing.pages():
        assert_type(page, Page[Layer])
    assert_type(tk.layers.groups("job_id"), AsyncPager[LayerGroup])
    assert_type(await tk.layers.get("id"), Layer)
    assert_type(await tk.layers.url("id"), LayerUrl)
    assert_type(await tk.layers.content("id"), bytes)
    assert_type(await tk.layers.find(asset_id="a"), Layer | None)
    assert_type(await tk.layers.find_url(asset_id="a"), LayerUrl | None)
    assert_type(await tk.layers.find_content(asset_id="a"), bytes | None)
    assert_type(await tk.layers.create(asset_id="a"), Layer)
    assert_type(await tk.layers.download("id", to=folder), FileResult)


async def of_async_downloads(tk: AsyncThreekit, layers: list[Layer]) -> None:
    def told(progress: Progress) -> None:
        assert_type(progress.received, int)

    assert_type(
        await tk.layers.download_all(tk.layers.list(), to="f", progress=told), TransferReport
    )
    assert_type(await tk.layers.download_all(layers, to="f"), TransferReport)
    assert_type(tk.layers.iter_downloads(layers, to="f"), AsyncGenerator[FileResult, None])


async def of_other_async_services(tk: AsyncThreekit) -> None:
    assert_type(await tk.files.upload(b"bytes", filename="x"), File)
    assert_type(await tk.files.get("id"), File)
    assert_type(await tk.files.content("id"), bytes)
    assert_type(await tk.files.by_hash("sha256-"), bytes)
    assert_type(await tk.files.download("id", to="f"), FileResult)
    assert_type(tk.assets.list(type="item"), AsyncPager[Asset])
    assert_type(await tk.assets.get("id"), Asset)


def of_the_sync_client() -> None:
    with Threekit(token=Secret("t"), org_id="o") as tk:
        assert_type(tk, Threekit)
        assert_type(tk.with_options(retry=Retry()), Threekit)
        assert_type(tk.stats, Stats)
    assert_type(Threekit.from_env(token=PublicToken("t")), Threekit)
    assert_type(Threekit.from_env(token=PrivateToken("t")), Threekit)


def of_sync_layers(tk: Threekit, folder: Path) -> None:
    listing = tk.layers.list(asset_id="a")
    assert_type(listing, Pager[Layer])
    assert_type(listing.first(), Page[Layer])
    assert_type(listing.all(limit=5), list[Layer])
    for layer in listing:
        assert_type(layer, Layer)
    assert_type(listing.pages(), Iterator[Page[Layer]])
    assert_type(tk.layers.groups("job_id"), Pager[LayerGroup])
    assert_type(tk.layers.get("id"), Layer)
    assert_type(tk.layers.url("id"), LayerUrl)
    assert_type(tk.layers.content("id"), bytes)
    assert_type(tk.layers.find(asset_id="a"), Layer | None)
    assert_type(tk.layers.find_url(asset_id="a"), LayerUrl | None)
    assert_type(tk.layers.find_content(asset_id="a"), bytes | None)
    assert_type(tk.layers.create(asset_id="a"), Layer)
    assert_type(tk.layers.download("id", to=folder), FileResult)


def of_sync_downloads(tk: Threekit, layers: list[Layer]) -> None:
    assert_type(tk.layers.download_all(tk.layers.list(), to="f"), TransferReport)
    assert_type(tk.layers.download_all(layers, to="f"), TransferReport)
    assert_type(tk.layers.iter_downloads(layers, to="f"), Iterator[FileResult])


def of_other_sync_services(tk: Threekit) -> None:
    assert_type(tk.files.upload("x.bin"), File)
    assert_type(tk.files.get("id"), File)
    assert_type(tk.files.content("id"), bytes)
    assert_type(tk.files.download("id", to="f"), FileResult)
    assert_type(tk.assets.list(type="item"), Pager[Asset])
    assert_type(tk.assets.get("id"), Asset)


def test_the_annotations_of_the_public_face_can_be_resolved_at_run_time() -> None:
    from threekit_async.services.layers import Layers as AsyncLayers
    from threekit_async.sync.services.layers import Layers

    for method in (AsyncLayers.get, AsyncLayers.list, Layers.get, Layers.list):
        assert "return" in get_type_hints(method)
