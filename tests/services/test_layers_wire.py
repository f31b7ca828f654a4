"""Layers: the exact request of each method, and the workflows that find or make one."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from itertools import pairwise
from typing import Any

import pytest

from tests.services.exchanges import ORG_ID, Answer, Exchanging, Sent, Slow
from threekit_async import (
    AsyncThreekit,
    DeadlineError,
    DecodeError,
    Layer,
    LayerGroup,
    LayerUrl,
    Options,
    UsageError,
)
from threekit_async.errors import JobFailedError, UnprocessableError
from threekit_async.models.jobs import Job
from threekit_async.models.layers import Optimization
from threekit_async.models.values import AssetReference, Colour
from threekit_async.session.reply import Reply
from threekit_async.session.request import Request
from threekit_async.session.session import Session

Call = Callable[[AsyncThreekit], Awaitable[Any]]

RED = {"Colour": "red"}
RED_TEXT = '{"Colour":"red"}'
PAGE = {"perPage": "100", "page": "1"}
LOOKUP: dict[str, Any] = {
    "asset_id": "a",
    "asset_layer": "l",
    "asset_layer_configuration": {"Fabric": AssetReference(asset_id="m")},
    "stage_id": "s",
    "stage_configuration": {"Camera": "0"},
    "metadata": {"sku": 1},
    "job_id": "j",
    "branch": "published",
    "format": "png",
    "width": 10,
    "height": 20,
    "cache": True,
}
LOOKED_UP = {
    "assetId": "a",
    "assetLayer": "l",
    "assetLayerConfiguration": '{"Fabric":{"assetId":"m"}}',
    "stageId": "s",
    "stageConfiguration": '{"Camera":"0"}',
    "metadata": '{"sku":1}',
    "jobId": "j",
    "branch": "published",
    "format": "png",
    "width": "10",
    "height": "20",
    "cache": "true",
}
ONLY_FOUND_BY = {"format", "width", "height", "cache"}
LISTED: dict[str, Any] = {
    key: value for key, value in LOOKUP.items() if key not in ONLY_FOUND_BY
} | {"id": "i", "sort": "-created_at"}
LISTED_QUERY = {key: value for key, value in LOOKED_UP.items() if key not in ONLY_FOUND_BY} | {
    "id": "i",
    "sort": "-createdAt",
    **PAGE,
}
OPTIMIZED: Optimization = {"format": "webp", "quality": 90}
OPTIMIZED_TEXT = '{"format":"webp","quality":90}'
PNG = Answer(b"png", content_type="image/png")


@pytest.mark.parametrize(
    ("call", "sent", "answer", "read"),
    [
        (
            lambda tk: tk.layers.list(**LISTED, format="png", width=10, height=20).all(),
            Sent(
                "GET",
                "/api/layers",
                {**LISTED_QUERY, "format": "png", "width": "10", "height": "20"},
            ),
            {"layers": [{"id": "i"}]},
            [Layer(id="i")],
        ),
        (
            lambda tk: tk.layers.groups("job_id", **LISTED).all(),
            Sent("POST", "/api/layers/groups/jobId", LISTED_QUERY),
            {"groupBy": "jobId", "count": 1, "groups": [{"jobId": "j", "count": 2}]},
            [LayerGroup(job_id="j", count=2)],
        ),
        (
            lambda tk: tk.layers.get("i"),
            Sent("GET", "/api/layers/i", {}),
            {"id": "i", "fileId": "f"},
            Layer(id="i", file_id="f"),
        ),
        (
            lambda tk: tk.layers.url("i"),
            Sent("GET", "/api/layers/i", {"resultType": "url"}),
            {"url": "u", "metadata": {}},
            LayerUrl(url="u"),
        ),
        (
            lambda tk: tk.layers.content("i"),
            Sent("GET", "/api/layers/i", {"resultType": "file"}),
            PNG,
            b"png",
        ),
        (
            lambda tk: tk.layers.find(**LOOKUP, optimization=OPTIMIZED),
            Sent("GET", "/api/layers/layer", {**LOOKED_UP, "optimization": OPTIMIZED_TEXT}),
            {"id": "i"},
            Layer(id="i"),
        ),
        (
            lambda tk: tk.layers.find_url(**LOOKUP, optimization=OPTIMIZED),
            Sent(
                "GET",
                "/api/layers/layer",
                {**LOOKED_UP, "optimization": OPTIMIZED_TEXT, "resultType": "url"},
            ),
            {"url": "u"},
            LayerUrl(url="u"),
        ),
        (
            lambda tk: tk.layers.find_content(**LOOKUP, optimization=OPTIMIZED),
            Sent(
                "GET",
                "/api/layers/layer",
                {**LOOKED_UP, "optimization": OPTIMIZED_TEXT, "resultType": "file"},
            ),
            PNG,
            b"png",
        ),
        (
            lambda tk: tk.layers.find(asset_id="a"),
            Sent("GET", "/api/layers/layer", {"assetId": "a"}),
            Answer({"error": {"code": "find_layer_error", "message": "none"}}, status=422),
            None,
        ),
        (
            lambda tk: tk.layers.find_content(asset_id="a"),
            Sent("GET", "/api/layers/layer", {"assetId": "a", "resultType": "file"}),
            Answer({"error": {"code": "layer_not_found", "message": "none"}}, status=404),
            None,
        ),
        (
            lambda tk: tk.layers.create(
                asset_id="a",
                asset_layer_configuration={"Fabric": AssetReference(asset_id="m")},
                stage_id="s",
                stage_configuration={"Camera": "0"},
                asset_version="1",
                metadata={"sku": 1},
                job_id="j",
                task_id="t",
                file_id="f",
            ),
            Sent(
                "POST",
                "/api/layers",
                {},
                {
                    "assetId": "a",
                    "assetLayerConfiguration": {"Fabric": {"assetId": "m"}},
                    "stageId": "s",
                    "stageConfiguration": {"Camera": "0"},
                    "assetVersion": "1",
                    "metadata": {"sku": 1},
                    "jobId": "j",
                    "taskId": "t",
                    "fileId": "f",
                    "orgId": ORG_ID,
                },
            ),
            {"id": "i"},
            Layer(id="i"),
        ),
    ],
)
async def test_each_method_asks_exactly_this_and_reads_the_answer(
    exchanging: Exchanging, call: Call, sent: Sent, answer: Any, read: Any
) -> None:
    async with exchanging(answer) as (tk, seen):
        assert await call(tk) == read
    assert seen == [sent]


NOT_FOUND = Answer({"error": {"code": "find_layer_error", "message": "none"}}, status=422)
ENDED = {"id": "j", "status": "stopped", "taskResultFailures": 0}
LOOK = Sent("GET", "/api/jobs/j", {})
IMAGE_LOOKUP = Sent(
    "GET",
    "/api/layers/layer",
    {"assetId": "a", "assetLayerConfiguration": RED_TEXT, "format": "png"},
)
OF_THE_JOB = Sent("GET", "/api/layers", {"jobId": "j", "sort": "-createdAt", **PAGE})


def image(layer_id: str, **fields: Any) -> dict[str, Any]:
    return {"id": layer_id, "assetId": "a", "format": "png", "stageId": "", **fields}


async def rendered(tk: AsyncThreekit, **arguments: Any) -> Layer:
    return await tk.layers.find_or_render(
        asset_id="a", asset_layer_configuration=RED, interval=0, **arguments
    )


async def test_an_image_that_is_there_is_not_rendered(exchanging: Exchanging) -> None:
    async with exchanging(image("i")) as (tk, seen):
        assert (await rendered(tk)).id == "i"
    assert seen == [IMAGE_LOOKUP]


async def test_an_image_that_is_not_there_is_rendered_and_found_by_its_job(
    exchanging: Exchanging,
) -> None:
    told: list[Job] = []
    answers: tuple[Any, ...] = (
        NOT_FOUND,
        {"jobId": "j"},
        {"id": "j"},
        ENDED,
        {"layers": [image("made")]},
    )
    async with exchanging(*answers) as (tk, seen):
        assert (await rendered(tk, progress=told.append)).id == "made"
    assert [job.stopped for job in told] == [False, True]
    assert seen == [
        IMAGE_LOOKUP,
        Sent(
            "POST",
            "/api/asset-jobs/a/render/webgl/image",
            {},
            {
                "orgId": ORG_ID,
                "configuration": RED,
                "stageId": "",
                "stageConfiguration": {},
                "sync": False,
            },
        ),
        LOOK,
        LOOK,
        OF_THE_JOB,
    ]


async def test_stage_size_and_renderer_go_into_the_render(exchanging: Exchanging) -> None:
    answers: tuple[Any, ...] = (
        NOT_FOUND,
        {"jobId": "j"},
        ENDED,
        {"layers": [image("made", stageId="s")]},
    )
    async with exchanging(*answers) as (tk, seen):
        await rendered(
            tk,
            stage_id="s",
            stage_configuration={"Camera": "0"},
            width=20,
            height=10,
            renderer="vray",
        )
    assert seen[0].query == {
        "assetId": "a",
        "assetLayerConfiguration": RED_TEXT,
        "stageId": "s",
        "stageConfiguration": '{"Camera":"0"}',
        "format": "png",
    }
    assert seen[1].path == "/api/asset-jobs/a/render/vray/image"
    assert seen[1].body["stageId"] == "s"
    assert seen[1].body["stageConfiguration"] == {"Camera": "0"}
    assert seen[1].body["settings"] == {"output": {"resolution": {"width": 20, "height": 10}}}


@pytest.mark.parametrize(
    "other",
    [image("i", width=30), image("i", stageId="t"), image("i", format="glb"), image("i", height=1)],
)
async def test_an_image_of_another_kind_does_not_count_as_found(
    exchanging: Exchanging, other: Any
) -> None:
    earlier = {"layers": [other]}
    made = {"layers": [other, image("made", width=20, height=10)]}
    async with exchanging(other, earlier, {"jobId": "j"}, ENDED, made) as (tk, _):
        assert (await rendered(tk, width=20, height=10)).id == "made"


async def test_without_a_configuration_of_the_stage_only_one_rendered_so_is_found(
    exchanging: Exchanging,
) -> None:
    other = image("other", stageId="s", stageConfiguration={"Camera": "1"})
    made = image("made", stageId="s", stageConfiguration={})
    async with exchanging(other, {"layers": [other, made]}) as (tk, seen):
        assert (await rendered(tk, stage_id="s")).id == "made"
    assert seen[0].query["stageConfiguration"] == "{}"


async def test_a_stage_is_compared_by_what_is_sent_of_its_configuration(
    exchanging: Exchanging,
) -> None:
    wished = {"Light": Colour(r=1.0, g=0.5, b=0.0), "Floor": AssetReference(asset_id="oak")}
    there = image(
        "i",
        stageId="s",
        stageConfiguration={"Floor": {"assetId": "oak"}, "Light": {"r": 1, "g": 0.5, "b": 0}},
    )
    async with exchanging(there) as (tk, _):
        assert (await rendered(tk, stage_id="s", stage_configuration=wished)).id == "i"


async def test_what_was_set_on_no_stage_is_not_found_for_an_image_without_one(
    exchanging: Exchanging,
) -> None:
    other = image("other", stageConfiguration={"Camera": "1"})
    made = {"layers": [image("made")]}
    answers: tuple[Any, ...] = (other, {"layers": [other]}, {"jobId": "j"}, ENDED, made)
    async with exchanging(*answers) as (tk, seen):
        assert (await rendered(tk)).id == "made"
    assert seen[0] == IMAGE_LOOKUP


@pytest.mark.parametrize("slow", range(1, 5))
async def test_a_deadline_is_over_all_steps_of_a_render(exchanging: Exchanging, slow: int) -> None:
    answers: list[Any] = [NOT_FOUND, {"jobId": "j"}, ENDED, {"layers": []}, image("again")]
    steps = [
        Slow(answer, seconds=30 if number == slow else 0) for number, answer in enumerate(answers)
    ]
    async with exchanging(*steps) as (tk, seen):
        began = asyncio.get_running_loop().time()
        with pytest.raises(DeadlineError, match="deadline"):
            await rendered(tk, options=Options(deadline=1.5))
        assert asyncio.get_running_loop().time() - began < 25
    assert len(seen) == slow + 1


async def test_a_deadline_ends_the_rest_between_two_looks(exchanging: Exchanging) -> None:
    async with exchanging(NOT_FOUND, {"jobId": "j"}, {"id": "j", "status": "running"}) as (tk, _):
        began = asyncio.get_running_loop().time()
        with pytest.raises(DeadlineError, match=r"Job j has not ended before the deadline \(runn"):
            await tk.layers.find_or_render(
                asset_id="a",
                asset_layer_configuration=RED,
                interval=60,
                options=Options(deadline=1.5),
            )
        assert asyncio.get_running_loop().time() - began < 30


async def test_an_image_that_is_not_the_latest_is_looked_for_in_the_listing(
    exchanging: Exchanging,
) -> None:
    latest, wanted = image("latest", width=30), image("wanted", width=20)
    async with exchanging(latest, {"layers": [latest, wanted]}) as (tk, seen):
        assert (await rendered(tk, width=20)).id == "wanted"
    listing = {"sort": "-createdAt", "page": "1", "perPage": "100"}
    assert seen[1] == Sent("GET", "/api/layers", {**IMAGE_LOOKUP.query, **listing})


async def test_what_the_job_has_made_counts_even_in_another_size(exchanging: Exchanging) -> None:
    made = {"layers": [image("made", width=2000)]}
    async with exchanging(NOT_FOUND, {"jobId": "j"}, ENDED, made) as (tk, _):
        assert (await rendered(tk, width=20)).id == "made"


async def test_without_layers_of_the_job_the_image_is_looked_up_again(
    exchanging: Exchanging,
) -> None:
    answers: tuple[Any, ...] = (NOT_FOUND, {"jobId": "j"}, ENDED, {"layers": []}, image("again"))
    async with exchanging(*answers) as (tk, seen):
        assert (await rendered(tk)).id == "again"
    assert seen[-2:] == [OF_THE_JOB, IMAGE_LOOKUP]


async def test_a_render_that_left_nothing_is_an_error(exchanging: Exchanging) -> None:
    answers: tuple[Any, ...] = (NOT_FOUND, {"jobId": "j"}, ENDED, {"layers": []}, NOT_FOUND)
    async with exchanging(*answers) as (tk, _):
        with pytest.raises(DecodeError, match="Job j has ended well, but neither"):
            await rendered(tk)


async def test_a_render_that_failed_is_an_error(exchanging: Exchanging) -> None:
    failed = {"id": "j", "status": "stopped", "taskResultFailures": 1}
    async with exchanging(NOT_FOUND, {"jobId": "j"}, failed, {"runs": []}) as (tk, _):
        with pytest.raises(JobFailedError, match="Job j has ended"):
            await rendered(tk)


async def test_a_render_that_cannot_start_is_an_error(exchanging: Exchanging) -> None:
    refused = Answer({"error": {"code": "bad", "message": "no such asset"}}, status=422)
    async with exchanging(NOT_FOUND, refused) as (tk, _):
        with pytest.raises(UnprocessableError, match="render/webgl/image was answered 422"):
            await rendered(tk)


MODEL_LOOKUP = Sent(
    "GET",
    "/api/layers/layer",
    {
        "assetId": "a",
        "assetLayerConfiguration": RED_TEXT,
        "metadata": '{"q":1,"arExport":true}',
        "format": "usdz",
    },
)
RUNS = {
    "runs": [
        {"id": "r1", "resultCode": "Failed", "results": {"files": [{"id": "x"}]}},
        {
            "id": "r2",
            "resultCode": "Success",
            "results": {
                "files": [
                    {"id": "log", "filename": "stdout"},
                    {"id": "preview", "filename": "chair.png"},
                    {"id": "model", "filename": "chair.usdz"},
                ]
            },
        },
    ]
}


async def exported(tk: AsyncThreekit, **arguments: Any) -> Layer:
    settings: dict[str, Any] = {"format": "usdz", "metadata": {"q": 1}, **arguments}
    return await tk.layers.find_or_export(
        asset_id="a", asset_layer_configuration=RED, interval=0, **settings
    )


@pytest.fixture
def deadlines(monkeypatch: pytest.MonkeyPatch) -> list[float | None]:
    """How much time each request of the call was given."""
    found: list[float | None] = []
    fetch = Session.fetch

    async def noted(
        session: Session, request: Request[Any], options: Options | None, *, bulk: bool = False
    ) -> Reply:
        found.append(session.deadline_for(options))
        return await fetch(session, request, options, bulk=bulk)

    monkeypatch.setattr(Session, "fetch", noted)
    return found


WORKFLOWS: list[tuple[Call, tuple[Any, ...]]] = [
    (
        lambda tk: rendered(tk, width=20),
        (
            image("latest", width=30),
            {"layers": []},
            {"jobId": "j"},
            ENDED,
            {"layers": []},
            image("other", width=30),
            {"layers": [image("made", width=20)]},
        ),
    ),
    (
        exported,
        (NOT_FOUND, {"jobId": "j"}, ENDED, {"layers": []}, RUNS, {"id": "new"}),
    ),
]


@pytest.mark.parametrize(("call", "answers"), WORKFLOWS)
async def test_each_step_is_given_what_the_ones_before_it_left(
    exchanging: Exchanging, call: Call, answers: tuple[Any, ...], deadlines: list[float | None]
) -> None:
    async with exchanging(*answers) as (tk, seen):
        await call(tk.with_options(deadline=50))
    assert len(seen) == len(deadlines) == len(answers)
    left = [deadline for deadline in deadlines if deadline is not None]
    assert len(left) == len(answers)
    assert left[0] <= 50
    assert all(later < earlier for earlier, later in pairwise(left))


@pytest.mark.parametrize(("call", "answers"), WORKFLOWS)
async def test_without_a_deadline_steps_have_none_but_for_the_wait(
    exchanging: Exchanging, call: Call, answers: tuple[Any, ...], deadlines: list[float | None]
) -> None:
    async with exchanging(*answers) as (tk, _):
        await call(tk)
    assert [deadline for deadline in deadlines if deadline is not None] == [
        pytest.approx(300, abs=5)
    ]


async def test_a_model_that_is_there_is_not_exported(exchanging: Exchanging) -> None:
    found = image("i", format="usdz", metadata={"q": 1, "more": True, "arExport": True})
    async with exchanging(found) as (tk, seen):
        assert (await exported(tk)).id == "i"
    assert seen == [MODEL_LOOKUP]


async def test_a_model_that_is_not_there_is_exported_and_registered(exchanging: Exchanging) -> None:
    answers: tuple[Any, ...] = (
        NOT_FOUND,
        {"jobId": "j"},
        ENDED,
        {"layers": []},
        RUNS,
        {"id": "new"},
    )
    async with exchanging(*answers) as (tk, seen):
        assert (await exported(tk)).id == "new"
    assert seen == [
        MODEL_LOOKUP,
        Sent(
            "POST",
            "/api/asset-jobs/a/export/usdz",
            {},
            {
                "assetId": "a",
                "orgId": ORG_ID,
                "configuration": RED,
                "cache": "true",
                "sync": False,
                "settings": {"arExport": True},
            },
        ),
        LOOK,
        OF_THE_JOB,
        Sent("GET", "/api/jobs/runs", {"jobId": "j", **PAGE}),
        Sent(
            "POST",
            "/api/layers",
            {},
            {
                "assetId": "a",
                "assetLayerConfiguration": RED,
                "metadata": {"q": 1, "arExport": True},
                "jobId": "j",
                "fileId": "model",
                "orgId": ORG_ID,
            },
        ),
    ]


async def test_files_for_augmented_reality_and_others_are_told_apart(
    exchanging: Exchanging,
) -> None:
    plain = image("plain", format="usdz", metadata={"q": 1, "arExport": False})
    unknown = image("unknown", format="usdz", metadata={"q": 1})
    answers: tuple[Any, ...] = (
        plain,
        {"layers": [plain, unknown]},
        {"jobId": "j", "fileId": "f"},
        ENDED,
        {"layers": [unknown]},
        {"id": "new"},
    )
    async with exchanging(*answers) as (tk, seen):
        assert (await exported(tk)).id == "new"
    assert seen[-1].body["metadata"] == {"q": 1, "arExport": True}
    async with exchanging(plain) as (tk, seen):
        assert (await exported(tk, ar_export=False)).id == "plain"
    assert seen[0].query["metadata"] == '{"q":1,"arExport":false}'


@pytest.mark.parametrize(
    ("call", "says"),
    [
        (
            lambda tk: tk.layers.find_content(asset_id="a", optimization={"format": "jpg"}),
            "as 'webp' only, not 'jpg'",
        ),
        (
            lambda tk: tk.layers.find_url(asset_id="a", optimization={"quality": 300}),
            "quality of optimization is a number from 0 to 100, not 300",
        ),
        (
            lambda tk: tk.layers.find(asset_id="a", optimization={"quality": True}),
            "quality of optimization is a number from 0 to 100, not True",
        ),
        (
            lambda tk: tk.layers.find(asset_id="a", optimization={"quality": float("nan")}),
            "quality of optimization is a number from 0 to 100, not nan",
        ),
        (
            lambda tk: tk.layers.find(asset_id="a", optimization={"width": 0}),
            "The width of optimization must be a whole number of at least 1, not 0",
        ),
        (
            lambda tk: tk.layers.find(asset_id="a", optimization={"height": "10"}),
            "The height of optimization must be a whole number of at least 1, not '10'",
        ),
        (
            lambda tk: tk.layers.find(asset_id="a", optimization={"crop": True}),
            "optimization knows format, quality, width, height, not 'crop'",
        ),
        (
            lambda tk: tk.layers.find(asset_id="a", optimization="webp"),
            "optimization must be a mapping",
        ),
        (lambda tk: tk.layers.find(metadata=[1]), "metadata must be a mapping"),
        (lambda tk: tk.layers.list(width=-1).all(), "width must be a whole number of at least 1"),
        (
            lambda tk: tk.layers.find_or_render(asset_id="a", asset_layer_configuration=None),
            "asset_layer_configuration must be a mapping",
        ),
        (
            lambda tk: tk.layers.find_or_render(
                asset_id="a", asset_layer_configuration={}, stage_configuration=[]
            ),
            "stage_configuration must be a mapping",
        ),
        (
            lambda tk: tk.layers.find_or_render(
                asset_id="a", asset_layer_configuration={}, width=True
            ),
            "width must be a whole number of at least 1, not True",
        ),
        (
            lambda tk: tk.layers.find_or_export(
                asset_id="a", asset_layer_configuration={}, metadata=[1]
            ),
            "metadata must be a mapping",
        ),
    ],
)
async def test_what_could_only_find_nothing_is_refused_before_sending(
    exchanging: Exchanging, call: Call, says: str
) -> None:
    async with exchanging(NOT_FOUND) as (tk, seen):
        with pytest.raises(UsageError, match=f"{says}.*othing was sent"):
            await call(tk)
        assert seen == []


async def test_a_model_the_job_has_registered_itself_is_not_registered_twice(
    exchanging: Exchanging,
) -> None:
    model = image("made", format="usdz", metadata={"q": 1, "arExport": True})
    made = {"layers": [image("other"), model]}
    async with exchanging(NOT_FOUND, {"jobId": "j"}, ENDED, made) as (tk, seen):
        assert (await exported(tk)).id == "made"
    assert len(seen) == 4


async def test_a_file_the_answer_names_needs_no_runs(exchanging: Exchanging) -> None:
    answers: tuple[Any, ...] = (
        NOT_FOUND,
        {"jobId": "j", "fileId": "f"},
        ENDED,
        {"layers": []},
        {"id": "new"},
    )
    async with exchanging(*answers) as (tk, seen):
        await exported(tk)
    assert seen[-1].body["fileId"] == "f"


async def test_an_export_that_left_no_file_is_an_error(exchanging: Exchanging) -> None:
    answers: tuple[Any, ...] = (NOT_FOUND, {"jobId": "j"}, ENDED, {"layers": []}, {"runs": []})
    async with exchanging(*answers) as (tk, _):
        with pytest.raises(DecodeError, match="neither a layer nor a file"):
            await exported(tk)
