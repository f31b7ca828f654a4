from __future__ import annotations

import hashlib
import json
import re
from typing import Any

import pytest

UNKNOWN = "00000000-0000-4000-8000-000000000000"
PATH = "/api/configurations"
BODY = {"productId": "p1", "productVersion": "v1", "variant": {"Size": "L", "Fabric": None}}
FIELDS = {**BODY, "variant": json.dumps(BODY["variant"])}
FRONT, BACK = ("files", "front.png", b"front"), ("files", "back.png", b"back")


def saved(api: Any, **fields: Any) -> Any:
    answer = api("POST", PATH, body={**BODY, **fields}, token="public")
    assert answer.status == 200, answer.body
    return answer.json


def test_a_configuration_is_saved_from_json_and_found_by_both_ids(api: Any) -> None:
    given = {"metadata": {"note": {"deep": [1]}}, "customerId": "c", "creator": "player api"}
    record = saved(api, **given)
    assert {name: record[name] for name in (*BODY, *given)} == {**BODY, **given}
    assert re.fullmatch(r"[A-Za-z0-9_-]{7,14}", record["shortId"])
    assert (record["orgId"], record["thumbnail"], record["attachments"]) == (
        api.server.org_id,
        None,
        {},
    )
    for name in (record["id"], record["shortId"]):
        assert api.get(f"{PATH}/{name}", token="public").json == record
    assert api.get(f"{PATH}/{UNKNOWN}").code == "configuration_not_found"


def test_the_variant_is_optional(api: Any) -> None:
    assert saved(api, variant=None)["variant"] == {}


def test_a_short_id_may_be_chosen_once(api: Any) -> None:
    assert saved(api, shortId="my_own-1")["shortId"] == "my_own-1"
    assert api("POST", PATH, body={**BODY, "shortId": "my_own-1"}).status == 409


@pytest.mark.parametrize(
    "changes",
    [
        {"productId": None},
        {"productVersion": None},
        {"productId": ""},
        {"productVersion": 1},
        {"variant": "L"},
        {"metadata": []},
        {"shortId": "short"},
        {"shortId": "with space"},
        {"sceneGraphState": {}},
    ],
)
def test_a_bad_configuration_is_refused(api: Any, changes: Any) -> None:
    body = {**BODY, **changes}
    assert api("POST", PATH, body=body).status == 422
    texts = {
        k: v if isinstance(v, str) else json.dumps(v) for k, v in body.items() if v is not None
    }
    if changes.keys() & {"productId", "variant", "metadata", "shortId"}:
        assert api.form(PATH, fields=texts).status == 422
    assert api.get(PATH).json["count"] == 0


def test_a_form_does_the_same(api: Any) -> None:
    record = api.form(PATH, fields={**FIELDS, "metadata": '{"a":{"b":1}}'}, token="public").json
    assert (record["variant"], record["metadata"]) == (BODY["variant"], {"a": {"b": 1}})


def test_files_are_attached_by_their_names(api: Any) -> None:
    attachments = json.dumps({"first": "front.png", "second": "back.png"})
    fields = {**FIELDS, "attachments": attachments}
    record = api.form(PATH, files=[FRONT, BACK], fields=fields).json
    assert set(record["attachments"]) == {"first", "second"}
    assert record["thumbnail"] is None
    path = f"{PATH}/{record['shortId']}"
    assert api.get(f"{path}/files/first", token=None).body == b"front"
    assert api.get(f"{path}/files/second", token="public").body == b"back"
    assert api.get(f"/api/files/{record['attachments']['second']}/content").body == b"back"
    assert api.get(f"{path}/files/third", token=None).status == 404
    assert api.get(f"{path}/thumbnail").status == 404


def test_a_single_file_becomes_the_thumbnail(api: Any) -> None:
    record = api.form(PATH, files=[FRONT], fields=FIELDS).json
    assert record["thumbnail"] == "sha256-" + hashlib.sha256(b"front").hexdigest()
    answer = api.get(f"{PATH}/{record['shortId']}/thumbnail", token="public")
    assert (answer.body, answer.headers["Content-Type"]) == (b"front", "image/png")
    assert api.get(f"/api/files/hash/{record['thumbnail']}", token=None).body == b"front"


def test_the_field_thumbnail_goes_beside_attachments(api: Any) -> None:
    files = [FRONT, ("thumbnail", "small.png", b"small")]
    fields = {**FIELDS, "attachments": '{"front":"front.png"}'}
    record = api.form(PATH, files=files, fields=fields).json
    assert api.get(f"{PATH}/{record['id']}/thumbnail").body == b"small"
    assert list(record["attachments"]) == ["front"]


@pytest.mark.parametrize(
    ("files", "attachments"),
    [
        ([FRONT, BACK], None),
        ([FRONT, BACK], {"front": "front.png"}),
        ([FRONT], {"front": "other.png"}),
        ([], {"front": "front.png"}),
        ([FRONT, FRONT], {"front": "front.png"}),
        ([("thumbnail", "front.png", b"small"), FRONT], {"front": "front.png"}),
        ([FRONT, ("thumbnail", "front.png", b"small")], {"front": "front.png"}),
        ([FRONT], {"front": 1}),
        ([FRONT], ["front.png"]),
        ([FRONT], "{"),
    ],
)
def test_a_wrong_map_of_attachments_is_refused_and_nothing_is_kept(
    api: Any, files: Any, attachments: Any
) -> None:
    text = attachments if isinstance(attachments, str) else json.dumps(attachments)
    fields = FIELDS if attachments is None else {**FIELDS, "attachments": text}
    assert api.form(PATH, files=files, fields=fields).status == 422
    counts = api.get("/__emulator__/info").json["counts"]
    assert (counts["configurations"], counts["files"]) == (0, 0)


def test_configurations_are_listed_in_pages_and_by_filter(api: Any) -> None:
    items = [{"product": {"name": "a", "metadata": [{"name": "SKU", "defaultValue": "OC-1"}]}}]
    item = api("POST", "/api/products/import", body=items, orgId=api.server.org_id).json[
        "products"
    ][0]
    first = saved(api, productId=item["id"], metadata={"shop": "a", "n": 1})
    second = saved(api, productVersion="v2", metadata={"shop": "a", "n": 2})
    answer = api.get(PATH, perPage=1, page=2, sort="-createdAt").json
    assert answer == {
        "page": 2,
        "perPage": 1,
        "count": 2,
        "sort": "-createdAt",
        "configurations": [first],
    }

    def found(**query: Any) -> Any:
        return api.get(PATH, fullConfiguration=True, **query).json["configurations"]

    assert found(metadata={"shop": "a"}) == [first, second]
    assert found(metadata={"shop": "a", "n": 2}) == [second]
    assert found(productVersion="v2") == found(productId="p1") == [second]
    assert found(shortId=first["shortId"]) == found(sku="OC-1") == [first]
    assert found(sku="OC-2") == []
    for query in ({"perPage": 101}, {"page": 0}, {"sort": "+variant"}, {"metadata": "x"}):
        assert api.get(PATH, **query).status == 422


def test_another_organisation_neither_saves_nor_reads_here(api: Any) -> None:
    from threekit_async.emulator.seeds.tenant import NEIGHBOUR_PRIVATE_TOKEN

    record = saved(api)
    assert api("POST", PATH, body={**BODY, "orgId": UNKNOWN}).status == 403
    answer = api.get(f"{PATH}/{record['id']}", token=NEIGHBOUR_PRIVATE_TOKEN)
    assert answer.status == 404
    assert api.get(PATH, token=NEIGHBOUR_PRIVATE_TOKEN).json["configurations"] == []
