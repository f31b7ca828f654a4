from __future__ import annotations

from typing import Any

import pytest

UNKNOWN = "00000000-0000-4000-8000-000000000000"
PATH = "/api/customers"
SHOP = {"platform": "shopify", "id": "77", "storeName": "demo-store"}


def made(api: Any, **fields: Any) -> Any:
    answer = api("POST", PATH, body=fields)
    assert answer.status == 200, answer.body
    return answer.json


def test_a_customer_is_whole_and_can_be_read_with_both_tokens(api: Any) -> None:
    customer = made(api, name="Ada Example", platform=SHOP)
    assert (customer["name"], customer["email"], customer["metadata"]) == ("Ada Example", None, {})
    for token in ("public", "private"):
        assert api.get(f"{PATH}/{customer['id']}", token=token).json == customer
        assert api.get(PATH, token=token).json == {"customers": [customer]}
    assert api.get(f"{PATH}/{UNKNOWN}").code == "customer_not_found"


def test_customers_are_found_by_their_shop(api: Any) -> None:
    first, second = made(api, platform=SHOP), made(api, platform={**SHOP, "id": "78"})
    assert api.get(PATH, platform={"id": "78"}).json["customers"] == [second]
    assert api.get(PATH, platform={"platform": "shopify"}).json["customers"] == [first, second]
    assert api.get(PATH, platform="shopify").status == 422


def test_a_customer_is_changed_in_part(api: Any) -> None:
    customer = made(api, name="Ada Example", city="London", metadata={"a": 1})
    body = {"city": None, "email": "ada@example.com", "id": "x", "metadata": None}
    changed = api("PUT", f"{PATH}/{customer['id']}", body=body).json
    assert changed == {**customer, "city": None, "email": "ada@example.com", "metadata": {}}
    assert api("PUT", f"{PATH}/{UNKNOWN}", body={}).status == 404


def test_a_public_token_does_not_write_customers(api: Any) -> None:
    customer = made(api)
    assert api("POST", PATH, body={}, token="public").code == "forbidden"
    assert api("PUT", f"{PATH}/{customer['id']}", body={}, token="public").code == "forbidden"


@pytest.mark.parametrize("body", [{"name": 1}, {"platform": {"id": 1}}, {"metadata": "x"}, [], 1])
def test_a_bad_customer_is_refused(api: Any, body: Any) -> None:
    assert api("POST", PATH, body=body).status == 422
    assert api("POST", PATH, body={"orgId": UNKNOWN}).status == 403
