from __future__ import annotations

import re
from typing import Any

import pytest

UNKNOWN = "00000000-0000-4000-8000-000000000000"
LINE = {"configurationId": "a0b1c2d3-e4f5-4061-9273-849506a7b812", "count": 2}
KEPT = {**LINE, "metadata": {}}
OPEN = ("List", "In Cart")
CLOSED = ("New", "In Progress", "Complete")


def ordered(api: Any, **fields: Any) -> Any:
    token = fields.pop("token", "private")
    answer = api("POST", "/api/orders", body={"cart": [LINE], **fields}, token=token)
    assert answer.status == 200, answer.body
    return answer.json


def test_a_new_order_is_whole_and_found_by_both_ids(api: Any) -> None:
    order = ordered(api, platform={"platform": "shopify", "id": "1001"}, originOrgId="")
    assert re.fullmatch(r"[A-Za-z0-9_-]{7,14}", order["shortId"])
    assert (order["status"], order["cart"], order["items"]) == ("List", [KEPT], [])
    assert (order["orgId"], order["originOrgId"]) == (api.server.org_id, api.server.org_id)
    assert (order["updatedAt"], order["derivative"], order["name"]) == (None, {}, None)
    for name in (order["id"], order["shortId"]):
        assert api.get(f"/api/orders/{name}", token="public").json == order
    assert api.get(f"/api/orders/{UNKNOWN}").code == "order_not_found"


def test_items_of_old_become_lines_of_the_cart(api: Any) -> None:
    old = {"id": LINE["configurationId"], "count": 2}
    for body in ({"items": [old]}, {"items": [old], "cart": []}, {"items": [LINE]}):
        answer = api("POST", "/api/orders", body=body)
        assert (answer.json["cart"], answer.json["items"]) == ([KEPT], [])


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"cart": []},
        {"cart": None},
        {"cart": [{"configurationId": "a"}]},
        {"cart": [{**LINE, "count": 0}]},
        {"cart": [{**LINE, "count": 1.5}]},
        {"cart": [{**LINE, "count": "2"}]},
        {"cart": [{**LINE, "configurationId": ""}]},
        {"cart": [{"id": "a", "count": 1}]},
        {"cart": "x", "items": [LINE]},
        {"items": [{"count": 1}]},
        {"cart": [LINE], "status": "Lost"},
        {"cart": [LINE], "name": "n" * 256},
        {"cart": [LINE], "platform": {"id": 7}},
        {"cart": [LINE], "metadata": "x"},
        [LINE],
        None,
    ],
)
def test_a_bad_order_is_refused(api: Any, body: Any) -> None:
    assert api("POST", "/api/orders", body=body, data=b"null").status == 422
    assert api.get("/api/orders").json["count"] == 0


def test_an_order_of_another_organisation_is_forbidden(api: Any) -> None:
    assert api("POST", "/api/orders", body={"cart": [LINE], "orgId": UNKNOWN}).status == 403


def test_orders_are_listed_in_pages_and_by_filter(api: Any) -> None:
    for number in range(4):
        ordered(api, name=f"n{number}", platform={"id": str(number), "platform": "shopify"})
    answer = api.get("/api/orders", perPage=3, page=2, sort="-name").json
    assert [order["name"] for order in answer.pop("orders")] == ["n0"]
    assert answer == {"page": 2, "perPage": 3, "count": 4, "sort": "-name"}
    (found,) = api.get("/api/orders", platform={"id": "2"}).json["orders"]
    assert found["name"] == "n2"
    assert api.get("/api/orders", shortId=found["shortId"]).json["orders"] == [found]
    assert api.get("/api/orders", originOrgId="other").json["orders"] == []


@pytest.mark.parametrize(
    "query", [{"perPage": 101}, {"page": 0}, {"sort": "+platform"}, {"platform": "shopify"}]
)
def test_a_bad_query_is_refused(api: Any, query: Any) -> None:
    assert api.get("/api/orders", **query).status == 422


def test_an_update_changes_four_fields_and_no_others(api: Any) -> None:
    order = ordered(api)
    changes = {
        "name": "Shop order",
        "status": "In Progress",
        "metadata": {"status": "deleted"},
        "derivative": {"a": "b"},
    }
    body = {**changes, "platform": {"id": "9"}, "cart": []}
    changed = api("PUT", f"/api/orders/{order['shortId']}", body=body).json
    assert changed == {**order, **changes, "updatedAt": changed["updatedAt"]}
    assert changed["updatedAt"] > order["createdAt"]
    assert api.get(f"/api/orders/{order['id']}").json == changed
    assert api("PUT", f"/api/orders/{UNKNOWN}", body={}).status == 404
    assert api("PUT", f"/api/orders/{order['id']}", body=[LINE]).status == 422


def test_lines_are_added_and_replaced(api: Any) -> None:
    path = f"/api/orders/{ordered(api)['shortId']}"
    more = {"configurationId": "b", "count": 1, "metadata": {"note": "x"}}
    old = {"id": "c", "count": 3}
    added = api("POST", f"{path}/cart", body=[more]).json
    assert added["cart"] == [KEPT, more]
    added = api("POST", f"{path}/items", body=[old, LINE]).json
    assert added["cart"][2:] == [{"configurationId": "c", "count": 3, "metadata": {}}, KEPT]
    assert added["items"] == []
    assert api("PUT", f"{path}/cart", body=[more]).json["cart"] == [more]
    assert api.get(path).json["cart"] == [more]


@pytest.mark.parametrize("body", [[], {}, [{"count": 1}], [{**LINE, "count": -1}], "x"])
@pytest.mark.parametrize(("method", "path"), [("POST", "items"), ("POST", "cart"), ("PUT", "cart")])
def test_bad_lines_are_refused(api: Any, method: str, path: str, body: Any) -> None:
    order = ordered(api)
    assert api(method, f"/api/orders/{order['id']}/{path}", body=body).status == 422
    assert api(method, f"/api/orders/{UNKNOWN}/{path}", body=[LINE]).status == 404
    assert api.get(f"/api/orders/{order['id']}").json == order


def test_a_public_token_creates_open_orders_only(api: Any) -> None:
    for status in OPEN:
        assert ordered(api, token="public", status=status)["status"] == status
    for status in CLOSED:
        body = {"cart": [LINE], "status": status}
        assert api("POST", "/api/orders", body=body, token="public").code == "forbidden"
        assert ordered(api, status=status)["status"] == status


@pytest.mark.parametrize("status", [*OPEN, *CLOSED])
def test_a_public_token_writes_open_orders_only(api: Any, status: str) -> None:
    path = f"/api/orders/{ordered(api, status=status)['id']}"
    expected = 200 if status in OPEN else 403
    calls = [("PUT", "", {"name": "n"}), ("POST", "/cart", [LINE]), ("PUT", "/cart", [LINE])]
    for method, sub, body in (*calls, ("POST", "/items", [LINE])):
        assert api(method, path + sub, body=body, token="public").status == expected
        assert api(method, path + sub, body=body).status == 200
    assert api("PUT", path, body={"status": "New"}, token="public").status == 403


def test_saved_configurations_are_put_into_the_lines_when_asked_for(api: Any) -> None:
    body = {"productId": "p", "productVersion": "v1", "variant": {"Size": "L"}}
    saved = api("POST", "/api/configurations", body=body).json
    cart = [{"configurationId": saved["id"], "count": 1}, LINE]
    path = f"/api/orders/{ordered(api, cart=cart)['id']}"
    known, unknown = api.get(path, fullConfiguration=True).json["cart"]
    assert (known["configuration"], unknown["configuration"]) == (saved, None)
    assert "configuration" not in api.get(path).json["cart"][0]
    api("DELETE", f"/api/configurations/{saved['id']}")
    gone, _ = api.get(path, fullConfiguration=True).json["cart"]
    assert gone["configuration"] is None


def test_webhooks_are_told_of_a_new_order_and_of_each_new_status(api: Any) -> None:
    hook = {"address": "https://hooks.example.com/orders", "filter": {"status": ["New", "List"]}}
    api("POST", "/api/webhooks", body=hook)
    order = ordered(api)
    for changes in ({"name": "x"}, {"status": "New"}, {"status": "New"}, {"status": "Complete"}):
        api("PUT", f"/api/orders/{order['id']}", body=changes)
    told = api.get("/__emulator__/deliveries").json["deliveries"]
    assert [delivery["event"] for delivery in told] == ["order List", "order New"]
    assert {delivery["recordId"] for delivery in told} == {order["id"]}
