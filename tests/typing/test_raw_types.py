"""What type checkers see of `raw` and `with_options`; checked by mypy and pyright, never run."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import assert_type, get_type_hints

from threekit_async import (
    AsyncThreekit,
    File,
    FileResult,
    Layer,
    Page,
    Raw,
    Retry,
    Threekit,
    Timeout,
    TransferReport,
)
from threekit_async.services.layers import Layers as AsyncLayers
from threekit_async.services.orders import Orders as AsyncOrders
from threekit_async.sync.services.layers import Layers
from threekit_async.sync.services.orders import Orders


async def of_async_answers(tk: AsyncThreekit, folder: Path) -> None:
    raw = await tk.raw(tk.layers.get, "id")
    assert_type(raw, Raw[Layer])
    assert_type(raw.value, Layer)
    assert_type(raw.status, int)
    assert_type(raw.headers, Mapping[str, str])
    assert_type(raw.body, bytes)
    assert_type(raw.attempts, int)
    assert_type(raw.requests, int)
    assert_type(raw.seconds, float)
    assert_type(await tk.raw(tk.layers.list().first), Raw[Page[Layer]])
    assert_type(await tk.raw(tk.layers.list().all, limit=5), Raw[list[Layer]])
    assert_type(await tk.raw(tk.layers.find, asset_id="a"), Raw[Layer | None])
    assert_type(await tk.raw(tk.files.upload, b"bytes", filename="x"), Raw[File])
    assert_type(await tk.raw(tk.layers.download, "id", to=folder), Raw[FileResult])
    assert_type(await tk.raw(tk.layers.download_all, [], to=folder), Raw[TransferReport])
    assert_type(await tk.raw(tk.files.healthcheck), Raw[None])
    await tk.raw(tk.layers.get)  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    await tk.raw(tk.layers.get, 7)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]


def of_sync_answers(tk: Threekit, folder: Path) -> None:
    raw = tk.raw(tk.layers.get, "id")
    assert_type(raw, Raw[Layer])
    assert_type(raw.value, Layer)
    assert_type(tk.raw(tk.layers.list().first), Raw[Page[Layer]])
    assert_type(tk.raw(tk.layers.list().all, limit=5), Raw[list[Layer]])
    assert_type(tk.raw(tk.layers.find, asset_id="a"), Raw[Layer | None])
    assert_type(tk.raw(tk.files.upload, b"bytes", filename="x"), Raw[File])
    assert_type(tk.raw(tk.layers.download_all, [], to=folder), Raw[TransferReport])
    tk.raw(tk.layers.get)  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]


def of_other_options(tk: AsyncThreekit, sync: Threekit) -> None:
    assert_type(tk.with_options(timeout=Timeout(), headers={"X": "1"}), AsyncThreekit)
    assert_type(tk.layers.with_options(retry=Retry(), deadline=5), AsyncLayers)
    assert_type(tk.orders.with_options(timeout=Timeout()), AsyncOrders)
    assert_type(sync.with_options(deadline=5), Threekit)
    assert_type(sync.layers.with_options(headers={"X": "1"}), Layers)
    assert_type(sync.orders.with_options(deadline=5), Orders)


def test_an_answer_names_the_type_of_its_value() -> None:
    assert get_type_hints(Raw)["status"] is int
    assert str(get_type_hints(Raw)["value"]) == "~T"
