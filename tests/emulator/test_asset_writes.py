"""Writing assets: create, update, delete, restore, clone."""

from __future__ import annotations

from typing import Any

import pytest

UNKNOWN = "00000000-0000-4000-8000-000000000000"


def call(api: Any, method: str, path: str = "", **more: Any) -> Any:
    return api(method, f"/api/assets{path}", orgId=api.server.org_id, **more)


def created(api: Any, **fields: Any) -> Any:
    answer = call(api, "POST", body={"name": "Oak chair", **fields})
    assert answer.status == 200, answer.body
    return answer.json


def listed(api: Any, **query: Any) -> list[Any]:
    answer = api.get("/api/assets", orgId=api.server.org_id, **query)
    return [asset["id"] for asset in answer.json["assets"]]


def test_a_created_asset_is_whole_and_can_be_read(api: Any) -> None:
    asset = created(api, tags="chair, oak,chair", metadata={"SKU": "OC-1"}, customId="OC")
    assert (asset["tags"], asset["keywords"]) == (["chair", "oak"], [])
    assert (asset["type"], asset["parentFolderId"]) == ("item", "catalog")
    assert (asset["branch"], asset["deletedAt"], asset["orgId"]) == (
        "unpublished",
        None,
        api.server.org_id,
    )
    assert call(api, "GET", "/OC").json == call(api, "GET", f"/{asset['id']}").json == asset


def test_ids_and_custom_ids_belong_to_one_asset(api: Any) -> None:
    asset = created(api, customId="OC")
    own = asset["id"]
    for taken in ({"id": own}, {"customId": "OC"}, {"id": "OC"}, {"customId": own}):
        assert call(api, "POST", body=taken).status == 409


def test_an_update_changes_what_is_given_only(api: Any) -> None:
    asset = created(api, description="old", tags=["a"])
    changes = {
        "tags": "b,c",
        "keywords": ["k"],
        "publicShare": True,
        "publishedAt": "2024-05-01T12:00:00+02:00",
        "parentFolderId": "assets",
    }
    changed = call(api, "PUT", f"/{asset['id']}", body=changes)
    assert changed.status == 200
    expected = {**changes, "tags": ["b", "c"], "publishedAt": "2024-05-01T10:00:00.000Z"}
    assert {name: changed.json[name] for name in changes} == expected
    assert (changed.json["description"], changed.json["name"]) == ("old", "Oak chair")
    assert changed.json["updatedAt"] > asset["updatedAt"]
    assert call(api, "GET", f"/{asset['id']}").json == changed.json


def test_null_empties_a_field_but_not_the_name(api: Any) -> None:
    asset = created(api, description="old", tags=["a"], proxyId=UNKNOWN)
    empty = {"description": None, "tags": None, "proxyId": None, "name": None}
    changed = call(api, "PUT", f"/{asset['id']}", body=empty).json
    assert (changed["description"], changed["tags"], changed["proxyId"], changed["name"]) == (
        None,
        [],
        None,
        "Oak chair",
    )


def test_metadata_is_no_part_of_an_update(api: Any) -> None:
    asset = created(api, metadata={"SKU": "OC-1"})
    body = {"metadata": {"SKU": "OC-2"}}
    assert call(api, "PUT", f"/{asset['id']}", body=body).json["metadata"] == {"SKU": "OC-1"}


@pytest.mark.parametrize(
    "body",
    [
        {"name": 1},
        {"name": ""},
        {"publicShare": "yes"},
        {"tags": [1]},
        {"publishedAt": "soon"},
        {"publishedAt": "2024-13-01"},
        {"publishedAt": "2024-05-01\n"},
        {"proxyId": {}},
        [],
        "text",
    ],
)
def test_a_bad_update_is_refused_as_documented(api: Any, body: Any) -> None:
    asset = created(api)
    answer = call(api, "PUT", f"/{asset['id']}", body=body)
    assert (answer.status, answer.code) == (422, "update_asset_error")
    assert call(api, "GET", f"/{asset['id']}").json == asset


def test_a_deleted_asset_leaves_lists_and_comes_back_restored(api: Any) -> None:
    asset = created(api, tags=["gone"])
    path = f"/{asset['id']}"
    assert call(api, "DELETE", path).json == call(api, "DELETE", path).json == {"message": "ok"}
    assert listed(api) == []
    assert call(api, "GET", "/tags").json == {"tags": []}
    gone = call(api, "GET", path).json
    assert gone["deletedAt"] is not None
    assert gone["deletedBy"] == asset["createdBy"]
    for method, sub in (("PUT", ""), ("POST", "/clone")):
        assert call(api, method, path + sub, body={}).status == 404
    back = call(api, "POST", f"{path}/restore", body={"name": "Oak chair II"}).json
    assert (back["deletedAt"], back["deletedBy"], back["name"]) == (None, None, "Oak chair II")
    assert listed(api, name="Oak chair II") == [asset["id"]]


def test_a_live_asset_cannot_be_restored(api: Any) -> None:
    answer = call(api, "POST", f"/{created(api)['id']}/restore")
    assert (answer.status, answer.json["error"]) == (
        422,
        {"code": "restore_asset_error", "message": "Cannot restore active asset"},
    )


def test_a_clone_is_equal_but_for_itself(api: Any) -> None:
    asset = created(api, customId="OC", tags=["a"], metadata={"SKU": "OC-1"})
    copy = call(api, "POST", f"/{asset['id']}/clone").json
    differing = {name for name in asset if asset[name] != copy[name]}
    assert differing == {"id", "createdAt", "updatedAt", "customId"}
    assert sorted(listed(api)) == sorted([asset["id"], copy["id"]])


@pytest.mark.parametrize(
    ("method", "path"), [("PUT", ""), ("DELETE", ""), ("POST", "/clone"), ("POST", "/restore")]
)
def test_writing_needs_a_known_asset_a_private_token_and_the_organisation(
    api: Any, method: str, path: str
) -> None:
    known = f"/{created(api)['id']}{path}"
    unknown = call(api, method, f"/{UNKNOWN}{path}", body={})
    assert (unknown.status, unknown.code) == (404, "asset_not_found")
    assert call(api, method, known, body={}, token="public").status == 403
    assert call(api, method, known, body={}, token=None).status == 403
    missing = api(method, f"/api/assets{known}", body={})
    assert (missing.status, missing.code) == (400, "orgid_required")
