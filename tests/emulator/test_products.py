from __future__ import annotations

import json
import time
from typing import Any

import pytest

from threekit_async.emulator.seeds.tenant import ORG_ID

IMPORT = "/api/products/import"
EXPORT = "/api/products/export/json"
SKU = {"type": "String", "name": "SKU", "values": [], "blacklist": [], "defaultValue": "OC-1"}
CHAIR = {
    "name": "Oak chair",
    "type": "item",
    "description": "Of oak.",
    "tags": ["chair"],
    "keywords": ["oak"],
    "metadata": [SKU, {"type": "Number", "name": "Legs", "defaultValue": 4}],
    "attributes": [
        {"type": "String", "name": "Stain", "values": ["Light", "Dark"], "defaultValue": "Light"}
    ],
    "asset": {"assetId": "model-1", "configuration": {"Stain": "Light"}, "type": "model"},
}


def imported(api: Any, *entries: Any, **more: Any) -> list[Any]:
    answer = api("POST", IMPORT, orgId=api.server.org_id, body=list(entries), **more)
    assert answer.status == 200, answer.body
    return list(answer.json["products"])


def exported(api: Any, **query: Any) -> list[Any]:
    answer = api.get(EXPORT, orgId=api.server.org_id, **query)
    assert answer.status == 200, answer.body
    return list(answer.json)


def assets(api: Any, **query: Any) -> list[Any]:
    return list(api.get("/api/assets", orgId=api.server.org_id, **query).json["assets"])


def test_an_entry_without_query_makes_an_item(api: Any) -> None:
    (item,) = imported(api, {"product": CHAIR})
    assert (item["name"], item["type"], item["tags"]) == ("Oak chair", "item", ["chair"])
    assert item["metadata"] == {"SKU": "OC-1", "Legs": 4}
    assert item["proxyId"] == "model-1"
    assert assets(api) == [item]


def test_an_export_says_what_was_imported(api: Any) -> None:
    (item,) = imported(api, {"product": CHAIR})
    (entry,) = exported(api)
    assert entry["query"] == {"id": item["id"]}
    product = entry["product"]
    (attribute,) = product.pop("attributes")
    assert attribute.pop("id")
    assert attribute == CHAIR["attributes"][0]  # type: ignore[index]
    expected = {name: value for name, value in CHAIR.items() if name != "attributes"}
    assert {name: product[name] for name in expected} == expected


def test_importing_an_export_changes_nothing(demo: Any, start: Any) -> None:
    copy = start(seed="demo")
    before = exported(copy)
    again = imported(copy, *before)
    assert exported(copy) == before == exported(demo)
    assert [item["id"] for item in again] == [entry["query"]["id"] for entry in before]


@pytest.mark.parametrize(
    "query",
    [
        {"name": "Oak chair"},
        {"metadata": {"SKU": "OC-1"}},
        {"metadata": {"SKU": "OC-1", "Legs": 4}},
        {"metadata": {"name": "SKU", "defaultValue": "OC-1", "type": "String"}},
        {"metadata": [{"name": "SKU", "defaultValue": "OC-1", "type": "String"}]},
        {"metadata": {"name": "Legs", "defaultValue": "4", "type": "Number"}},
        {"name": "Oak chair", "metadata": [{"name": "Legs", "defaultValue": 4}]},
    ],
)
def test_a_query_that_matches_updates_instead(api: Any, query: Any) -> None:
    (item,) = imported(api, {"product": CHAIR})
    (changed,) = imported(api, {"query": query, "product": {"description": "New."}})
    assert (changed["id"], changed["description"]) == (item["id"], "New.")
    assert (changed["name"], changed["metadata"]) == (item["name"], item["metadata"])
    assert len(assets(api)) == 1


@pytest.mark.parametrize(
    "query",
    [
        {"name": "Oak"},
        {"metadata": {"SKU": "OC-1", "Legs": 3}},
        {"metadata": {"SKU": "OC-2"}},
        {"name": "Other", "metadata": {"SKU": "OC-1"}},
        {"id": "nobody"},
        {},
    ],
)
def test_a_query_that_matches_nothing_creates(api: Any, query: Any) -> None:
    imported(api, {"product": CHAIR})
    (item,) = imported(api, {"query": query, "product": {"name": "Ash chair"}})
    assert item["name"] == "Ash chair"
    assert len(assets(api)) == 2


def test_several_matches_are_all_updated(api: Any) -> None:
    imported(api, {"product": CHAIR}, {"product": {**CHAIR, "name": "Ash chair"}})
    query = {"metadata": {"SKU": "OC-1"}}
    changed = imported(api, {"query": query, "product": {"tags": ["sale"]}})
    assert [item["tags"] for item in changed] == [["sale"], ["sale"]]


def test_other_types_are_made_and_matched_by_type(api: Any) -> None:
    imported(api, {"product": {"name": "Oak", "type": "material"}}, {"product": {"name": "Oak"}})
    query = {"query": {"name": "Oak"}, "product": {"type": "material", "description": "wood"}}
    (changed,) = imported(api, query)
    assert (changed["type"], changed["description"]) == ("material", "wood")
    assert [entry["product"]["type"] for entry in exported(api)] == ["item"]


def test_rules_name_attributes_and_bring_missing_ones(api: Any) -> None:
    rule = {
        "name": "Dark only",
        "conditions": [{"attribute": "Stain", "operator": "equal", "value": "Dark"}],
        "actions": [
            {"type": "set-visibility", "name": "v", "label": "V", "attribute": "Varnish"},
            {"type": "custom-script", "name": "custom-script", "content": "1", "enabled": False},
        ],
    }
    imported(api, {"product": {**CHAIR, "rules": [[rule]]}})
    product = exported(api)[0]["product"]
    ids = {attribute["name"]: attribute["id"] for attribute in product["attributes"]}
    (kept,) = product["rules"]
    assert set(ids) == {"Stain", "Varnish"}
    assert kept["conditions"][0]["attributeId"] == ids["Stain"]
    assert kept["actions"][0]["attributeId"] == ids["Varnish"]
    assert "attributeId" not in kept["actions"][1]
    assert kept["name"] == "Dark only"


def test_lists_stand_in_the_place_of_those_before(api: Any) -> None:
    imported(api, {"product": CHAIR})
    size = {"type": "String", "name": "Size", "defaultValue": "S"}
    changes = {"attributes": [size], "metadata": [SKU], "tags": []}
    (item,) = imported(api, {"query": {"name": "Oak chair"}, "product": changes})
    assert (item["metadata"], item["tags"]) == ({"SKU": "OC-1"}, [])
    names = [attribute["name"] for attribute in exported(api)[0]["product"]["attributes"]]
    assert names == ["Size"]


def test_a_link_can_be_given_in_short_and_taken_away(api: Any) -> None:
    (item,) = imported(api, {"product": {"name": "a", "assetId": "model-2"}})
    assert item["proxyId"] == "model-2"
    (item,) = imported(api, {"query": {"name": "a"}, "product": {"asset": {"assetId": ""}}})
    assert item["proxyId"] is None


def test_a_clone_has_the_attributes_of_its_original(api: Any) -> None:
    (item,) = imported(api, {"product": CHAIR})
    api("POST", f"/api/assets/{item['id']}/clone", orgId=api.server.org_id)
    first, second = (entry["product"] for entry in exported(api))
    assert first["attributes"] == second["attributes"]
    assert first["id"] != second["id"]


def test_one_asset_is_exported_in_the_same_form(api: Any) -> None:
    (item,) = imported(api, {"product": CHAIR})
    answer = api.get(f"/api/assets/export/{item['id']}", orgId=api.server.org_id)
    assert answer.json == exported(api)
    assert api.get("/api/assets/export/nobody", orgId=api.server.org_id).status == 404


def test_an_export_is_filtered_by_tags_and_keywords(demo: Any) -> None:
    by_tag = exported(demo, tags="lamp")
    by_keyword = exported(demo, keywords="harbour")
    assert [entry["product"]["name"] for entry in by_tag] == ["Fjord floor lamp"]
    assert [entry["product"]["name"] for entry in by_keyword] == ["Harbour cabinet"]
    assert exported(demo, tags="lamp", keywords="harbour") == []
    assert len(exported(demo)) == 3


def test_the_paths_of_the_vendors_page_do_the_same(api: Any) -> None:
    answer = api("POST", "/products/import", orgId=api.server.org_id, body=[{"product": CHAIR}])
    assert [item["name"] for item in answer.json["products"]] == ["Oak chair"]
    assert api.get("/products/export/json", orgId=api.server.org_id).json == exported(api)


def test_only_json_is_exported(api: Any) -> None:
    assert api.get("/api/products/export/csv", orgId=api.server.org_id).status == 422


@pytest.mark.parametrize(
    "body",
    [
        {"files": [{"product": CHAIR}]},
        {"files": {"product": CHAIR}, "sync": True},
        {"files": [{"product": CHAIR}], "sync": "true"},
        {"product": CHAIR, "m": "a key of the caller's own"},
    ],
)
def test_the_body_may_be_wrapped(api: Any, body: Any) -> None:
    answer = api("POST", IMPORT, orgId=api.server.org_id, body=body)
    assert [item["name"] for item in answer.json["products"]] == ["Oak chair"]


@pytest.mark.parametrize("field", ["file", "files"])
def test_a_file_in_a_form_is_imported(api: Any, field: str) -> None:
    content = json.dumps([{"product": CHAIR}]).encode()
    answer = api.form(IMPORT, files=[(field, "items.json", content)], orgId=api.server.org_id)
    assert [item["name"] for item in answer.json["products"]] == ["Oak chair"]


def finished(api: Any, job_id: str) -> Any:
    end = time.monotonic() + 10
    while time.monotonic() < end:
        job = api.get(f"/api/jobs/{job_id}", orgId=api.server.org_id).json
        if job["status"] == "stopped":
            return job
    raise AssertionError("the job did not stop")


@pytest.mark.parametrize("wrapped", [True, False])
def test_without_waiting_a_job_is_answered_whose_file_lists_the_assets(
    api: Any, wrapped: bool
) -> None:
    if wrapped:
        body = {"files": [{"product": CHAIR}], "sync": False}
        answer = api("POST", IMPORT, orgId=api.server.org_id, body=body).json
    else:
        file = ("file", "items.json", json.dumps([{"product": CHAIR}]).encode())
        answer = api.form(IMPORT, files=[file], fields={"sync": "false"}, orgId=ORG_ID).json
    assert answer["job"]["id"] == answer["jobId"]
    assert "products" not in answer
    assert finished(api, answer["jobId"])["taskResultFailures"] == 0
    runs = api.get("/api/jobs/runs", jobId=answer["jobId"], orgId=api.server.org_id).json["runs"]
    (file_,) = runs[0]["results"]["files"]
    content = api.get(f"/api/files/{file_['id']}/content").json
    assert [item["name"] for item in content] == ["Oak chair"]
    assert content == assets(api)


@pytest.mark.parametrize(
    "body",
    [
        "text",
        7,
        None,
        [1],
        [{}],
        [{"product": []}],
        [{"product": {"name": 1}}],
        [{"product": {"tags": [1]}}],
        [{"product": {"rules": [{"conditions": [{"operator": "=", "value": "x"}]}]}}],
        [{"product": {"rules": [{"actions": [{"name": "no type"}]}]}}],
        [{"product": {"asset": {"configuration": {}}}}],
        [{"product": CHAIR}, {"query": []}],
        {"sync": False},
        {"files": "items.json"},
    ],
)
def test_what_is_no_import_is_refused_and_nothing_is_made(api: Any, body: Any) -> None:
    as_json = api("POST", IMPORT, orgId=api.server.org_id, data=json.dumps(body).encode())
    file = ("file", "items.json", json.dumps(body).encode())
    as_file = api.form(IMPORT, files=[file], fields={"sync": "false"}, orgId=ORG_ID)
    assert {as_json.status, as_file.status} == {422}
    assert as_json.code == "import_error"
    assert assets(api) == []


@pytest.mark.parametrize("content", [b"", b"name;SKU", b"\xff", b"[" * 100_000, b"[NaN]"])
def test_a_file_that_is_no_json_is_refused(api: Any, content: bytes) -> None:
    assert api.form(IMPORT, files=[("file", "a.json", content)], orgId=ORG_ID).status == 422


def test_a_form_needs_one_file(api: Any) -> None:
    file = ("file", "items.json", b"[]")
    assert api.form(IMPORT, orgId=ORG_ID).status == 422
    assert api.form(IMPORT, files=[file, file], orgId=ORG_ID).status == 422
    assert api.form(IMPORT, fields={"file": "[]"}, orgId=ORG_ID).json == {"products": []}


def test_a_public_token_may_export_but_not_import(api: Any) -> None:
    assert api("POST", IMPORT, body=[], token="public").status == 403
    assert api.get(EXPORT, token="public", orgId=ORG_ID).status == 200


def test_texts_are_written_and_read_as_a_table(api: Any) -> None:
    path = "/api/products/translations"
    assert api.get(path).body == b'"Canonical Name"\n'
    table = '"Canonical Name","de","fr"\n"Size ""L""","Größe","Taille"\n"Oak","Eiche",""\n'
    assert api.form(path, files=[("file", "texts.csv", table.encode())]).status == 200
    answer = api.get(path, token="public")
    assert (answer.body.decode(), answer.headers["Content-Type"]) == (
        table,
        "text/csv; charset=utf-8",
    )
    map_ = api.get("/api/assets/translations", orgId=api.server.org_id, locale="fr").json
    assert map_ == {'Size "L"': "Taille"}


@pytest.mark.parametrize("content", [b"", b"a,b\nc\n", b"\xff\xfe"])
def test_what_is_no_table_is_refused(api: Any, content: bytes) -> None:
    path = "/api/products/translations"
    assert api.form(path, files=[("file", "texts.csv", content)]).status == 422
    assert api.form(path, files=[("file", "a.csv", b"a")], token="public").status == 403


@pytest.mark.parametrize("root", ["/api/products", "/products"])
def test_import_and_export_ask_for_the_organisation(api: Any, start: Any, root: str) -> None:
    calls: list[tuple[str, str, dict[str, Any]]] = [
        ("POST", f"{root}/import", {"body": []}),
        ("GET", f"{root}/export/json", {}),
    ]
    lenient = start(strict_org=False)
    for verb, path, more in calls:
        answer = api(verb, path, **more)
        assert (answer.status, answer.code) == (400, "orgid_required")
        assert lenient(verb, path, **more).status == 200
