from __future__ import annotations

import time
from typing import Any

import pytest

from threekit_async.emulator.seeds.tenant import (
    NEIGHBOUR_ORG_ID,
    NEIGHBOUR_PRIVATE_TOKEN,
    NEIGHBOUR_PUBLIC_TOKEN,
)

PATH = "/api/catalog/products"
OWN = ["Alder armchair", "Fjord floor lamp", "Harbour cabinet"]
SHARED = ["Quarry bench"]


def names(demo: Any, **query: Any) -> list[str]:
    answer = demo.get(PATH, **query)
    assert answer.status == 200, answer.body
    return [product["name"] for product in answer.json["products"]]


def test_a_product_shows_a_part_of_the_asset(demo: Any) -> None:
    product = demo.get(PATH, metadata={"SKU": "ALD"}).json["products"][0]
    assert set(product) == {
        *("id", "name", "description", "orgId", "proxyId"),
        *("tags", "keywords", "metadata"),
    }
    asset = demo.get("/api/assets/ALD", orgId=demo.server.org_id).json
    assert product == {name: asset[name] for name in product}
    assert demo.get(f"{PATH}/{product['id']}", token="public").json == product


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({"name": "Alder armchair"}, OWN[:1]),
        ({"nameLike": "LAMP"}, OWN[1:2]),
        ({"tags": "cabinet"}, OWN[2:]),
        ({"keywords": "harbour"}, OWN[2:]),
        ({"metadata": {"SKU": "FJO", "renders": 300}}, OWN[1:2]),
        ({"publicShare": True}, OWN),
        ({"metadata": {"SKU": "QUA"}}, []),
    ],
)
def test_filters_keep_what_they_say(demo: Any, query: Any, expected: list[str]) -> None:
    assert names(demo, orgId=demo.server.org_id, **query) == expected


def test_only_shared_items_of_the_public_organisation_are_seen(demo: Any) -> None:
    assert names(demo, orgId=demo.server.org_id) == OWN
    assert names(demo, orgId=NEIGHBOUR_ORG_ID) == SHARED
    assert names(demo) == OWN + SHARED
    assert names(demo, tags="furniture", token="public") == OWN + SHARED


def test_the_neighbour_sees_all_of_its_own_and_nothing_of_a_closed_organisation(demo: Any) -> None:
    for token in (NEIGHBOUR_PRIVATE_TOKEN, NEIGHBOUR_PUBLIC_TOKEN):
        assert names(demo, token=token) == ["Quarry bench", "Quarry table"]
        answer = demo.get(PATH, token=token, orgId=demo.server.org_id)
        assert (answer.status, answer.code) == (403, "forbidden")


def test_single_items_follow_the_same_rule(demo: Any) -> None:
    bench, table = demo.get(PATH, token=NEIGHBOUR_PRIVATE_TOKEN).json["products"]
    own = demo.get(PATH, orgId=demo.server.org_id).json["products"][0]
    assert demo.get(f"{PATH}/{bench['id']}", orgId=NEIGHBOUR_ORG_ID).json == bench
    for token, item in (("private", table), (NEIGHBOUR_PRIVATE_TOKEN, own)):
        answer = demo.get(f"{PATH}/{item['id']}", token=token)
        assert (answer.status, answer.code) == (404, "product_not_found")
    asset = demo.get(f"/api/assets/{bench['id']}", orgId=demo.server.org_id)
    assert asset.status == 404


def test_models_and_deleted_items_are_no_products(start: Any) -> None:
    api = start(seed="demo")
    org_id = api.server.org_id
    (model, *_) = api.get("/api/assets", orgId=org_id, type="model").json["assets"]
    assert api.get(f"{PATH}/{model['id']}").status == 404
    (first, *_) = api.get(PATH, orgId=org_id).json["products"]
    api("DELETE", f"/api/assets/{first['id']}", orgId=org_id)
    assert names(api, orgId=org_id) == OWN[1:]
    assert api.get(f"{PATH}/{first['id']}").status == 404


def output(api: Any, job_id: str) -> Any:
    end = time.monotonic() + 10
    while time.monotonic() < end:
        answer = api.get(f"/api/catalog/jobs/{job_id}", token="public").json
        if "output" in answer:
            return answer
    raise AssertionError("the job did not stop")


def test_uploaded_files_become_assets(api: Any) -> None:
    files = [("files", "photo.png", b"\x89PNG"), ("files", "chair.glb", b"glTF")]
    answer = api.form("/api/catalog/assets/upload", files=files, token="public")
    assert answer.status == 200, answer.body
    first, second = answer.json
    assert first["job"]["id"] == first["jobId"] != second["jobId"]
    done = output(api, first["jobId"])
    assert done["job"]["status"] == "stopped"
    assert set(done["output"]) >= {"texture", "model", "upload", "vector"}
    (texture,) = done["output"]["texture"]
    asset = api.get(f"/api/assets/{texture['assetId']}", orgId=api.server.org_id).json
    assert (asset["type"], asset["importedFileId"]) == (
        "texture",
        done["job"]["parameters"]["files"][0]["fileId"],
    )
    (model,) = output(api, second["jobId"])["output"]["model"]
    assert model["name"] == "chair"


def test_sync_waits_for_the_jobs(api: Any) -> None:
    file = ("files", "photo.png", b"\x89PNG")
    path = "/api/catalog/assets/upload"
    (done,) = api.form(path, files=[file], fields={"sync": "true"}).json
    assert done["job"]["status"] == "stopped"


def test_an_upload_needs_files_of_the_own_organisation(api: Any) -> None:
    path, file = "/api/catalog/assets/upload", ("files", "photo.png", b"\x89PNG")
    assert api.form(path).status == 422
    assert api.form(path, files=[file], fields={"orgId": NEIGHBOUR_ORG_ID}).status == 403


def test_a_job_of_another_organisation_is_unknown(api: Any) -> None:
    file = ("files", "photo.png", b"\x89PNG")
    (entry,) = api.form("/api/catalog/assets/upload", files=[file]).json
    path = f"/api/catalog/jobs/{entry['jobId']}"
    assert api.get(path, token=NEIGHBOUR_PRIVATE_TOKEN).code == "job_not_found"
    assert api.get("/api/catalog/jobs/nothing").status == 404
