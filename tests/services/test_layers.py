"""The layers service against the emulator, in both worlds."""

from __future__ import annotations

from typing import Any

import pytest

from tests.conftest import Connect
from threekit_async import NotFoundError, UnprocessableError, UsageError
from threekit_async.emulator import EmulatorThread


async def test_a_walk_gives_every_layer_once_in_server_order(
    connect: Connect, demo_server: EmulatorThread
) -> None:
    layers = [layer async for layer in connect(demo_server).layers.list()]
    assert len({layer.id for layer in layers}) == len(layers) == 1000
    assert layers == sorted(layers, key=lambda layer: layer.created_at)


async def test_filters_reach_the_server(connect: Connect, demo_server: EmulatorThread) -> None:
    tk = connect(demo_server)
    published = await tk.layers.list(branch="published").all()
    unpublished = await tk.layers.list(branch="unpublished").all()
    assert published
    assert {layer.branch for layer in published} == {"published"}
    assert len(published) + len(unpublished) == 1000


async def test_sorting_takes_the_names_of_records(
    connect: Connect, demo_server: EmulatorThread
) -> None:
    tk = connect(demo_server)
    newest = await tk.layers.list(sort="-created_at").first()
    oldest = await tk.layers.list(sort="created_at").first()
    assert newest.items[0].created_at > oldest.items[0].created_at


async def test_a_layer_is_found_by_its_configuration_whatever_the_order_of_keys(
    connect: Connect, demo_server: EmulatorThread
) -> None:
    tk = connect(demo_server)
    layer = (await tk.layers.list().first()).items[7]
    turned = dict(reversed(layer.asset_layer_configuration.items()))
    found = await tk.layers.find(
        asset_id=layer.asset_id,
        asset_layer_configuration=turned,
        stage_id=layer.stage_id,
        stage_configuration=layer.stage_configuration,
    )
    assert found.id == layer.id


async def test_what_is_not_there_is_found_as_none(
    connect: Connect, demo_server: EmulatorThread
) -> None:
    tk = connect(demo_server)
    configuration = {"Colour": "no such colour"}
    assert await tk.layers.find(asset_layer_configuration=configuration) is None
    assert await tk.layers.find_url(asset_layer_configuration=configuration) is None
    assert await tk.layers.find_content(asset_layer_configuration=configuration) is None


async def test_url_and_content_of_a_layer_are_those_of_its_file(
    connect: Connect, demo_server: EmulatorThread
) -> None:
    tk = connect(demo_server)
    layer = (await tk.layers.list().first()).items[0]
    url = await tk.layers.url(layer.id)
    content = await tk.layers.content(layer.id)
    assert url.url.endswith(f"/api/files/{layer.file_id}/content")
    assert url.metadata == layer.metadata
    assert content == await tk.files.content(layer.file_id)
    assert content.startswith(b"\x89PNG")


@pytest.mark.parametrize("group_by", ["job_id", "jobId"])
async def test_groups_count_the_layers_of_each_job(
    connect: Connect, demo_server: EmulatorThread, group_by: str
) -> None:
    groups = await connect(demo_server).layers.groups(group_by).all()
    assert len(groups) == 2
    assert sum(group.count for group in groups) == 1000
    assert all(group.job_id for group in groups)


async def test_an_unknown_grouping_is_refused_before_sending(
    connect: Connect, demo_server: EmulatorThread
) -> None:
    tk = connect(demo_server)
    with pytest.raises(UsageError, match="cannot be grouped by"):
        await tk.layers.groups("colour").all()
    assert tk.stats.requests == 0


async def test_a_created_layer_can_be_read_and_found(
    connect: Connect, server: EmulatorThread
) -> None:
    tk = connect(server)
    file = await tk.files.upload(b"glTF bytes", filename="chair.glb")
    asset_id = "5b0f3f8e-1f0a-4d56-8d2e-3a1f6c7d8e02"
    configuration: dict[str, Any] = {"Colour": "Oak", "Size": 2}
    created = await tk.layers.create(
        asset_id=asset_id,
        asset_layer_configuration=configuration,
        metadata={"source": "test"},
        file_id=file.id,
    )
    read = await tk.layers.get(created.id)
    found = await tk.layers.find(asset_id=asset_id, asset_layer_configuration=configuration)
    assert read.asset_layer_configuration == configuration
    assert read.metadata == {"source": "test"}
    assert read.org_id == server.org_id
    assert found.id == created.id
    assert await tk.layers.content(created.id) == b"glTF bytes"


async def test_an_unknown_id_and_a_malformed_one_are_told_apart(
    connect: Connect, demo_server: EmulatorThread
) -> None:
    tk = connect(demo_server)
    with pytest.raises(NotFoundError, match=r"GET /api/layers/11111111-.*answered 404"):
        await tk.layers.get("11111111-1111-4111-8111-111111111111")
    with pytest.raises(UnprocessableError) as malformed:
        await tk.layers.get("not-an-id")
    assert malformed.value.code == "find_layer_error"
