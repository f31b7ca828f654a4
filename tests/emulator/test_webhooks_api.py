from __future__ import annotations

from typing import Any

import pytest

UNKNOWN = "00000000-0000-4000-8000-000000000000"
PATH = "/api/webhooks"
BODY = {"topic": "t-1", "address": "https://hooks.example.com/a", "filter": {"status": ["success"]}}


def made(api: Any, **fields: Any) -> Any:
    answer = api("POST", PATH, body={**BODY, **fields})
    assert answer.status == 200, answer.body
    return answer.json["webhook"]


def listed(api: Any, **query: Any) -> Any:
    return api.get(PATH, **query).json["webhooks"]


def test_a_webhook_is_answered_wrapped(api: Any) -> None:
    hook = made(api)
    assert {name: hook[name] for name in BODY} == BODY
    assert (hook["orgId"], hook["updatedAt"], hook["deletedAt"]) == (api.server.org_id, None, None)
    assert api.get(f"{PATH}/{hook['id']}").json == {"webhook": hook}
    assert api.get(f"{PATH}/{UNKNOWN}").code == "webhook_not_found"


def test_webhooks_are_listed_by_topic_and_address(api: Any) -> None:
    first, second = made(api), made(api, topic="t-2", address="http://127.0.0.1:8080/b?c=d")
    assert listed(api, token="public") == [first, second]
    assert listed(api, topic="t-2") == listed(api, address=second["address"]) == [second]
    assert listed(api, topic="t") == []
    assert listed(api, perPage=1, page=2) == [second]


def test_only_the_address_must_be_given(api: Any) -> None:
    hook = api("POST", PATH, body={"address": BODY["address"]}).json["webhook"]
    assert (hook["topic"], hook["filter"]) == ("", {"status": []})


@pytest.mark.parametrize(
    "body",
    [
        {"topic": "t-1"},
        {**BODY, "address": None},
        {**BODY, "address": ""},
        {**BODY, "address": "hooks.example.com"},
        {**BODY, "address": "ftp://hooks.example.com"},
        {**BODY, "address": "http://"},
        {**BODY, "filter": ["success"]},
        {**BODY, "filter": {"status": "success"}},
        [],
    ],
)
def test_a_bad_webhook_is_refused(api: Any, body: Any) -> None:
    assert api("POST", PATH, body=body).status == 422
    assert listed(api) == []


def test_a_webhook_is_changed_in_part(api: Any) -> None:
    hook = made(api)
    path = f"{PATH}/{hook['id']}"
    changed = api("PUT", path, body={"filter": {"status": [], "type": ["import"]}}).json["webhook"]
    assert changed["filter"] == {"status": [], "type": ["import"]}
    assert (changed["topic"], changed["address"]) == (hook["topic"], hook["address"])
    assert changed["updatedAt"] > hook["createdAt"]
    assert api("PUT", path, body={"address": "x"}).status == 422


def test_a_deleted_webhook_leaves_the_list_and_comes_back(api: Any) -> None:
    hook = made(api)
    path = f"{PATH}/{hook['id']}"
    gone = api("DELETE", path).json["webhook"]
    assert gone["deletedAt"] is not None
    assert listed(api) == []
    assert api("DELETE", path).json == api.get(path).json == {"webhook": gone}
    assert api("POST", f"{path}/restore").json == {"webhook": hook}
    assert listed(api) == [hook]


@pytest.mark.parametrize(("method", "path"), [("PUT", ""), ("DELETE", ""), ("POST", "/restore")])
def test_writing_needs_a_known_webhook_and_a_private_token(
    api: Any, method: str, path: str
) -> None:
    hook = made(api)
    assert api(method, f"{PATH}/{UNKNOWN}{path}", body={}).status == 404
    assert api(method, f"{PATH}/{hook['id']}{path}", body={}, token="public").status == 403
    assert api("POST", PATH, body=BODY, token="public").status == 403
    assert api("POST", PATH, body={**BODY, "orgId": UNKNOWN}).status == 403
