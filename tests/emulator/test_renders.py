from __future__ import annotations

import io
from typing import Any

import pytest
from PIL import Image

from tests.emulator.job_calls import asset, batch, content, ended, job, render
from threekit_async.emulator.engine import batches

RED = {"Colour": "#cc0000"}


def picture(api: Any, file_id: str) -> Image.Image:
    opened = Image.open(io.BytesIO(content(api, file_id)))
    opened.load()
    return opened


def sized(width: int | None, height: int | None) -> dict[str, Any]:
    edges = {"width": width, "height": height}
    given = {name: edge for name, edge in edges.items() if edge is not None}
    return {"output": {"resolution": given}}


def reds(image: Image.Image) -> int:
    pixels = iter(image.convert("RGB").tobytes())
    three = zip(pixels, pixels, pixels, strict=True)
    return sum(1 for red, green, blue in three if red > 120 and green < 90 and blue < 90)


def test_a_render_is_a_picture_of_the_wished_size_in_the_configured_colour(api: Any) -> None:
    owner = asset(api)
    answer = render(api, owner, configuration=RED, settings=sized(320, 240))
    file = answer["job"]["runs"][0]["results"]["files"][0]
    assert (file["filename"], file["mimeType"]) == ("Oak chair.png", "image/png")
    image = picture(api, answer["fileId"])
    assert (image.format, image.size) == ("PNG", (320, 240))
    assert reds(image) > 1000
    plain = render(api, owner, configuration={"Colour": "Forest"}, settings=sized(320, 240))
    assert reds(picture(api, plain["fileId"])) == 0


def test_the_same_render_gives_the_same_bytes(start: Any) -> None:
    owner = {"id": "3c4d5e6f-7a8b-4c9d-8e1f-2a3b4c5d6e06"}
    made = []
    for _ in range(2):
        api = start(job_seconds=0)
        answer = render(api, asset(api, **owner), configuration=RED, settings=sized(200, 200))
        made.append(content(api, answer["fileId"]))
    assert made[0] == made[1]


def test_a_render_shows_its_stage(api: Any) -> None:
    owner, stage = asset(api), asset(api, name="Loft", type="stage")
    settings = sized(200, 200)
    plain = content(api, render(api, owner, settings=settings)["fileId"])
    staged = content(api, render(api, owner, settings=settings, stageId=stage)["fileId"])
    turned = render(
        api, owner, settings=settings, stageId=stage, stageConfiguration={"Camera": "Back"}
    )
    assert len({plain, staged, content(api, turned["fileId"])}) == 3


def test_one_edge_makes_a_square_and_none_the_usual_size(api: Any) -> None:
    owner = asset(api)
    for settings, size in ((sized(50, None), (50, 50)), (sized(None, 60), (60, 60))):
        assert picture(api, render(api, owner, settings=settings)["fileId"]).size == size
    assert picture(api, render(api, owner, settings={})["fileId"]).size == (1024, 1024)


@pytest.mark.parametrize("size", [(4097, 10), (10, -1), (1.5, 2), ("10", "10"), (True, 5)])
def test_a_size_that_cannot_be_drawn_fails_the_task_with_a_sentence(api: Any, size: Any) -> None:
    whole = render(api, asset(api), settings=sized(*size))["job"]
    assert whole["taskResultFailures"] == 1
    assert "whole numbers of pixels, 1 to 4096" in whole["runs"][0]["resultMessage"]


@pytest.mark.parametrize("field", ["assetId", "stageId"])
def test_an_asset_that_is_not_there_fails_the_task_with_a_sentence(api: Any, field: str) -> None:
    owner = asset(api) if field == "stageId" else "nowhere"
    answer = render(api, owner, stageId="nowhere")
    run = answer["job"]["runs"][0]
    assert "'nowhere'" in run["resultMessage"]
    assert (run["resultCode"], run["results"], "fileId" in answer) == ("Failed", {}, False)


def test_a_render_becomes_a_layer_of_its_job(api: Any) -> None:
    owner, stage = asset(api, customId="OC-1"), asset(api, name="Loft", type="stage")
    answer = render(
        api,
        "OC-1",
        configuration=RED,
        stageId=stage,
        stageConfiguration={"Camera": "Front"},
        settings=sized(40, 30),
    )
    (layer,) = api.layers(jobId=answer["jobId"])
    run = answer["job"]["runs"][0]
    assert (layer["assetId"], layer["assetLayer"]) == (owner, owner)
    assert layer["assetLayerConfiguration"] == RED
    assert (layer["stageId"], layer["stageConfiguration"]) == (stage, {"Camera": "Front"})
    assert (layer["fileId"], layer["taskId"]) == (answer["fileId"], run["taskId"])
    assert (layer["format"], layer["width"], layer["height"]) == ("png", 40, 30)
    found = api.get(
        "/api/layers/layer",
        assetId=owner,
        assetLayerConfiguration=RED,
        stageConfiguration={"Camera": "Front"},
        resultType="file",
    )
    assert found.body == content(api, answer["fileId"])


def test_layers_are_found_by_either_name_of_asset_and_stage(api: Any) -> None:
    owner = asset(api, customId="OC-1")
    stage = asset(api, name="Loft", type="stage", customId="LOFT")
    rendered = render(api, owner, stageId="LOFT")["jobId"]
    created = api.create(assetId="OC-1", stageId="LOFT")
    for asset_id, stage_id in ((owner, stage), ("OC-1", "LOFT")):
        (found,) = api.layers(assetId=asset_id, stageId=stage_id, jobId=rendered)
        assert (found["assetId"], found["stageId"]) == (owner, stage)
    assert api.layers(assetId="OC-1", stageId="LOFT")[1] == created
    assert api.get("/api/layers/layer", assetId="OC-1", jobId=rendered).json["id"] == found["id"]
    assert api.layers(assetId="OC-2") == api.layers(stageId="") == []


def test_a_demo_product_in_its_own_size_is_the_very_picture_the_demo_has(start: Any) -> None:
    demo = start(seed="demo", job_seconds=0)
    layer = demo.layers(perPage=1)[0]
    shown = demo.get(f"/api/files/{layer['fileId']}/content").body
    answer = render(
        demo,
        layer["assetId"],
        configuration=layer["assetLayerConfiguration"],
        stageId=layer["stageId"],
        stageConfiguration=layer["stageConfiguration"],
        settings=sized(400, 400),
    )
    assert content(demo, answer["fileId"]) == shown


def test_a_demo_product_is_drawn_at_any_size(start: Any) -> None:
    demo = start(seed="demo", job_seconds=0)
    owner = demo.layers(perPage=1)[0]["assetId"]
    for size in ((300, 200), (120, 260), (64, 64)):
        answer = render(demo, owner, configuration={"Colour": "Plum"}, settings=sized(*size))
        assert picture(demo, answer["fileId"]).size == size


def test_a_v_ray_render_is_made_the_same_way(api: Any) -> None:
    path = f"/api/asset-jobs/{asset(api)}/render/vray/image"
    answer = api("POST", path, body={"sync": True, "settings": sized(20, 20)}).json
    assert picture(api, answer["fileId"]).size == (20, 20)
    assert answer["job"]["parameters"]["type"] == "vray"


def test_with_cache_an_earlier_result_is_answered(api: Any) -> None:
    owner = asset(api)
    first = render(api, owner, configuration={"A": 1, "B": 2})
    assert (
        render(api, owner, configuration={"B": 2, "A": 1}, cache="true")["jobId"]
        == (first["jobId"])
    )
    again = render(api, owner, configuration={"B": 2, "A": 1}, cache=True)
    assert (again["jobId"], again["fileId"]) == (first["jobId"], first["fileId"])
    assert render(api, owner, configuration={"A": 1, "B": 2})["jobId"] != first["jobId"]
    assert render(api, owner, configuration={"A": 2}, cache=True)["jobId"] != first["jobId"]


def test_a_batch_is_not_answered_from_the_cache(start: Any) -> None:
    api = start(job_seconds=0)
    owner = asset(api)
    subset = {"attributes": {"A": {"filterMode": "include", "values": ["1", "2"]}}}
    entry = {"assetId": owner, "subset": subset}
    body = {"assets": [entry], "settings": sized(8, 8), "sync": True}
    together = api("POST", "/api/asset-jobs/renders", body=body).json
    alone = render(api, owner, configuration={"A": "2"}, settings=sized(8, 8), cache=True)
    assert alone["jobId"] != together["jobId"]


def test_a_failed_result_is_not_cached(api: Any) -> None:
    api("POST", "/__emulator__/job-failures", token=None, body={})
    owner = asset(api)
    failed = render(api, owner, cache=True)
    retried = render(api, owner, cache=True)
    assert failed["jobId"] != retried["jobId"]
    assert retried["job"]["taskResultSuccesses"] == 1


def test_a_batch_renders_every_combination_once(start: Any) -> None:
    api = start(job_seconds=0)
    owner, stage = asset(api), asset(api, name="Loft", type="stage")
    fabric = {"assetId": "6c1f4f9f-2a1b-4e67-9e3f-4b2a7d8e9f08"}
    layers = ["7d2e5a0f-3b2c-4f78-8a4f-5c3b8e9fa010", "8d2e5a0f-3b2c-4f78-8a4f-5c3b8e9fa010"]
    subset = {
        "attributes": {
            "Fabric": {"filterMode": "include", "values": [fabric]},
            "Legs": {"filterMode": "include", "values": ["Oak", "Walnut"]},
        },
        "layers": {"filterMode": "include", "values": layers},
        "uniqueAttrs": "all",
    }
    cameras = {"attributes": {"Camera": {"filterMode": "include", "values": ["0", "1", "2"]}}}
    answer = api(
        "POST",
        "/api/asset-jobs/renders",
        body={
            "type": "vray",
            "jobName": "Autumn",
            "settings": sized(12, None),
            "assets": [{"assetId": owner, "subset": subset}],
            "stages": [{"assetId": stage, "subset": cameras}],
        },
    )
    done = ended(api, answer.json["jobId"])
    assert (done["title"], done["taskCount"], done["taskResultSuccesses"]) == ("Autumn", 12, 12)
    rendered = {
        (
            layer["assetLayer"],
            layer["assetLayerConfiguration"]["Legs"],
            layer["stageConfiguration"]["Camera"],
        )
        for layer in api.layers(jobId=done["id"])
    }
    assert rendered == {(a, b, c) for a in layers for b in ("Oak", "Walnut") for c in "012"}


def test_missing_layers_only_are_rendered_when_that_is_asked_for(start: Any) -> None:
    api = start(job_seconds=0)
    owner = asset(api)
    ended(api, batch(api, owner, "1", "2")["jobId"])
    more = batch(api, owner, "1", "2", "3", renderMissingLayers=True)["jobId"]
    assert ended(api, more)["taskCount"] == 1
    nothing = batch(api, owner, "1", "2", "3", renderMissingLayers=True)["jobId"]
    done = job(api, nothing)
    assert (done["status"], done["taskCount"], done["taskResultFailures"]) == ("stopped", 0, 0)
    assert ended(api, batch(api, owner, "1", "2", "3")["jobId"])["taskCount"] == 3


def test_without_a_subset_all_that_can_be_chosen_is_rendered(start: Any) -> None:
    api = start(job_seconds=0)
    api.server.seed(assets=[{"id": "cloth-1", "name": "Cloth", "type": "item", "tags": ["cloth"]}])
    attributes = [
        {"type": "String", "name": "Size", "values": ["S", "M", "L"], "blacklist": ["M"]},
        {"type": "Asset", "name": "Cover", "values": ["#cloth", {"assetId": ""}], "blacklist": []},
        {"type": "Number", "name": "Height", "defaultValue": 3},
    ]
    entry = {"query": {"name": "Sofa"}, "product": {"name": "Sofa", "attributes": attributes}}
    imported = api("POST", "/api/products/import", orgId=api.server.org_id, body=[entry])
    assert imported.status == 200, imported.body
    owner = api.get("/api/assets", orgId=api.server.org_id, name="Sofa").json["assets"][0]["id"]
    subset = {"attributes": {"Size": {"filterMode": "exclude", "values": ["S"]}}}
    answer = api(
        "POST",
        "/api/asset-jobs/renders",
        body={
            "settings": sized(8, 8),
            "assets": [{"assetId": owner}, {"assetId": owner, "subset": subset}],
        },
    )
    done = ended(api, answer.json["jobId"])
    assert done["taskResultSuccesses"] == 4 + 2
    chosen = [layer["assetLayerConfiguration"] for layer in api.layers(jobId=done["id"])]
    assert chosen.count({"Size": "L", "Cover": {"assetId": "cloth-1"}}) == 2
    assert chosen.count({"Size": "S", "Cover": {"assetId": ""}}) == 1


def test_too_many_combinations_are_refused(api: Any) -> None:
    values = [str(number) for number in range(50)]
    choice = {"filterMode": "include", "values": values}
    for assets, stages in (
        ([{"A": choice, "B": choice}], []),
        ([{"A": choice}], [{"C": choice}]),
    ):
        body = {
            "assets": [{"assetId": "a", "subset": {"attributes": given}} for given in assets],
            "stages": [{"assetId": "s", "subset": {"attributes": given}} for given in stages],
        }
        answer = api("POST", "/api/asset-jobs/renders", body=body)
        assert (answer.status, answer.code) == (422, "asset_job_error")
        assert "2000 combinations" in answer.json["error"]["message"]


@pytest.mark.parametrize("stages", [0, 1, 1000])
def test_a_small_request_for_far_too_much_is_refused_before_anything_is_made(
    api: Any, monkeypatch: pytest.MonkeyPatch, stages: int
) -> None:
    def make(*_views: Any, **_more: Any) -> None:
        raise AssertionError("a combination was made before all of them were counted")

    monkeypatch.setattr(batches, "View", make)
    entry = {"assetId": "a", "subset": {"attributes": {"A": {"values": list(range(200))}}}}
    assets = [entry] * (11 if stages == 0 else 1)
    many = {"assetId": "s", "subset": {"layers": {"values": ["l"] * 11}}}
    body = {"assets": assets, "stages": [many] * stages}
    answer = api("POST", "/api/asset-jobs/renders", body=body)
    assert (answer.status, answer.code) == (422, "asset_job_error")
    assert "2000 combinations" in answer.json["error"]["message"]


def test_as_many_combinations_as_are_allowed_are_taken(start: Any) -> None:
    api = start(job_seconds=30)
    attributes = {"A": {"values": list(range(40))}, "B": {"values": list(range(5))}}
    entry = {"assetId": "a", "subset": {"attributes": attributes}}
    cameras = {"assetId": "s", "subset": {"attributes": {"Camera": {"values": list(range(10))}}}}
    body = {"assets": [entry], "stages": [cameras]}
    started = api("POST", "/api/asset-jobs/renders", body=body).json["job"]
    assert started["taskCount"] == 2000


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"assets": []},
        {"assets": ["a"]},
        {"assets": [{}]},
        {"assets": [{"assetId": ""}]},
        {"assets": [{"assetId": "a", "subset": []}]},
        {"assets": [{"assetId": "a", "subset": {"attributes": {"A": []}}}]},
        {"assets": [{"assetId": "a", "subset": {"attributes": {"A": {"filterMode": "some"}}}}]},
        {"assets": [{"assetId": "a", "subset": {"layers": {"values": [1]}}}]},
        {"assets": [{"assetId": "a", "subset": {"layers": {"filterMode": "exclude"}}}]},
        {"assets": [{"assetId": "a"}], "stages": [{"assetId": None}]},
        {"assets": [{"assetId": "a"}], "type": "pencil"},
    ],
)
def test_a_malformed_batch_is_refused(api: Any, body: Any) -> None:
    answer = api("POST", "/api/asset-jobs/renders", body=body)
    assert (answer.status, answer.code) == (422, "asset_job_error")
    assert api.get("/api/jobs").json == {"jobs": []}


@pytest.mark.parametrize("body", [{"configuration": "red"}, {"stageId": 3}, {"sync": 1}, [], 5])
def test_a_malformed_render_is_refused(api: Any, body: Any) -> None:
    answer = api("POST", "/api/asset-jobs/a/render/webgl/image", body=body)
    assert (answer.status, answer.code) == (422, "asset_job_error")


def test_renders_are_for_private_tokens_and_their_own_organisation(api: Any) -> None:
    for path in ("a/render/webgl/image", "a/render/vray/image", "renders"):
        body = {"assets": [{"assetId": "a"}]}
        target = f"/api/asset-jobs/{path}"
        assert api("POST", target, token="public", body=body).status == 403
        assert api("POST", target, body={**body, "orgId": "another"}).status == 403
