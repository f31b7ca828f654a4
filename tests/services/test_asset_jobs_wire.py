"""Asset jobs: the exact request of each method, and what is made of its answer."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from tests.services.exchanges import ORG_ID, Exchanging, Sent
from threekit_async import AsyncThreekit, Options, Timeout, UsageError
from threekit_async.errors import JobFailedError
from threekit_async.models.asset_jobs import (
    AssetJob,
    ImportSettings,
    RenderSubject,
    Subset,
    SubsetFilter,
)
from threekit_async.models.files import File
from threekit_async.models.jobs import Job
from threekit_async.models.values import AssetReference, Colour
from threekit_async.session.reply import Call as Sending
from threekit_async.session.reply import Reply
from threekit_async.session.transport import Transport

Call = Callable[[AsyncThreekit], Awaitable[Any]]

STARTED = {"jobId": "j", "job": {"id": "j", "status": "pending"}, "msg": "ok"}
READ = AssetJob(job_id="j", job=Job(id="j", status="pending"), msg="ok")
IMAGE = {"orgId": ORG_ID, "configuration": {}, "stageId": "", "stageConfiguration": {}}
SUCCESS = {
    "jobId": "j",
    "fileId": "f",
    "job": {
        "_id": "j",
        "runs": [
            {
                "id": "r",
                "taskId": "t",
                "resultCode": "Success",
                "results": {
                    "files": [
                        {"id": "o", "filename": "stdout.txt"},
                        {"id": "e", "filename": "stderr"},
                        {"id": "f", "filename": "chair.glb"},
                    ]
                },
            }
        ],
    },
}
FAILED_RUN = {"id": "r", "resultCode": "Failed", "resultMessage": "No such stage."}


@pytest.mark.parametrize(
    ("call", "sent", "answer", "read"),
    [
        (
            lambda tk: tk.asset_jobs.import_("f"),
            Sent(
                "POST",
                "/api/asset-jobs/import",
                {},
                {"fileId": "f", "orgId": ORG_ID, "sync": False},
            ),
            STARTED,
            READ,
        ),
        (
            lambda tk: tk.asset_jobs.import_(
                "f",
                title="Import",
                parent_folder_id="p",
                target_asset_id="a",
                settings=ImportSettings(import_as="model", update_textures=False),
                sync=True,
            ),
            Sent(
                "POST",
                "/api/asset-jobs/import",
                {},
                {
                    "fileId": "f",
                    "orgId": ORG_ID,
                    "sync": True,
                    "title": "Import",
                    "parentFolderId": "p",
                    "targetAssetId": "a",
                    "settings": {"importAs": "model", "updateTextures": False},
                },
            ),
            {"jobId": "j"},
            AssetJob(job_id="j"),
        ),
        (
            lambda tk: tk.asset_jobs.import_clara("https://clara.example/scene"),
            Sent(
                "POST",
                "/api/asset-jobs/clara",
                {},
                {"claraURL": "https://clara.example/scene", "sync": False, "orgId": ORG_ID},
            ),
            STARTED,
            READ,
        ),
        (
            lambda tk: tk.asset_jobs.export("a", "STP"),
            Sent(
                "POST",
                "/api/asset-jobs/a/export/STP",
                {},
                {
                    "assetId": "a",
                    "orgId": ORG_ID,
                    "configuration": {},
                    "cache": "true",
                    "sync": False,
                },
            ),
            STARTED,
            READ,
        ),
        (
            lambda tk: tk.asset_jobs.export(
                "a",
                "glb",
                configuration={"Fabric": AssetReference(asset_id="m")},
                ar_export=True,
                cache=False,
                sync=False,
                wait=True,
                settings={"prune": {"invisible": True}},
            ),
            Sent(
                "POST",
                "/api/asset-jobs/a/export/glb",
                {},
                {
                    "assetId": "a",
                    "orgId": ORG_ID,
                    "configuration": {"Fabric": {"assetId": "m"}},
                    "cache": "false",
                    "sync": False,
                    "wait": True,
                    "settings": {"prune": {"invisible": True}, "arExport": True},
                },
            ),
            STARTED,
            READ,
        ),
        (
            lambda tk: tk.asset_jobs.render("a"),
            Sent(
                "POST",
                "/api/asset-jobs/a/render/webgl/image",
                {},
                {**IMAGE, "sync": False},
            ),
            STARTED,
            READ,
        ),
        (
            lambda tk: tk.asset_jobs.render(
                "a",
                renderer="vray",
                configuration={"Colour": Colour(r=1.0, g=0.5, b=0.0)},
                stage_id="s",
                stage_configuration={"Camera": "0"},
                width=2000,
                height=1000,
                cache=True,
                wait=False,
                settings={"output": {"format": "png"}, "more": 1},
            ),
            Sent(
                "POST",
                "/api/asset-jobs/a/render/vray/image",
                {},
                {
                    "orgId": ORG_ID,
                    "configuration": {"Colour": {"r": 1.0, "g": 0.5, "b": 0.0}},
                    "stageId": "s",
                    "stageConfiguration": {"Camera": "0"},
                    "cache": True,
                    "sync": False,
                    "wait": False,
                    "settings": {
                        "output": {"format": "png", "resolution": {"width": 2000, "height": 1000}},
                        "more": 1,
                    },
                },
            ),
            STARTED,
            READ,
        ),
        (
            lambda tk: tk.asset_jobs.renders(
                [
                    RenderSubject(
                        asset_id="a",
                        subset=Subset(
                            attributes={
                                "Fabric": SubsetFilter(values=[AssetReference(asset_id="m")])
                            },
                            layers=SubsetFilter(values=["l"]),
                        ),
                    )
                ],
                stages=[
                    RenderSubject(
                        asset_id="s",
                        subset=Subset(
                            attributes={"Camera": SubsetFilter(values=["0", "1"])},
                            layers=SubsetFilter(),
                        ),
                    )
                ],
                job_name="Spring",
                render_missing_layers=True,
                width=3010,
            ),
            Sent(
                "POST",
                "/api/asset-jobs/renders",
                {},
                {
                    "orgId": ORG_ID,
                    "type": "vray",
                    "jobName": "Spring",
                    "renderMissingLayers": True,
                    "settings": {"output": {"resolution": {"width": 3010}}},
                    "assets": [
                        {
                            "assetId": "a",
                            "subset": {
                                "attributes": {
                                    "Fabric": {
                                        "filterMode": "include",
                                        "values": [{"assetId": "m"}],
                                    }
                                },
                                "layers": {"filterMode": "include", "values": ["l"]},
                                "uniqueAttrs": "all",
                            },
                        }
                    ],
                    "stages": [
                        {
                            "assetId": "s",
                            "subset": {
                                "attributes": {
                                    "Camera": {"filterMode": "include", "values": ["0", "1"]}
                                },
                                "layers": {"filterMode": "include"},
                                "uniqueAttrs": "all",
                            },
                        }
                    ],
                },
            ),
            {"jobId": "j"},
            AssetJob(job_id="j"),
        ),
        (
            lambda tk: tk.asset_jobs.download_results("j", format="jpeg"),
            Sent(
                "POST",
                "/api/asset-jobs/downloads",
                {},
                {"orgId": ORG_ID, "jobId": "j", "type": "jobResult", "format": "jpeg"},
            ),
            {"files": ["f"]},
            {"files": ["f"]},
        ),
        (
            lambda tk: tk.asset_jobs.download_results(type="texture", asset_ids=["a"]),
            Sent(
                "POST",
                "/api/asset-jobs/downloads",
                {},
                {"orgId": ORG_ID, "type": "texture", "assetIds": ["a"]},
            ),
            {},
            {},
        ),
        (
            lambda tk: tk.asset_jobs.healthcheck(),
            Sent("GET", "/api/asset-jobs/healthcheck", {}),
            True,
            None,
        ),
    ],
)
async def test_each_method_asks_exactly_this_and_reads_the_answer(
    exchanging: Exchanging, call: Call, sent: Sent, answer: Any, read: Any
) -> None:
    async with exchanging(answer) as (tk, seen):
        assert await call(tk) == read
    assert seen == [sent]


async def test_what_a_waiting_call_has_made_is_at_hand_without_logs(exchanging: Exchanging) -> None:
    async with exchanging(SUCCESS) as (tk, _):
        exported = await tk.asset_jobs.export("a", "glb", sync=True)
    assert exported.files == [File(id="f", filename="chair.glb")]
    assert exported.job is not None
    assert (exported.file_id, exported.job.id) == ("f", "j")


async def test_runs_inside_tasks_are_found_as_well(exchanging: Exchanging) -> None:
    answer = {"jobId": "j", "job": {"id": "j", "tasks": [{"id": "t", "runs": [FAILED_RUN]}]}}
    async with exchanging(answer) as (tk, _):
        with pytest.raises(JobFailedError, match=r"The first failure says: No such stage\."):
            await tk.asset_jobs.render("a", sync=True)


@pytest.mark.parametrize(
    "call",
    [
        lambda tk: tk.asset_jobs.import_("f", sync=True),
        lambda tk: tk.asset_jobs.import_clara("https://clara.example/scene", sync=True),
        lambda tk: tk.asset_jobs.export("a", "glb", sync=True),
        lambda tk: tk.asset_jobs.render("a", sync=True),
    ],
)
@pytest.mark.parametrize(
    "job",
    [{"id": "j", "runs": [FAILED_RUN]}, {"id": "j", "status": "stopped", "taskResultFailures": 1}],
)
async def test_a_failure_the_server_answers_with_200_is_an_error(
    exchanging: Exchanging, call: Call, job: Any
) -> None:
    async with exchanging({"jobId": "j", "job": job}) as (tk, _):
        with pytest.raises(JobFailedError, match="Job j has ended") as caught:
            await call(tk)
    assert caught.value.job.id == "j"


async def test_an_export_that_ended_without_a_file_has_failed_and_an_import_has_not(
    exchanging: Exchanging,
) -> None:
    answer = {"jobId": "j", "job": {"id": "j", "runs": [{"id": "r", "resultCode": "Success"}]}}
    async with exchanging(answer) as (tk, _):
        with pytest.raises(JobFailedError):
            await tk.asset_jobs.export("a", "glb", sync=True)
        assert (await tk.asset_jobs.import_("f", sync=True)).job_id == "j"


async def test_an_unknown_renderer_is_refused(exchanging: Exchanging) -> None:
    async with exchanging({}) as (tk, seen):
        with pytest.raises(UsageError, match="There is no renderer 'cycles': use webgl or vray"):
            await tk.asset_jobs.render("a", renderer="cycles")  # type: ignore[arg-type]
        assert seen == []


async def test_a_batch_of_nothing_is_refused(exchanging: Exchanging) -> None:
    async with exchanging({}) as (tk, seen):
        with pytest.raises(UsageError, match="at least one asset"):
            await tk.asset_jobs.renders([])
        assert seen == []


async def test_a_size_is_laid_over_the_resolution_that_is_there(exchanging: Exchanging) -> None:
    settings = {"output": {"resolution": {"width": 5, "dpi": 300}, "format": "png"}, "samples": 4}
    async with exchanging(STARTED) as (tk, seen):
        await tk.asset_jobs.render("a", height=7, settings=settings)
    assert seen[0].body["settings"] == {
        "output": {"resolution": {"width": 5, "dpi": 300, "height": 7}, "format": "png"},
        "samples": 4,
    }


@pytest.mark.parametrize("wrong", [-1, 0, "10", True, 1.5])
async def test_a_size_that_is_no_number_of_pixels_is_refused(
    exchanging: Exchanging, wrong: Any
) -> None:
    async with exchanging(STARTED) as (tk, seen):
        with pytest.raises(UsageError, match="width must be a whole number of at least 1"):
            await tk.asset_jobs.render("a", width=wrong)
        with pytest.raises(UsageError, match="height must be a whole number of at least 1"):
            await tk.asset_jobs.renders([RenderSubject(asset_id="a")], height=wrong)
        assert seen == []


@pytest.mark.parametrize(
    ("asked", "says"),
    [
        ({}, "Pass the job whose results"),
        ({"asset_ids": ["a"]}, "Pass the job whose results"),
        ({"type": "texture"}, "Pass asset_ids="),
        ({"type": "texture", "asset_ids": []}, "Pass asset_ids="),
    ],
)
async def test_nothing_is_not_packed(exchanging: Exchanging, asked: Any, says: str) -> None:
    async with exchanging({}) as (tk, seen):
        with pytest.raises(UsageError, match=says):
            await tk.asset_jobs.download_results(**asked)
        assert seen == []


WAITING: list[Call] = [
    lambda tk: tk.asset_jobs.import_("f", sync=True),
    lambda tk: tk.asset_jobs.import_clara("https://clara.io/view/x", sync=True),
    lambda tk: tk.asset_jobs.export("a", "glb", sync=True),
    lambda tk: tk.asset_jobs.render("a", sync=True),
]
STARTING: list[Call] = [
    lambda tk: tk.asset_jobs.import_("f"),
    lambda tk: tk.asset_jobs.import_clara("https://clara.io/view/x"),
    lambda tk: tk.asset_jobs.export("a", "glb"),
    lambda tk: tk.asset_jobs.render("a"),
]


@pytest.fixture
def reads(monkeypatch: pytest.MonkeyPatch) -> list[float | None]:
    """How long each attempt may be silent."""
    found: list[float | None] = []
    exchange = Transport.exchange

    async def noted(transport: Transport, call: Sending) -> Reply:
        found.append(call.timeout.read)
        return await exchange(transport, call)

    monkeypatch.setattr(Transport, "exchange", noted)
    return found


async def test_a_server_that_waits_for_the_job_may_be_silent_for_longer(
    exchanging: Exchanging,
    reads: list[float | None],
) -> None:
    async with exchanging(STARTED) as (tk, _):
        for call in (*STARTING, *WAITING):
            await call(tk)
    assert reads == [60.0] * 4 + [300.0] * 4


async def test_a_timeout_that_was_given_holds_for_waiting_calls_too(
    exchanging: Exchanging,
    reads: list[float | None],
) -> None:
    async with exchanging(STARTED) as (tk, _):
        await tk.asset_jobs.render("a", sync=True, options=Options(timeout=Timeout(read=7)))
        for call in WAITING:
            await call(tk.with_options(timeout=Timeout(read=5)))
    assert reads == [7, 5, 5, 5, 5]
