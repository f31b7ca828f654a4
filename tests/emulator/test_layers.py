from __future__ import annotations

from typing import Any

import pytest

UNKNOWN = "00000000-0000-4000-8000-000000000000"
DOCUMENTED = {
    "id",
    "assetId",
    "assetLayer",
    "assetLayerConfiguration",
    "assetVersion",
    "orgId",
    "stageId",
    "stageVersion",
    "jobId",
    "taskId",
    "fileId",
    "branch",
    "metadata",
    "createdAt",
}


def test_a_list_has_only_layers_unless_counts_are_switched_on(start: Any, api: Any) -> None:
    assert api.get("/api/layers").json == {"layers": []}
    counting = start(layer_counts=True)
    counting.create()
    answer = counting.get("/api/layers", perPage=5, sort="-createdAt").json
    assert len(answer.pop("layers")) == 1
    assert answer == {"page": 1, "perPage": 5, "sort": "-createdAt", "count": 1}


def test_pages_follow_each_other_without_gap_or_repetition(demo: Any) -> None:
    pages = [demo.layers(perPage=100, page=number) for number in range(1, 12)]
    ids = [layer["id"] for page in pages for layer in page]
    assert [len(page) for page in pages] == [100] * 10 + [0]
    assert len(set(ids)) == 1000


def test_thirty_layers_a_page_when_nothing_is_said(demo: Any) -> None:
    assert demo.layers() == demo.layers(page=1, perPage=30)


@pytest.mark.parametrize(
    "query",
    [
        "perPage=0",
        "perPage=101",
        "perPage=-1",
        "perPage=ten",
        "perPage=",
        "page=0",
        "page=1.5",
        "page=one",
        "sort=createdAt",
        "sort=+createdAt",
        "sort=%2Bnothing",
        "sort=",
        "width=wide",
        "assetLayerConfiguration=red",
        "stageConfiguration=[]",
        "metadata=%7B",
    ],
)
def test_a_bad_query_field_is_refused_as_documented(demo: Any, query: str) -> None:
    answer = demo.get("/api/layers", raw_query=query)
    assert (answer.status, answer.json["error"]) == (
        422,
        {"code": "invalid_query_fields", "message": "One or more invalid query fields"},
    )


def test_an_unknown_query_field_is_ignored(demo: Any) -> None:
    assert demo.layers(ordId="x") == demo.layers()


def test_sorting_keeps_equal_instants_in_the_order_of_insertion(demo: Any) -> None:
    first = demo.layers(perPage=100)
    assert first == sorted(first, key=lambda layer: layer["createdAt"])
    assert first[0]["createdAt"] == first[1]["createdAt"]
    last = demo.layers(perPage=4, sort="-createdAt")
    tail = demo.layers(perPage=100, page=10)[-4:]
    assert [layer["id"] for layer in last] == [tail[n]["id"] for n in (2, 3, 0, 1)]


@pytest.mark.parametrize("name", ["id", "assetId", "assetLayer", "stageId", "jobId", "taskId"])
def test_plain_filters_keep_what_is_equal(demo: Any, name: str) -> None:
    wanted = demo.layers(perPage=1, page=700)[0]
    found = demo.layers(perPage=100, **{name: wanted[name]})
    assert found
    assert {layer[name] for layer in found} == {wanted[name]}


def test_branch_format_and_width_filter_too(demo: Any) -> None:
    found = demo.layers(perPage=100, branch="unpublished", format="png", width=400, height=400)
    assert {layer["branch"] for layer in found} == {"unpublished"}
    assert demo.layers(format="glb") == demo.layers(width=401) == []


def test_a_configuration_matches_as_a_whole_in_any_key_order(api: Any) -> None:
    layer = api.create(assetLayerConfiguration={"b": {"y": 2.0, "x": [1]}, "a": "é"})
    same = {"a": "é", "b": {"x": [1.0], "y": 2}}
    assert [found["id"] for found in api.layers(assetLayerConfiguration=same)] == [layer["id"]]
    assert api.layers(assetLayerConfiguration={"a": "é"}) == []
    assert api.layers(assetLayerConfiguration={**same, "c": 1}) == []


def test_a_stage_configuration_matches_as_a_whole(demo: Any) -> None:
    assert demo.layers(stageConfiguration={"Camera": "Front"}) == demo.layers()
    assert demo.layers(stageConfiguration={}) == []


def test_metadata_matches_by_the_given_keys_and_their_types(api: Any) -> None:
    wide = api.create(metadata={"SKU": "A", "wide": True, "n": 1, "deep": {"b": 1, "a": None}})
    api.create(metadata={"SKU": "A", "n": "1"})
    for given in ({"SKU": "A", "wide": True}, {"n": 1}, {"deep": {"a": None, "b": 1}}):
        assert [layer["id"] for layer in api.layers(metadata=given)] == [wide["id"]]
    assert len(api.layers(metadata={"SKU": "A"})) == 2
    assert api.layers(metadata={"wide": 1}) == api.layers(metadata={"none": None}) == []


def test_a_created_layer_has_every_documented_field_and_can_be_read(api: Any) -> None:
    layer = api.create(assetLayerConfiguration={"Colour": "red"}, metadata={"SKU": "1"})
    assert layer.keys() >= DOCUMENTED
    assert (layer["assetLayer"], layer["branch"], layer["stageId"]) == (
        "asset-1",
        "unpublished",
        "",
    )
    assert api.layers() == [layer]
    read = api.get(f"/api/layers/{layer['id']}").json
    assert (read.pop("url"), read.pop("path")) == (None, None)
    assert read == layer


def test_a_created_layer_takes_its_format_from_its_file(api: Any) -> None:
    file = api.upload(b"glTF", name="chair.GLB", kind="model/gltf-binary").json["files"][0]
    assert api.create(fileId=file["id"])["format"] == "glb"


@pytest.mark.parametrize(
    "body",
    [
        None,
        [],
        {},
        {"assetId": ""},
        {"assetId": 7},
        {"assetId": "a", "metadata": "x"},
        {"assetId": "a", "assetLayerConfiguration": []},
        {"assetId": "a", "width": "wide"},
        {"assetId": "a", "height": True},
    ],
)
def test_a_bad_layer_is_refused_as_documented(api: Any, body: Any) -> None:
    answer = api("POST", "/api/layers", body=body)
    assert (answer.status, answer.json["error"]) == (
        422,
        {"code": "create_layer_error", "message": "Create Layer error"},
    )
    assert api.layers() == []


def test_a_layer_of_another_organisation_cannot_be_created(api: Any) -> None:
    answer = api("POST", "/api/layers", body={"assetId": "a", "orgId": UNKNOWN})
    assert (answer.status, answer.code) == (403, "forbidden")


def test_a_malformed_id_is_422_and_an_unknown_one_404(demo: Any) -> None:
    malformed, unknown = demo.get("/api/layers/fail"), demo.get(f"/api/layers/{UNKNOWN}")
    assert (malformed.status, malformed.code) == (422, "find_layer_error")
    assert (unknown.status, unknown.code) == (404, "layer_not_found")


def test_a_single_layer_tells_where_its_file_is(demo: Any) -> None:
    layer = demo.layers(perPage=1)[0]
    read = demo.get(f"/api/layers/{layer['id']}").json
    assert read["path"] == f"/api/files/{layer['fileId']}/content"
    assert read["url"] == demo.server.url + read["path"]


@pytest.mark.parametrize("lookup", ["id", "configuration"])
def test_result_type_chooses_between_record_url_and_bytes(demo: Any, lookup: str) -> None:
    layer = demo.layers(perPage=1, page=500)[0]
    path, query = f"/api/layers/{layer['id']}", {}
    if lookup == "configuration":
        path, query = "/api/layers/layer", {"metadata": layer["metadata"]}
    url = demo.get(path, resultType="url", **query).json
    assert url["metadata"] == layer["metadata"]
    file = demo.get(path, resultType="file", **query)
    assert file.headers["Content-Type"] == "image/png"
    assert file.body == demo.get(url["url"].removeprefix(demo.server.url)).body
    assert demo.get(path, resultType="page", **query).code == "find_layer_error"


@pytest.mark.parametrize("kind", ["url", "file"])
def test_a_layer_without_file_has_neither_url_nor_bytes(api: Any, kind: str) -> None:
    layer = api.create()
    answer = api.get(f"/api/layers/{layer['id']}", resultType=kind)
    assert (answer.status, answer.code) == (404, "file_not_found")


def test_the_latest_of_several_matches_is_found(api: Any) -> None:
    api.create(assetLayerConfiguration={"a": 1})
    latest = api.create(assetLayerConfiguration={"a": 1})
    api.create(assetLayerConfiguration={"a": 2})
    found = api.get("/api/layers/layer", assetLayerConfiguration={"a": 1}).json
    assert found["id"] == latest["id"]


def test_nothing_found_is_422_or_by_choice_404(start: Any, api: Any) -> None:
    answer = api.get("/api/layers/layer", assetId="none")
    assert (answer.status, answer.json["error"]) == (
        422,
        {"code": "find_layer_error", "message": "Error finding layer"},
    )
    lenient = start(missing_layer_status=404)
    assert lenient.get("/api/layers/layer", assetId="none").status == 404


def test_optimization_must_be_json(demo: Any) -> None:
    layer = demo.layers(perPage=1)[0]
    good = demo.get("/api/layers/layer", id=layer["id"], optimization={"format": "webp"})
    bad = demo.get("/api/layers/layer", id=layer["id"], optimization="webp")
    assert (good.status, bad.status, bad.code) == (200, 422, "find_layer_error")


def test_groups_count_layers_and_page_over_groups(demo: Any) -> None:
    answer = demo("POST", "/api/layers/groups/assetId", perPage=2).json
    groups = answer.pop("groups")
    assert answer == {"groupBy": "assetId", "count": 3, "page": 1, "perPage": 2}
    assert [group["count"] for group in groups] == [450, 300]
    assert groups[0]["assetIds"] == [groups[0]["assetId"]]
    assert groups[0]["stageIds"] == [demo.layers(perPage=1)[0]["stageId"]]
    rest = demo("POST", "/api/layers/groups/assetId", perPage=2, page=2).json["groups"]
    assert [group["count"] for group in rest] == [250]


def test_groups_obey_the_filters_and_leave_out_empty_stages(api: Any) -> None:
    api.create(branch="published")
    latest = api.create(branch="published", fileId="f")
    api.create(jobId="j")
    (group,) = api("POST", "/api/layers/groups/branch", branch="published").json["groups"]
    assert group == {
        "branch": "published",
        "count": 2,
        "createdAt": latest["createdAt"],
        "fileId": "f",
        "assetId": "asset-1",
        "assetIds": ["asset-1"],
        "stageIds": [],
    }


@pytest.mark.parametrize("target", ["colour", "jobId?perPage=0", "jobId?sort=%2Bname"])
def test_bad_groupings_are_refused_as_documented(demo: Any, target: str) -> None:
    path, _, query = target.partition("?")
    answer = demo("POST", f"/api/layers/groups/{path}", raw_query=query)
    assert (answer.status, answer.code) == (422, "find_layer_error")
