"""The layers service against the emulator, in both worlds."""

from __future__ import annotations

import asyncio
import io
from typing import Any
from urllib.parse import parse_qs

import pytest
from PIL import Image

from tests.conftest import Connect
from tests.services.planted import asked, chair, fail_runs, planted
from threekit_async import (
    AssetReference,
    Colour,
    DeadlineError,
    ForbiddenError,
    Job,
    JobFailedError,
    Layer,
    NotFoundError,
    Options,
    UnprocessableError,
    UsageError,
)
from threekit_async.emulator import EmulatorThread

RED = {"Colour": "red"}
FIND = "GET /api/layers/layer"
ODD: list[dict[str, Any]] = [
    {"": ""},
    {"a\0b": "c\0d"},
    {"Größe": "🪑"},
    {"n": 10**15, "x": None, "l": [[]]},
    {"a&b=c#": "+%"},
]
at_once = pytest.mark.threekit(job_seconds=0)


def opened(content: bytes) -> Image.Image:
    return Image.open(io.BytesIO(content))


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


# Two layers that have nothing in common, and what tells the first from the second.
FIRST: dict[str, Any] = {
    "id": "11111111-2222-4333-8444-555555555555",
    "assetId": "chair",
    "assetLayer": "frame",
    "assetLayerConfiguration": {"Colour": "red"},
    "stageId": "studio",
    "stageConfiguration": {"Camera": "Front"},
    "metadata": {"sku": "1", "season": "spring"},
    "jobId": "job 1",
    "branch": "published",
    "format": "png",
    "width": 100,
    "height": 50,
}
SECOND: dict[str, Any] = {
    "assetId": "table",
    "assetLayerConfiguration": {"Colour": "red", "Wood": "oak"},
    "metadata": {"sku": "2"},
    "jobId": "job 2",
    "format": "glb",
    "width": 50,
    "height": 100,
}
FILTERS: list[dict[str, Any]] = [
    {"id": FIRST["id"]},
    {"asset_id": "chair"},
    {"asset_layer": "frame"},
    {"asset_layer_configuration": {"Colour": "red"}},
    {"stage_id": "studio"},
    {"stage_configuration": {"Camera": "Front"}},
    {"metadata": {"sku": "1"}},
    {"job_id": "job 1"},
    {"branch": "published"},
]
LISTED_BY: list[dict[str, Any]] = [*FILTERS, {"format": "png"}, {"width": 100}, {"height": 50}]
FOUND_BY = [given for given in LISTED_BY if given.keys().isdisjoint({"id"})]


@pytest.mark.parametrize("given", LISTED_BY, ids=lambda given: next(iter(given)))
async def test_each_filter_chooses_what_is_listed(
    connect: Connect, server: EmulatorThread, given: dict[str, Any]
) -> None:
    server.seed(layers=[FIRST, SECOND])
    listed = await connect(server).layers.list(**given).all()
    assert [layer.id for layer in listed] == [FIRST["id"]]


@pytest.mark.parametrize("given", FILTERS, ids=lambda given: next(iter(given)))
async def test_each_filter_chooses_what_is_counted(
    connect: Connect, server: EmulatorThread, given: dict[str, Any]
) -> None:
    server.seed(layers=[FIRST, SECOND])
    groups = await connect(server).layers.groups("asset_id", **given).all()
    assert [(group.asset_id, group.count) for group in groups] == [("chair", 1)]


async def test_groups_come_in_the_order_asked_for(connect: Connect, server: EmulatorThread) -> None:
    server.seed(layers=[FIRST, SECOND])
    tk = connect(server)
    for sort, expected in (
        ("+created_at", ["chair", "table"]),
        ("-created_at", ["table", "chair"]),
    ):
        groups = await tk.layers.groups("asset_id", sort=sort, per_page=1).all()
        assert [group.asset_id for group in groups] == expected


@pytest.mark.parametrize("given", FOUND_BY, ids=lambda given: next(iter(given)))
async def test_each_filter_chooses_what_is_found(
    connect: Connect, server: EmulatorThread, given: dict[str, Any]
) -> None:
    # The latest is found, unless the filter says otherwise.
    file = {"id": "file", "filename": "front.png", "content": b"front"}
    server.seed(files=[file], layers=[FIRST | {"fileId": "file"}, SECOND])
    tk = connect(server)
    assert (await tk.layers.find()).asset_id == "table"
    assert (await tk.layers.find(**given)).id == FIRST["id"]
    url = await tk.layers.find_url(**given)
    assert (url.metadata, url.extra) == (FIRST["metadata"], {})
    assert await tk.layers.find_content(**given) == b"front"


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


@pytest.mark.parametrize("renderer", ["webgl", "vray"])
@at_once
async def test_an_image_is_rendered_once_and_then_found_with_one_request(
    connect: Connect, server: EmulatorThread, renderer: str
) -> None:
    tk, told = connect(server), list[Job]()
    wish: dict[str, Any] = {
        "asset_id": chair(server),
        "asset_layer_configuration": RED,
        "renderer": renderer,
    }
    made = await tk.layers.find_or_render(
        **wish, width=32, height=24, interval=0.005, progress=told.append
    )
    assert told[-1].succeeded
    assert (made.asset_layer_configuration, made.format) == (RED, "png")
    assert opened(await tk.layers.content(made.id)).size == (made.width, made.height) == (32, 24)
    assert asked(server)[:2] == [
        FIND,
        f"POST /api/asset-jobs/{made.asset_id}/render/{renderer}/image",
    ]
    server.clear_journal()
    again = await tk.layers.find_or_render(**wish, width=32, height=24)
    whatever_size = await tk.layers.find_or_render(**wish)
    assert made.id == again.id == whatever_size.id
    assert asked(server) == [FIND, FIND]
    assert len(await tk.jobs.list().all()) == 1


@at_once
async def test_each_size_is_rendered_once_whichever_was_the_latest(
    connect: Connect, server: EmulatorThread
) -> None:
    tk, asset_id = connect(server), chair(server)
    sizes = [(16, 16), (32, 32), (16, 16), (32, 32), (32, 16)]
    layers = [
        await tk.layers.find_or_render(
            asset_id=asset_id,
            asset_layer_configuration=RED,
            width=width,
            height=height,
            interval=0.005,
        )
        for width, height in sizes
    ]
    assert [(layer.width, layer.height) for layer in layers] == sizes
    assert len({layer.id for layer in layers}) == 3
    assert len(await tk.jobs.list().all()) == 3


@pytest.mark.parametrize("format_", ["png", "glb"])
@at_once
async def test_what_only_resembles_the_wish_does_not_count_as_found(
    connect: Connect, server: EmulatorThread, format_: str
) -> None:
    tk, asset_id = connect(server), chair(server)
    alike: list[dict[str, Any]] = [
        {"assetId": "another", "assetLayerConfiguration": RED, "format": format_},
        {"assetId": asset_id, "assetLayerConfiguration": {"Colour": "blue"}, "format": format_},
        {"assetId": asset_id, "assetLayerConfiguration": RED | {"Size": 1}, "format": format_},
        {"assetId": asset_id, "assetLayerConfiguration": RED, "format": "usdz"},
    ]
    server.seed(layers=alike)
    make = tk.layers.find_or_render if format_ == "png" else tk.layers.find_or_export
    wish: dict[str, Any] = {"asset_id": asset_id, "asset_layer_configuration": RED}
    made = await make(**wish, interval=0.005)
    assert made.job_id
    assert (made.asset_id, made.asset_layer_configuration, made.format) == (asset_id, RED, format_)
    # One that is alike and newer hides nothing.
    server.seed(layers=alike)
    assert (await make(**wish)).id == made.id


@at_once
async def test_each_stage_is_rendered_once_and_so_is_none(
    connect: Connect, server: EmulatorThread
) -> None:
    tk, asset_id = connect(server), chair(server)
    stage_id = planted(server, name="Studio", type="stage")
    front, back = (
        {"stage_id": stage_id, "stage_configuration": {"Camera": camera}}
        for camera in ("Front", "Back")
    )
    as_it_is = {"stage_id": stage_id}
    layers = [
        await tk.layers.find_or_render(
            asset_id=asset_id, asset_layer_configuration=RED, width=16, interval=0.005, **stage
        )
        for stage in ({}, front, back, as_it_is, {}, front, back, as_it_is)
    ]
    assert [layer.id for layer in layers[:4]] == [layer.id for layer in layers[4:]]
    assert len({layer.id for layer in layers}) == 4
    assert [layer.stage_id for layer in layers[:4]] == ["", stage_id, stage_id, stage_id]
    assert [layer.stage_configuration for layer in layers[2:4]] == [{"Camera": "Back"}, {}]


@at_once
async def test_colours_and_references_are_rendered_and_found_by_their_values(
    connect: Connect, server: EmulatorThread
) -> None:
    tk, asset_id = connect(server), chair(server)
    oak = planted(server, name="Oak", type="material")
    typed = {
        "Colour": Colour(r=1, g=0.5, b=0),
        "Wood": AssetReference(asset_id=oak, type="material"),
        "Parts": [AssetReference(asset_id=oak)],
    }
    plain = {
        "Parts": [{"assetId": oak}],
        "Wood": {"assetId": oak, "type": "material"},
        "Colour": {"r": 1, "g": 0.5, "b": 0},
    }
    made, found = [
        await tk.layers.find_or_render(
            asset_id=asset_id, asset_layer_configuration=configuration, width=16, interval=0.005
        )
        for configuration in (typed, plain)
    ]
    assert made.id == found.id
    assert made.asset_layer_configuration == plain


@at_once
async def test_a_render_that_fails_is_an_error_and_can_be_tried_again(
    connect: Connect, server: EmulatorThread
) -> None:
    tk, asset_id = connect(server), chair(server)
    wish: dict[str, Any] = {
        "asset_id": asset_id,
        "asset_layer_configuration": RED,
        "width": 16,
        "interval": 0.005,
    }
    fail_runs(server, "The material has no texture.")
    with pytest.raises(JobFailedError, match="1 of 1 tasks failed") as failed:
        await tk.layers.find_or_render(**wish)
    assert [run.result_message for run in failed.value.runs] == ["The material has no texture."]
    assert failed.value.job.task_result_failures == 1
    layer = await tk.layers.find_or_render(**wish)
    assert layer.job_id != failed.value.job.id


@at_once
async def test_two_callers_at_once_both_get_the_image(
    connect: Connect, server: EmulatorThread
) -> None:
    first, second, asset_id = connect(server), connect(server), chair(server)

    async def rendered(tk: Any) -> Layer:
        layer: Layer = await tk.layers.find_or_render(
            asset_id=asset_id, asset_layer_configuration=RED, width=16, interval=0.005
        )
        return layer

    layers = await asyncio.gather(rendered(first), rendered(second))
    assert {(layer.asset_id, layer.width) for layer in layers} == {(asset_id, 16)}
    assert 1 <= len(await first.jobs.list().all()) <= 2
    server.clear_journal()
    assert (await rendered(first)).id in {layer.id for layer in layers}
    assert asked(server) == [FIND]


@pytest.mark.threekit(job_seconds=3600)
async def test_a_render_that_takes_too_long_goes_on(
    connect: Connect, server: EmulatorThread
) -> None:
    tk = connect(server)
    with pytest.raises(
        DeadlineError, match=r"has not ended within 0\.3 s.* It goes on: wait "
    ) as late:
        await tk.layers.find_or_render(
            asset_id=chair(server), asset_layer_configuration=RED, timeout=0.3, interval=0.05
        )
    (job,) = await tk.jobs.list().all()
    assert job.id in str(late.value)
    assert not job.stopped


@at_once
async def test_a_public_token_finds_images_but_renders_none(
    connect: Connect, server: EmulatorThread
) -> None:
    wish: dict[str, Any] = {
        "asset_id": chair(server),
        "asset_layer_configuration": RED,
        "interval": 0.005,
    }
    public = connect(server, token=server.public_token)
    with pytest.raises(ForbiddenError, match="was answered 403"):
        await public.layers.find_or_render(**wish)
    made = await connect(server).layers.find_or_render(**wish, width=16)
    assert (await public.layers.find_or_render(**wish)).id == made.id


@at_once
async def test_a_lookup_that_fails_renders_nothing(
    connect: Connect, server: EmulatorThread
) -> None:
    tk = connect(server)
    server.faults.add(effect="status", status=500, path=f"{FIND.split()[1]}$")
    with pytest.raises(Exception, match="GET /api/layers/layer was answered 500"):
        await tk.layers.find_or_render(asset_id="a", asset_layer_configuration=RED)
    assert set(asked(server)) == {FIND}


@pytest.mark.parametrize(
    ("format_", "extension", "magic"), [("glb", "glb", b"glTF"), ("usdz", "usdz", b"PK")]
)
@at_once
async def test_a_3d_file_is_exported_and_registered_once(
    connect: Connect, server: EmulatorThread, format_: str, extension: str, magic: bytes
) -> None:
    tk, asset_id, told = connect(server), chair(server), list[Job]()
    wish: dict[str, Any] = {
        "asset_id": asset_id,
        "format": format_,
        "asset_layer_configuration": RED,
        "metadata": {"shop": {"id": 7, "tags": ["a", "b"]}},
    }
    made = await tk.layers.find_or_export(**wish, interval=0.005, progress=told.append)
    assert told[-1].succeeded
    assert (made.format, made.job_id) == (format_, told[-1].id)
    assert made.metadata == {**wish["metadata"], "arExport": True}
    file = await tk.files.get(made.file_id)
    assert (file.extension, file.filename) == (extension, f"Oak chair.{extension}")
    assert (await tk.layers.content(made.id)).startswith(magic)
    server.clear_journal()
    assert (await tk.layers.find_or_export(**wish)).id == made.id
    assert asked(server) == [FIND]


@at_once
async def test_formats_and_metadata_are_told_apart_without_exporting_again(
    connect: Connect, server: EmulatorThread
) -> None:
    tk, asset_id = connect(server), chair(server)

    async def exported(format_: str, **metadata: Any) -> Layer:
        layer: Layer = await tk.layers.find_or_export(
            asset_id=asset_id,
            format=format_,
            asset_layer_configuration=RED,
            metadata=metadata,
            interval=0.005,
        )
        return layer

    first = await exported("glb", sku="1")
    usdz = await exported("usdz", sku="1")
    other = await exported("glb", sku="2")
    again = await exported("glb", sku="1")
    assert (first.format, usdz.format, other.metadata["sku"]) == ("glb", "usdz", "2")
    assert first.id == again.id != other.id
    # The second article is the same file: the export came from the cache.
    assert other.file_id == first.file_id
    assert len(await tk.jobs.list().all()) == 2


@at_once
async def test_a_file_for_augmented_reality_and_another_are_each_exported_once(
    connect: Connect, server: EmulatorThread
) -> None:
    tk, asset_id = connect(server), chair(server)
    layers = [
        await tk.layers.find_or_export(
            asset_id=asset_id, asset_layer_configuration=RED, ar_export=ar, interval=0.005
        )
        for ar in (False, True, False, True)
    ]
    assert [layer.metadata for layer in layers] == [{"arExport": ar} for ar in (0, 1, 0, 1)]
    assert [layer.id for layer in layers[:2]] == [layer.id for layer in layers[2:]]
    assert layers[0].id != layers[1].id


@at_once
async def test_a_format_that_layers_do_not_know_is_registered_once(
    connect: Connect, server: EmulatorThread
) -> None:
    tk, asset_id = connect(server), chair(server)
    layers = [
        await tk.layers.find_or_export(
            asset_id=asset_id, format="step", asset_layer_configuration=RED, interval=0.005
        )
        for _ in range(2)
    ]
    assert layers[0].id == layers[1].id
    assert (await tk.layers.content(layers[0].id)).startswith(b"ISO-10303-21")


@at_once
async def test_an_export_that_fails_is_an_error_and_registers_nothing(
    connect: Connect, server: EmulatorThread
) -> None:
    tk, asset_id = connect(server), chair(server)
    with pytest.raises(JobFailedError, match="The format 'fbx' cannot be exported"):
        await tk.layers.find_or_export(
            asset_id=asset_id, format="fbx", asset_layer_configuration=RED, interval=0.005
        )
    assert await tk.layers.list().all() == []


@pytest.mark.threekit(job_seconds=0, job_logs=True)
async def test_the_logs_of_an_export_are_never_registered(
    connect: Connect, server: EmulatorThread
) -> None:
    tk = connect(server)
    layer = await tk.layers.find_or_export(
        asset_id=chair(server), asset_layer_configuration={}, interval=0.005
    )
    assert (await tk.layers.content(layer.id)).startswith(b"glTF")


@pytest.mark.threekit(job_seconds=3600)
async def test_an_export_that_takes_too_long_goes_on(
    connect: Connect, server: EmulatorThread
) -> None:
    tk = connect(server)
    with pytest.raises(DeadlineError, match="It goes on: wait again with jobs"):
        await tk.layers.find_or_export(
            asset_id=chair(server), asset_layer_configuration={}, timeout=0.3, interval=0.05
        )
    assert not (await tk.jobs.list().all())[0].stopped


@at_once
async def test_an_image_is_fetched_smaller_and_as_webp_when_asked_for(
    connect: Connect, server: EmulatorThread
) -> None:
    tk, asset_id = connect(server), chair(server)
    await tk.layers.find_or_render(
        asset_id=asset_id, asset_layer_configuration=RED, width=64, height=32, interval=0.005
    )
    wishes = {"format": "webp", "quality": 50, "width": 20, "height": 10}
    content = await tk.layers.find_content(asset_id=asset_id, optimization=wishes)
    assert (opened(content).format, opened(content).size) == ("WEBP", (20, 10))
    found = await tk.layers.find_url(asset_id=asset_id, optimization=wishes)
    assert await tk.files.content(found.url.split("/")[-2]) == content
    plain = await tk.layers.find_content(asset_id=asset_id, format="png", cache=True)
    assert opened(plain).size == (64, 32)
    assert await tk.layers.find(asset_id=asset_id, format="glb", cache=False) is None


async def test_the_cache_is_passed_on_as_it_is_given(
    connect: Connect, server: EmulatorThread
) -> None:
    tk = connect(server)
    for look in (tk.layers.find, tk.layers.find_url, tk.layers.find_content):
        server.clear_journal()
        for given in (True, False, None):
            await look(asset_id="a", cache=given)
        queries = [parse_qs(entry.query) for entry in server.journal()]
        assert [query.get("cache") for query in queries] == [["true"], ["false"], None]


async def test_what_cannot_be_optimized_is_not_found(
    connect: Connect, server: EmulatorThread
) -> None:
    tk = connect(server)
    file = await tk.files.upload(b"glTF", filename="chair.glb")
    await tk.layers.create(asset_id="a", file_id=file.id)
    assert await tk.layers.find_content(asset_id="a") == b"glTF"
    for wishes in ({"format": "webp"}, {"width": 10}, {"quality": 50}):
        assert await tk.layers.find_content(asset_id="a", optimization=wishes) is None


async def test_answers_may_be_asked_of_the_delivery_network_s_cache(
    connect: Connect, server: EmulatorThread
) -> None:
    tk, options = connect(server), Options(cache_scope="shop", cache_max_age=60)
    layer = await tk.layers.create(asset_id="a", options=options)
    await tk.layers.get(layer.id, options=options)
    await tk.layers.list(options=options).all()
    await tk.layers.find(asset_id="a", options=options)
    cached = ["cacheMaxAge=60" in entry.query for entry in server.journal()]
    assert cached == ["cacheScope=shop" in entry.query for entry in server.journal()]
    assert cached == [False, True, True, True]


@at_once
async def test_what_was_just_rendered_is_not_looked_for_in_a_cache(
    connect: Connect, server: EmulatorThread
) -> None:
    await connect(server).layers.find_or_render(
        asset_id=chair(server),
        asset_layer_configuration={"Colour": "red"},
        width=16,
        interval=0,
        options=Options(cache_scope="shop", cache_max_age=60),
    )
    cached = [entry.path for entry in server.journal() if "cacheScope" in entry.query]
    assert cached == ["/api/layers/layer"]


@pytest.mark.parametrize("configuration", ODD)
@at_once
async def test_odd_configurations_are_rendered_once_too(
    connect: Connect, server: EmulatorThread, configuration: Any
) -> None:
    tk, asset_id = connect(server), chair(server)
    layers = [
        await tk.layers.find_or_render(
            asset_id=asset_id, asset_layer_configuration=configuration, width=16, interval=0.005
        )
        for _ in range(2)
    ]
    assert layers[0].id == layers[1].id
    assert layers[0].asset_layer_configuration == configuration


@at_once
async def test_an_asset_named_by_its_custom_id_is_rendered_once(
    connect: Connect, server: EmulatorThread
) -> None:
    tk = connect(server)
    server.seed(assets=[{"name": "Chair", "type": "item", "customId": "my-chair"}])
    layers = [
        await tk.layers.find_or_render(
            asset_id="my-chair", asset_layer_configuration={}, width=16, interval=0
        )
        for _ in range(2)
    ]
    assert layers[0].id == layers[1].id
