"""The assets service against the emulator, in both worlds."""

from __future__ import annotations

import pytest

from tests.conftest import Connect
from threekit_async import NotFoundError
from threekit_async.emulator import EmulatorThread


async def test_all_assets_are_listed_with_their_total(
    connect: Connect, demo_server: EmulatorThread
) -> None:
    tk = connect(demo_server)
    assets = await tk.assets.list(per_page=5).all()
    page = await tk.assets.list(per_page=5).first()
    assert page.count == len(assets) == len({asset.id for asset in assets})
    assert page.per_page == 5


async def test_filters_reach_the_server(connect: Connect, demo_server: EmulatorThread) -> None:
    tk = connect(demo_server)
    items = await tk.assets.list(type="item").all()
    assert items
    assert {asset.type for asset in items} == {"item"}
    named = await tk.assets.list(name=items[0].name, type="item").all()
    assert [asset.id for asset in named] == [items[0].id]


async def test_sorting_takes_the_names_of_records(
    connect: Connect, demo_server: EmulatorThread
) -> None:
    tk = connect(demo_server)
    newest = [asset.created_at for asset in await tk.assets.list(sort="-created_at").all()]
    assert newest == sorted(newest, reverse=True)


async def test_one_asset_is_read_with_what_a_list_leaves_out(
    connect: Connect, demo_server: EmulatorThread
) -> None:
    tk = connect(demo_server)
    listed = (await tk.assets.list(type="item").first()).items[0]
    asset = await tk.assets.get(listed.id)
    assert (asset.id, asset.name, asset.org_id) == (listed.id, listed.name, demo_server.org_id)


@pytest.mark.parametrize("asset_id", ["11111111-1111-4111-8111-111111111111", "not-an-id"])
async def test_unknown_and_malformed_ids_are_not_found_alike(
    connect: Connect, demo_server: EmulatorThread, asset_id: str
) -> None:
    with pytest.raises(NotFoundError) as missing:
        await connect(demo_server).assets.get(asset_id)
    assert missing.value.code == "asset_not_found"
