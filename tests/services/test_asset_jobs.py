"""The asset jobs service against the emulator, in both worlds."""

from __future__ import annotations

import io
import zipfile
from typing import Any

import pytest
from PIL import Image

from tests.conftest import Connect
from tests.services.planted import asked, chair, fail_runs, planted
from tests.services.receiving import receiving
from threekit_async import (
    AssetReference,
    Colour,
    ForbiddenError,
    ImportSettings,
    JobFailedError,
    NotFoundError,
    RenderSubject,
    ServerError,
    Subset,
    SubsetFilter,
    UnprocessableError,
    UsageError,
    parse_webhook,
)
from threekit_async.emulator import EmulatorThread

ODD: list[dict[str, Any]] = [
    {"": ""},
    {"a\0b": "c\0d"},
    {"Größe": "🪑" * 100},
    {"n": 10**15, "f": 1e-9, "nothing": None, "list": [[[]]]},
    {"__proto__": {"assetId": ""}},
]
pytestmark = pytest.mark.threekit(job_seconds=0, job_workers=1)


def opened(content: bytes) -> Image.Image:
    return Image.open(io.BytesIO(content))


def unpacked(content: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


async def test_a_render_is_started_waited_for_and_read(
    connect: Connect, server: EmulatorThread
) -> None:
    tk, asset_id = connect(server), chair(server)
    started = await tk.asset_jobs.render(
        asset_id, configuration={"Colour": "red"}, width=40, height=30
    )
    assert (started.job.id, list(started.files)) == (started.job_id, [])
    await tk.jobs.wait(started.job_id, interval=0.005)
    (run,) = await tk.jobs.runs(job_id=started.job_id).all()
    picture = opened(await tk.files.content(run.files[0].id))
    assert (picture.format, picture.size) == ("PNG", (40, 30))


async def test_a_render_that_is_waited_for_brings_its_file(
    connect: Connect, server: EmulatorThread
) -> None:
    tk, asset_id = connect(server), chair(server)
    done = await tk.asset_jobs.render(asset_id, width=16, height=16, sync=True)
    assert done.job.succeeded
    assert [file.id for file in done.files] == [done.file_id]
    assert opened(await tk.files.content(done.file_id)).size == (16, 16)


@pytest.mark.parametrize("renderer", ["webgl", "vray"])
async def test_stage_renderer_and_further_settings_reach_the_task(
    connect: Connect, server: EmulatorThread, renderer: str
) -> None:
    tk, asset_id = connect(server), chair(server)
    stage_id = planted(server, name="Studio", type="stage")
    started = await tk.asset_jobs.render(
        asset_id,
        renderer=renderer,
        configuration={"Colour": Colour(r=1, g=0, b=0), "Wood": AssetReference(asset_id="oak")},
        stage_id=stage_id,
        stage_configuration={"Camera": "Front"},
        width=16,
        settings={"quality": "high", "output": {"transparent": True}},
        sync=True,
    )
    (task,) = await tk.jobs.tasks(job_id=started.job_id).all()
    assert task.parameters == {
        "assetId": asset_id,
        "configuration": {"Colour": {"r": 1, "g": 0, "b": 0}, "Wood": {"assetId": "oak"}},
        "stageId": stage_id,
        "stageConfiguration": {"Camera": "Front"},
        "type": renderer,
        "settings": {
            "quality": "high",
            "output": {"transparent": True, "resolution": {"width": 16}},
        },
    }


async def test_an_unknown_renderer_is_refused_before_sending(
    connect: Connect, server: EmulatorThread
) -> None:
    with pytest.raises(UsageError, match="There is no renderer 'pencil': use webgl or vray"):
        await connect(server).asset_jobs.render("a", renderer="pencil")
    assert server.journal() == []


async def test_the_same_render_comes_from_the_cache_when_asked_for(
    connect: Connect, server: EmulatorThread
) -> None:
    tk, asset_id = connect(server), chair(server)

    async def rendered(cache: bool) -> str:
        done = await tk.asset_jobs.render(asset_id, width=16, cache=cache, sync=True)
        return str(done.file_id)

    first = await rendered(cache=False)
    assert await rendered(cache=True) == first
    assert await rendered(cache=False) != first


@pytest.mark.parametrize(
    ("format_", "mime_type", "magic"),
    [
        ("glb", "model/gltf-binary", b"glTF"),
        ("usdz", "model/vnd.usdz+zip", b"PK"),
        ("step", None, b"ISO-10303-21"),
        ("stl", None, b""),
        ("dxf", None, b""),
    ],
)
async def test_an_asset_is_exported_in_every_format(
    connect: Connect, server: EmulatorThread, format_: str, mime_type: str | None, magic: bytes
) -> None:
    tk, asset_id = connect(server), chair(server)
    done = await tk.asset_jobs.export(asset_id, format_, sync=True)
    (file,) = done.files
    assert (file.filename, file.id) == (f"Oak chair.{format_}", done.file_id)
    assert mime_type in (None, file.mime_type)
    content = await tk.files.content(file.id)
    assert content.startswith(magic)
    assert content


async def test_configuration_and_settings_reach_the_export(
    connect: Connect, server: EmulatorThread
) -> None:
    tk, asset_id = connect(server), chair(server)
    started = await tk.asset_jobs.export(
        asset_id,
        "usdz",
        configuration={"Colour": Colour(r=1, g=0, b=0)},
        ar_export=True,
        settings={"textures": {"size": 1024}},
        wait=False,
    )
    (task,) = await tk.jobs.tasks(job_id=started.job_id).all()
    assert task.parameters == {
        "assetId": asset_id,
        "format": "usdz",
        "configuration": {"Colour": {"r": 1, "g": 0, "b": 0}},
        "settings": {"textures": {"size": 1024}, "arExport": True},
    }


async def test_an_export_is_run_once_unless_the_cache_is_off(
    connect: Connect, server: EmulatorThread
) -> None:
    tk, asset_id = connect(server), chair(server)
    red = {"configuration": {"Colour": "red"}, "ar_export": True}
    first = await tk.asset_jobs.export(asset_id, "glb", **red, sync=True)
    again = await tk.asset_jobs.export(asset_id, "glb", **red, sync=True)
    assert (again.job_id, again.file_id) == (first.job_id, first.file_id)
    others = [
        await tk.asset_jobs.export(asset_id, "glb", **red, cache=False, sync=True),
        await tk.asset_jobs.export(asset_id, "glb", configuration={"Colour": "red"}, sync=True),
        await tk.asset_jobs.export(asset_id, "usdz", **red, sync=True),
    ]
    assert len({job.file_id for job in (first, *others)}) == 4


async def test_a_public_token_may_export_but_not_render(
    connect: Connect, server: EmulatorThread
) -> None:
    asset_id = chair(server)
    tk = connect(server, token=server.public_token)
    assert (await tk.asset_jobs.export(asset_id, "glb", sync=True)).files
    with pytest.raises(ForbiddenError, match=r"POST /api/asset-jobs/.* was answered 403"):
        await tk.asset_jobs.render(asset_id)


async def test_a_failed_export_is_an_error_though_the_server_says_200(
    connect: Connect, server: EmulatorThread
) -> None:
    tk, asset_id = connect(server), chair(server)
    with pytest.raises(JobFailedError, match="The format 'fbx' cannot be exported") as failed:
        await tk.asset_jobs.export(asset_id, "fbx", sync=True)
    assert server.journal()[-1].status == 200
    (run,) = failed.value.runs
    assert (run.failed, run.job_id) == (True, failed.value.job.id)


async def test_a_failed_render_is_an_error_that_repeats_the_reason(
    connect: Connect, server: EmulatorThread
) -> None:
    tk, asset_id = connect(server), chair(server)
    fail_runs(server, "The renderer ran out of memory.", type="render")
    with pytest.raises(JobFailedError) as failed:
        await tk.asset_jobs.render(asset_id, sync=True)
    job = failed.value.job
    assert str(failed.value) == (
        f"Job {job.id} (Render {asset_id}, render) has ended, and 1 of 1 tasks failed. "
        "The first failure says: The renderer ran out of memory. "
        f"Mend the cause and start it again; jobs.runs(job_id='{job.id}') lists every run."
    )


async def test_an_impossible_size_fails_the_job_with_a_sentence(
    connect: Connect, server: EmulatorThread
) -> None:
    with pytest.raises(JobFailedError, match="cannot be rendered: give whole numbers of pixels"):
        await connect(server).asset_jobs.render(chair(server), width=100_000, sync=True)


async def test_a_batch_renders_every_combination_of_the_subsets(
    connect: Connect, server: EmulatorThread
) -> None:
    tk, asset_id = connect(server), chair(server)
    stage_id = planted(server, name="Studio", type="stage")
    oak = AssetReference(asset_id=planted(server, name="Oak", type="material"), type="material")
    wanted = Subset(
        attributes={
            "Colour": SubsetFilter(values=["red", "blue"]),
            "Wood": SubsetFilter(values=[oak]),
        }
    )
    front = Subset(attributes={"Camera": SubsetFilter(values=["Front", "Back"])})
    started = await tk.asset_jobs.renders(
        [RenderSubject(asset_id=asset_id, subset=wanted)],
        stages=[RenderSubject(asset_id=stage_id, subset=front)],
        job_name="Spring",
        width=16,
        height=8,
    )
    job = await tk.jobs.wait(started.job_id, interval=0.005)
    assert (job.title, job.task_count) == ("Spring", 4)
    layers = await tk.layers.list(job_id=job.id).all()
    wood = {"assetId": oak.asset_id, "type": "material"}
    assert [
        (layer.asset_layer_configuration, layer.stage_configuration["Camera"]) for layer in layers
    ] == [
        ({"Colour": "red", "Wood": wood}, "Front"),
        ({"Colour": "red", "Wood": wood}, "Back"),
        ({"Colour": "blue", "Wood": wood}, "Front"),
        ({"Colour": "blue", "Wood": wood}, "Back"),
    ]
    assert {(layer.stage_id, layer.width, layer.height) for layer in layers} == {(stage_id, 16, 8)}
    tasks = await tk.jobs.tasks(job_id=job.id).all()
    assert {task.parameters["type"] for task in tasks} == {"vray"}


async def test_a_batch_can_be_told_to_render_only_what_is_missing(
    connect: Connect, server: EmulatorThread
) -> None:
    tk, asset_id = connect(server), chair(server)

    async def rendered(*colours: str) -> int:
        subset = Subset(attributes={"Colour": SubsetFilter(values=colours)})
        started = await tk.asset_jobs.renders(
            [RenderSubject(asset_id=asset_id, subset=subset)],
            renderer="webgl",
            render_missing_layers=True,
            width=16,
        )
        job = await tk.jobs.wait(started.job_id, interval=0.005)
        tasks = await tk.jobs.tasks(job_id=job.id).all()
        assert all(task.parameters["type"] == "webgl" for task in tasks)
        return int(job.task_count)

    assert await rendered("red") == 1
    assert await rendered("red", "blue") == 1
    assert await rendered("red", "blue") == 0
    assert len(await tk.layers.list(asset_id=asset_id).all()) == 2


@pytest.mark.threekit(seed="demo")
async def test_an_excluding_filter_leaves_values_out_of_a_batch(
    connect: Connect, server: EmulatorThread
) -> None:
    tk = connect(server)
    (armchair,) = await tk.assets.list(type="item", name="Alder armchair").all()
    (layer,) = (await tk.layers.list(asset_id=armchair.id, per_page=1).first()).items
    # One value of each attribute, and of the colours all but two.
    chosen = {
        name: SubsetFilter(values=[value])
        for name, value in layer.asset_layer_configuration.items()
    }
    chosen["Colour"] = SubsetFilter(filter_mode="exclude", values=["Chalk", "Sand"])
    subject = RenderSubject(asset_id=armchair.id, subset=Subset(attributes=chosen))
    started = await tk.asset_jobs.renders([subject], width=16)
    job = await tk.jobs.wait(started.job_id, interval=0.005)
    layers = await tk.layers.list(job_id=job.id).all()
    shown = [layer.asset_layer_configuration["Colour"] for layer in layers]
    assert sorted(shown) == sorted(set(shown) - {"Chalk", "Sand"})
    assert len(shown) == job.task_count == 8


async def test_a_batch_of_nothing_is_refused_before_sending(
    connect: Connect, server: EmulatorThread
) -> None:
    with pytest.raises(UsageError, match="Pass at least one asset"):
        await connect(server).asset_jobs.renders([])
    assert server.journal() == []


async def test_a_batch_too_large_is_refused_by_the_server(
    connect: Connect, server: EmulatorThread
) -> None:
    numbers = SubsetFilter(values=list(range(100)))
    subset = Subset(attributes={"A": numbers, "B": numbers})
    with pytest.raises(UnprocessableError, match="ask for a smaller subset"):
        await connect(server).asset_jobs.renders([RenderSubject(asset_id="a", subset=subset)])


async def test_an_uploaded_file_is_imported_as_an_asset(
    connect: Connect, server: EmulatorThread
) -> None:
    tk = connect(server)
    folder = planted(server, name="Photos", type="folder")
    file = await tk.files.upload(b"pixels", filename="grain.jpg")
    started = await tk.asset_jobs.import_(file.id, title="Grain", parent_folder_id=folder)
    job = await tk.jobs.wait(started.job_id, interval=0.005)
    assert (job.title, job.type) == ("Grain", "import")
    (asset,) = await tk.assets.list(type="texture").all()
    assert (asset.name, asset.parent_folder_id, asset.imported_file_id) == (
        "grain",
        folder,
        file.id,
    )


async def test_an_import_can_update_one_asset_or_spare_all(
    connect: Connect, server: EmulatorThread
) -> None:
    tk = connect(server)
    target = planted(server, name="Old", type="texture")
    file = await tk.files.upload(b"pixels", filename="new.jpg")
    done = await tk.asset_jobs.import_(file.id, target_asset_id=target, sync=True)
    assert done.job.succeeded
    assert (await tk.assets.get(target)).imported_file_id == file.id
    for settings in (ImportSettings(dont_overwrite_assets=True), {"dontOverwriteAssets": True}):
        await tk.asset_jobs.import_(file.id, settings=settings, sync=True)
    names = [asset.name for asset in await tk.assets.list(type="texture").all()]
    assert sorted(names) == ["Old", "new", "new"]


async def test_an_import_from_or_into_what_is_not_there_fails(
    connect: Connect, server: EmulatorThread
) -> None:
    tk = connect(server)
    file = await tk.files.upload(b"pixels", filename="new.jpg")
    with pytest.raises(JobFailedError, match="There is no asset 'nowhere'"):
        await tk.asset_jobs.import_(file.id, target_asset_id="nowhere", sync=True)
    with pytest.raises(JobFailedError, match="There is no file 'nowhere': upload one"):
        await tk.asset_jobs.import_("nowhere", sync=True)
    with pytest.raises(UnprocessableError, match="import was answered 422 asset_job_error"):
        await tk.asset_jobs.import_("")


async def test_a_clara_scene_is_asked_for_by_its_address(
    connect: Connect, server: EmulatorThread
) -> None:
    tk = connect(server)
    started = await tk.asset_jobs.import_clara("https://clara.io/view/x")
    with pytest.raises(JobFailedError, match=r"does not reach clara\.io"):
        await tk.jobs.wait(started.job_id, interval=0.005)
    (task,) = await tk.jobs.tasks(job_id=started.job_id).all()
    assert task.parameters == {"claraURL": "https://clara.io/view/x"}
    with pytest.raises(JobFailedError, match=r"does not reach clara\.io"):
        await tk.asset_jobs.import_clara("https://clara.io/view/x", sync=True)


async def test_the_results_of_a_job_are_packed_and_answered_at_once_the_second_time(
    connect: Connect, server: EmulatorThread
) -> None:
    tk = connect(server)
    done = await tk.asset_jobs.render(chair(server), width=16, sync=True)
    for format_, first in (("png", b"\x89PNG"), ("jpeg", b"\xff\xd8\xff")):
        packing = await tk.asset_jobs.download_results(done.job_id, format=format_)
        await tk.jobs.wait(packing["jobId"], interval=0.005)
        answer = await tk.asset_jobs.download_results(done.job_id, format=format_)
        assert answer["jobId"] == packing["jobId"]
        (file,) = answer["files"]
        (packed,) = unpacked(await tk.files.content(file["id"])).values()
        assert packed.startswith(first)


async def test_the_images_of_textures_are_packed_without_a_job(
    connect: Connect, server: EmulatorThread
) -> None:
    tk = connect(server)
    file = await tk.files.upload(b"grain", filename="grain.jpg")
    await tk.asset_jobs.import_(file.id, sync=True)
    (texture,) = await tk.assets.list(type="texture").all()
    packing = await tk.asset_jobs.download_results(type="texture", asset_ids=[texture.id])
    await tk.jobs.wait(packing["jobId"], interval=0.005)
    answer = await tk.asset_jobs.download_results(type="texture", asset_ids=[texture.id])
    packed = unpacked(await tk.files.content(answer["files"][0]["id"]))
    assert packed == {"0001-grain.jpg": b"grain"}


async def test_results_are_packed_for_private_tokens_and_known_jobs_only(
    connect: Connect, server: EmulatorThread
) -> None:
    with pytest.raises(ForbiddenError):
        await connect(server, token=server.public_token).asset_jobs.download_results("x")
    tk = connect(server)
    with pytest.raises(NotFoundError, match="downloads was answered 404 job_not_found"):
        await tk.asset_jobs.download_results("nowhere")
    with pytest.raises(UnprocessableError, match="downloads was answered 422"):
        await tk.asset_jobs.download_results("nowhere", type="everything")
    for arguments in ({}, {"type": "texture"}):
        with pytest.raises(UsageError, match="nothing was sent"):
            await tk.asset_jobs.download_results(**arguments)


@pytest.mark.parametrize("filter_", [{"status": ["success"], "type": ["render"]}, None])
async def test_the_end_of_a_render_is_delivered_to_a_webhook(
    connect: Connect, server: EmulatorThread, filter_: Any
) -> None:
    tk, asset_id = connect(server), chair(server)
    async with receiving() as receiver:
        await tk.webhooks.create(topic="jobs", address=receiver.address, filter=filter_)
        started = await tk.asset_jobs.render(asset_id, configuration={"Colour": "red"}, width=16)
        event = parse_webhook(await receiver.next())
    assert event.id == started.job_id
    job = await tk.jobs.get(event.id)
    assert (event.data["status"], job.succeeded) == ("stopped", True)
    (run,) = event.data["runs"]
    (layer,) = await tk.layers.list(job_id=event.id).all()
    assert run["results"]["files"][0]["id"] == layer.file_id


async def test_only_failures_are_delivered_to_a_webhook_that_asks_for_them(
    connect: Connect, server: EmulatorThread
) -> None:
    tk, asset_id = connect(server), chair(server)
    async with receiving() as receiver:
        await tk.webhooks.create(
            topic="failures", address=receiver.address, filter={"status": ["failed"]}
        )
        await tk.asset_jobs.render(asset_id, width=16, sync=True)
        fail_runs(server, "No.")
        started = await tk.asset_jobs.render(asset_id, width=16)
        event = tk.webhooks.parse(await receiver.next())
        assert receiver.bodies.empty()
    assert (event.id, event.data["taskResultFailures"]) == (started.job_id, 1)


@pytest.mark.parametrize("configuration", ODD)
async def test_odd_configurations_are_rendered_and_come_back_as_they_were(
    connect: Connect, server: EmulatorThread, configuration: Any
) -> None:
    tk, asset_id = connect(server), chair(server)
    done = await tk.asset_jobs.render(asset_id, configuration=configuration, width=16, sync=True)
    (layer,) = await tk.layers.list(job_id=done.job_id).all()
    assert layer.asset_layer_configuration == configuration


@pytest.mark.parametrize("asset_id", ["nowhere", "../../files", "a/b?c#d", "%00", "ü" * 300])
async def test_an_asset_that_is_not_there_fails_the_job_whatever_it_is_called(
    connect: Connect, server: EmulatorThread, asset_id: str
) -> None:
    tk = connect(server)
    with pytest.raises(JobFailedError, match="There is no asset"):
        await tk.asset_jobs.render(asset_id, sync=True)
    with pytest.raises(JobFailedError, match="There is no asset"):
        await tk.asset_jobs.export(asset_id, "glb", sync=True)


@pytest.mark.parametrize("format_", ["", ".", "../x"])
async def test_an_odd_format_never_leaves_its_place_in_the_path(
    connect: Connect, server: EmulatorThread, format_: str
) -> None:
    tk, asset_id = connect(server), chair(server)
    with pytest.raises((UsageError, JobFailedError)):
        await tk.asset_jobs.export(asset_id, format_, sync=True)
    assert set(asked(server)) <= {f"POST /api/asset-jobs/{asset_id}/export/../x"}


async def test_the_service_says_whether_it_is_up(connect: Connect, server: EmulatorThread) -> None:
    tk = connect(server)
    assert await tk.asset_jobs.healthcheck() is None
    server.faults.add(effect="status", status=503, path="/api/asset-jobs/healthcheck")
    with pytest.raises(ServerError, match="GET /api/asset-jobs/healthcheck was answered 503"):
        await tk.asset_jobs.healthcheck()
