"""The catalogue service against the emulator, in both worlds."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import Connect
from threekit_async import (
    AuthenticationError,
    ForbiddenError,
    ImportedAsset,
    NotFoundError,
    PublicToken,
    ServerError,
    Upload,
    UsageError,
)
from threekit_async.emulator import EmulatorThread
from threekit_async.emulator.engine.failures import FailureRule
from threekit_async.emulator.seeds.tenant import NEIGHBOUR_ORG_ID, NEIGHBOUR_PRIVATE_TOKEN

Call = Callable[[Any], Any]

NOBODY = "11111111-1111-4111-8111-111111111111"
PNG = b"\x89PNG\r\n\x1a\n and so on"
OWN = ["Alder armchair", "Fjord floor lamp", "Harbour cabinet"]


def names(products: list[Any]) -> list[str]:
    return [product.name for product in products]


async def test_a_shop_sees_the_items_and_nothing_else(
    connect: Connect, demo_server: EmulatorThread
) -> None:
    tk = connect(demo_server)
    products = await tk.catalog.list()
    assert names(products) == OWN
    asset = await tk.assets.get("ALD")
    armchair = products[0]
    assert (armchair.id, armchair.org_id) == (asset.id, demo_server.org_id)
    assert (armchair.proxy_id, armchair.description) == (asset.proxy_id, asset.description)
    assert (armchair.tags, armchair.keywords) == (asset.tags, asset.keywords)
    assert armchair.metadata == {"SKU": "ALD", "renders": 450}
    assert await tk.catalog.get(armchair.id) == armchair


@pytest.mark.parametrize(
    ("chosen", "found"),
    [
        ({"name": "Alder armchair"}, OWN[:1]),
        ({"name": "Alder"}, []),
        ({"name_like": "LAMP"}, OWN[1:2]),
        ({"tags": "cabinet"}, OWN[2:]),
        ({"keywords": "harbour"}, OWN[2:]),
        ({"metadata": {"SKU": "FJO", "renders": 300}}, OWN[1:2]),
        ({"metadata": {"SKU": "FJO", "renders": "300"}}, []),
        ({"public_share": True}, OWN),
        ({"name": "' OR 1=1 --"}, []),
        ({"name_like": "%"}, []),
        ({"tags": "a\0b"}, []),
    ],
)
async def test_each_filter_finds_the_items_it_means(
    connect: Connect, demo_server: EmulatorThread, chosen: dict[str, Any], found: list[str]
) -> None:
    assert names(await connect(demo_server).catalog.list(**chosen)) == found


async def test_the_shared_items_of_a_public_organisation_are_seen_and_no_others(
    connect: Connect, demo_server: EmulatorThread
) -> None:
    tk = connect(demo_server)
    [bench] = await tk.catalog.list(org_id=NEIGHBOUR_ORG_ID)
    assert (bench.name, bench.org_id) == ("Quarry bench", NEIGHBOUR_ORG_ID)
    assert names(await connect(demo_server, org_id=None).catalog.list()) == [*OWN, "Quarry bench"]
    with pytest.raises(ForbiddenError, match="organisation must be the token's"):
        await tk.catalog.list(org_id=NOBODY)


async def test_an_item_that_is_not_shared_is_not_found(
    connect: Connect, demo_server: EmulatorThread
) -> None:
    neighbour = connect(demo_server, token=NEIGHBOUR_PRIVATE_TOKEN, org_id=NEIGHBOUR_ORG_ID)
    bench, table = await neighbour.catalog.list()
    assert await neighbour.catalog.list(public_share=True) == [bench]
    tk = connect(demo_server)
    assert await tk.catalog.get(bench.id) == bench
    with pytest.raises(NotFoundError, match=r"Product not found.*Check the id"):
        await tk.catalog.get(table.id)


async def test_models_unknown_and_odd_ids_are_no_items(
    connect: Connect, demo_server: EmulatorThread
) -> None:
    tk = connect(demo_server)
    model = (await tk.assets.list(type="model").first()).items[0]
    for odd in (model.id, NOBODY, "a/b?c", "x\0y", "../assets"):
        with pytest.raises(NotFoundError, match="Product not found"):
            await tk.catalog.get(odd)
    for odd in ("", "..", None):
        with pytest.raises(UsageError, match=r"give the id of a record|must be a string"):
            await tk.catalog.get(odd)


async def test_deleted_items_leave_the_shop(connect: Connect, server: EmulatorThread) -> None:
    tk = connect(server)
    item = await tk.assets.create(name="Oak chair", type="item")
    assert names(await tk.catalog.list()) == ["Oak chair"]
    await tk.assets.delete(item.id)
    assert await tk.catalog.list() == []
    with pytest.raises(NotFoundError):
        await tk.catalog.get(item.id)


@pytest.mark.threekit(job_seconds=0)
async def test_uploaded_files_get_a_job_each_and_become_assets(
    connect: Connect, server: EmulatorThread, tmp_path: Path
) -> None:
    (tmp_path / "photo.png").write_bytes(PNG)
    files = [
        tmp_path / "photo.png",
        Upload(b"glTF", filename="chair.glb"),
        Upload(io.BytesIO(b"<svg/>"), filename="logo.svg"),
    ]
    tk = connect(server)
    uploads = await tk.catalog.upload(files)
    assert len({upload.job_id for upload in uploads}) == 3
    assert [upload.job.id for upload in uploads] == [upload.job_id for upload in uploads]
    for upload in uploads:
        await tk.jobs.wait(upload.job_id, interval=0.01)
    made = [(await tk.catalog.job(upload.job_id)).assets for upload in uploads]
    assert [(asset.type, asset.name) for [asset] in made] == [
        ("texture", "photo"),
        ("model", "chair"),
        ("vector", "logo"),
    ]
    texture = await tk.assets.get(made[0][0].asset_id)
    assert await tk.files.content(texture.imported_file_id) == PNG


@pytest.mark.threekit(job_seconds=0)
async def test_a_public_token_uploads_and_reads_what_came_of_it(
    connect: Connect, server: EmulatorThread
) -> None:
    tk = connect(server, token=PublicToken(server.public_token))
    [upload] = await tk.catalog.upload([Upload(PNG, filename="photo.png")], sync=True)
    assert upload.job.stopped
    ended = await tk.catalog.job(upload.job_id)
    assert ended.job.stopped
    [asset] = ended.assets
    assert asset == ImportedAsset(asset_id=asset.asset_id, name="photo", type="texture")
    assert ended.output["texture"][0].asset_id == asset.asset_id
    assert (await tk.assets.get(asset.asset_id)).name == "photo"
    with pytest.raises(ForbiddenError):
        await tk.jobs.get(upload.job_id)


@pytest.mark.threekit(job_seconds=30)
async def test_an_import_under_way_has_no_output_yet(
    connect: Connect, server: EmulatorThread
) -> None:
    tk = connect(server)
    [upload] = await tk.catalog.upload([Upload(PNG, filename="photo.png")])
    under_way = await tk.catalog.job(upload.job_id)
    assert not under_way.job.stopped
    assert (under_way.output, under_way.assets) == (None, [])


async def test_an_upload_that_failed_made_nothing(connect: Connect, server: EmulatorThread) -> None:
    server.call(lambda emulator: emulator.state.engine.failures.add(FailureRule(type="import")))
    tk = connect(server)
    [upload] = await tk.catalog.upload([Upload(PNG, filename="photo.png")], sync=True)
    ended = await tk.catalog.job(upload.job_id)
    assert (ended.job.task_result_failures, ended.assets) == (1, [])


async def test_a_job_of_somebody_else_is_unknown(connect: Connect, server: EmulatorThread) -> None:
    tk = connect(server)
    [upload] = await tk.catalog.upload([Upload(PNG, filename="photo.png")])
    neighbour = connect(server, token=NEIGHBOUR_PRIVATE_TOKEN, org_id=NEIGHBOUR_ORG_ID)
    for client, job_id in ((neighbour, upload.job_id), (tk, NOBODY), (tk, "a/b")):
        with pytest.raises(NotFoundError, match="Job not found") as missing:
            await client.catalog.job(job_id)
        assert missing.value.code == "job_not_found"


@pytest.mark.parametrize(
    ("files", "says"),
    [
        ("photo.png", r"Pass a list of files, also for a single one: \[file\]"),
        (b"bytes", "Pass a list of files"),
        (Path("photo.png"), "Pass a list of files"),
        (Upload(PNG, filename="photo.png"), "Pass a list of files"),
        (io.BytesIO(PNG), "Pass a list of files"),
        ([PNG], "Pass filename="),
        (["no-such-file.png"], "no-such-file.png is not a file that can be read"),
        ([Upload(PNG, filename="two\nlines.png")], "a file name cannot have"),
        ([7], "not int"),
    ],
)
async def test_what_cannot_be_uploaded_is_refused_before_sending(
    connect: Connect, server: EmulatorThread, files: Any, says: str
) -> None:
    with pytest.raises(UsageError, match=rf"{says}.*nothing was sent"):
        await connect(server).catalog.upload(files)
    assert server.journal() == []


async def test_an_upload_of_nothing_is_refused(connect: Connect, server: EmulatorThread) -> None:
    with pytest.raises(UsageError, match="There is no file to upload; nothing was sent"):
        await connect(server).catalog.upload([])
    assert server.journal() == []


async def test_an_upload_is_not_repeated_by_itself(
    connect: Connect, server: EmulatorThread
) -> None:
    server.faults.add(effect="status", status=503, times=1)
    with pytest.raises(ServerError):
        await connect(server).catalog.upload([Upload(PNG, filename="photo.png")])
    assert [entry.status for entry in server.journal()] == [503]


CALLS: list[Call] = [
    lambda tk: tk.catalog.list(),
    lambda tk: tk.catalog.get(NOBODY),
    lambda tk: tk.catalog.job(NOBODY),
    lambda tk: tk.catalog.upload([Upload(PNG, filename="photo.png")]),
]


async def test_an_unknown_token_is_told_so(connect: Connect, server: EmulatorThread) -> None:
    tk = connect(server, token="no-such-token")
    for call in CALLS:
        with pytest.raises(AuthenticationError, match="unknown on this host or was revoked"):
            await call(tk)


@pytest.mark.parametrize(
    ("part", "call"),
    [
        ("catalog", lambda tk: tk.catalog.healthcheck()),
        ("catalog/products", lambda tk: tk.catalog.products_healthcheck()),
    ],
)
async def test_each_healthcheck_returns_when_its_part_is_well_and_raises_otherwise(
    connect: Connect, server: EmulatorThread, part: str, call: Call
) -> None:
    tk = connect(server)
    assert await call(tk) is None
    server.faults.add(effect="status", status=503, path=f"^/api/{part}/healthcheck$")
    with pytest.raises(ServerError):
        await call(tk)
