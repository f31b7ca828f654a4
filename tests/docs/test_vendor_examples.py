"""Every example request and answer on the vendor's pages: sent by a call, read without loss.

The examples stand in vendor_examples.json, as the vendor's Layers and Assets API pages give them.
The page on imports and exports of items shows two requests and no answers: they are below.
"""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from threekit_async import AsyncThreekit, Page, PublicToken, Secret, StatusError
from threekit_async.models.base import converter
from threekit_async.models.fields import camel

EXAMPLES: list[dict[str, Any]] = json.loads(
    Path(__file__).with_name("vendor_examples.json").read_text()
)
ORG_ID = "d92e91dc-6668-4730-86f2-f3e9000b58a2"
# The vendor writes words such as "Created Time" where a date belongs.
TOKEN = Secret("access-token")
SOME_DATE = "2020-03-20T14:45:08.437Z"


class Recorder:
    """Answers whatever it is told to, and keeps what it was asked."""

    def __init__(self) -> None:
        self.status = 200
        self.body: Any = {}
        self.asked: list[tuple[str, str, Mapping[str, str], Any, str | None]] = []
        self.url = ""

    async def answer(self, request: web.Request) -> web.Response:
        sent = await request.text()
        body = json.loads(sent) if request.content_type == "application/json" and sent else None
        token = request.headers.get("Authorization")
        self.asked.append((request.method, request.path, request.query, body, token))
        return web.json_response(self.body, status=self.status)


@pytest.fixture
async def recorder() -> AsyncIterator[Recorder]:
    recorder = Recorder()
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", recorder.answer)
    async with TestServer(app) as server:
        recorder.url = str(server.make_url("/"))
        yield recorder


# The vendor's samples call an id "string".
ID = "string"
GROUPS = "/api/layers/groups/string"
CALLS: dict[str, Callable[[AsyncThreekit, Any], Awaitable[Any]]] = {
    "layers.list": lambda tk, _: tk.layers.list().first(),
    "layers.create": lambda tk, body: tk.layers.create(**_arguments(body, without={"orgId"})),
    "layers.get": lambda tk, _: tk.layers.get(ID),
    "layers.find": lambda tk, _: tk.layers.find(),
    "layers.groups": lambda tk, _: tk.layers.groups("jobId").first(),
    "assets.list": lambda tk, _: tk.assets.list().first(),
    "assets.get": lambda tk, _: tk.assets.get(ID),
    "assets.update": lambda tk, body: tk.assets.update(ID, **_arguments(body)),
    "assets.delete": lambda tk, _: tk.assets.delete(ID),
    "assets.tags": lambda tk, _: tk.assets.tags(),
    "assets.keywords": lambda tk, _: tk.assets.keywords(),
    "assets.clone": lambda tk, _: tk.assets.clone(ID),
    "assets.restore": lambda tk, body: tk.assets.restore(ID, **_arguments(body)),
}


def _arguments(body: Mapping[str, Any], *, without: set[str] = frozenset()) -> dict[str, Any]:  # type: ignore[assignment]
    return {_snake(key): value for key, value in body.items() if key not in without}


def _snake(name: str) -> str:
    return "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in name)


def _client(
    recorder: Recorder, org_id: str | None, token: Secret | PublicToken = TOKEN
) -> AsyncThreekit:
    return AsyncThreekit(token=token, org_id=org_id, host=recorder.url)


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: example["call"])
async def test_the_request_of_an_example_is_what_a_call_sends(
    recorder: Recorder, example: dict[str, Any]
) -> None:
    recorder.body = _dated(example["answers"][0]["body"])
    org_id = example["org_id"] or (example["body"] or {}).get("orgId")
    async with _client(recorder, org_id) as tk:
        await CALLS[example["call"]](tk, example["body"])
    [(verb, path, query, body, token)] = recorder.asked
    wanted_verb, wanted_path = example["endpoint"].split()
    # Two samples leave the id out of the path, and one groups by "string".
    wanted_path = {"/api/assets/": f"/api/assets/{ID}", GROUPS: "/api/layers/groups/jobId"}.get(
        wanted_path, wanted_path
    )
    assert (verb, path) == (wanted_verb, wanted_path)
    # A listing always says which page it wants; the organisation is sent whenever it is known.
    assert {name: query[name] for name in query if name not in ("page", "perPage")} == (
        {"orgId": org_id} if org_id else {}
    )
    assert body == example["body"]
    assert token == "Bearer access-token"


# One value for each parameter the vendor's endpoint lines name.
TEXTS: dict[str, Any] = dict.fromkeys(
    (
        *("asset_id", "asset_layer", "stage_id", "job_id", "branch", "name", "name_like", "type"),
        *("imported_file_id", "tags", "keywords", "proxy_id", "parent_folder_id"),
    ),
    "text",
)
OBJECTS = {
    name: {"a": "b"} for name in ("asset_layer_configuration", "stage_configuration", "metadata")
}
ALL: dict[str, Any] = {**TEXTS, **OBJECTS, "id": "text", "public_share": True, "sort": "+createdAt"}
LOOKUP: dict[str, Any] = {**OBJECTS, "optimization": {"format": "webp"}}
FULL_CALLS: dict[str, Callable[[AsyncThreekit, dict[str, Any]], Awaitable[Any]]] = {
    "layers.list": lambda tk, given: tk.layers.list(**given).first(),
    "layers.create": lambda tk, _: tk.layers.create(asset_id=ID),
    "layers.get": lambda tk, _: tk.layers.content(ID),
    "layers.find": lambda tk, _: tk.layers.find_content(**LOOKUP),
    "layers.groups": lambda tk, given: tk.layers.groups("jobId", **given).first(),
    "assets.list": lambda tk, given: tk.assets.list(**given).first(),
    "assets.get": lambda tk, _: tk.assets.get(ID),
    "assets.update": lambda tk, _: tk.assets.update(ID, name="text"),
    "assets.delete": lambda tk, _: tk.assets.delete(ID),
    "assets.tags": lambda tk, given: tk.assets.tags(**given),
    "assets.keywords": lambda tk, given: tk.assets.keywords(**given),
    "assets.clone": lambda tk, _: tk.assets.clone(ID),
    "assets.restore": lambda tk, _: tk.assets.restore(ID),
}


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: example["call"])
async def test_every_parameter_of_an_endpoint_line_can_be_sent(
    recorder: Recorder, example: dict[str, Any]
) -> None:
    """The vendor's line names each parameter, the public token among them."""
    recorder.body = _dated(example["answers"][0]["body"])
    wanted = set(example["query"])
    given = {name: value for name, value in ALL.items() if camel(name) in wanted}
    async with _client(recorder, ORG_ID, PublicToken("public-token")) as tk:
        await FULL_CALLS[example["call"]](tk, given)
    [(_, _, query, _, _)] = recorder.asked
    assert query["bearer_token"] == "public-token"
    # The organisation is sent whenever it is known, also where the line does not name it.
    assert {*query, "orgId"} == {*wanted, "orgId"}
    texts = {name: query[camel(name)] for name, value in given.items() if isinstance(value, str)}
    assert texts == {name: given[name] for name in texts}


async def test_the_body_that_has_no_endpoint_can_be_sent(recorder: Recorder) -> None:
    """The Assets API page describes a createBody, and no call that takes it."""
    words = ("name", "type", "createdBy", "id", "description", "tags", "keywords", "branch")
    body = dict.fromkeys((*words, "proxyId", "importedFileId", "orgId"), "string")
    recorder.body = {"id": "string", "name": "string"}
    sent = {**body, "metadata": {}, "publicShare": True}
    async with _client(recorder, "string") as tk:
        await tk.assets.create(**_arguments(sent, without={"orgId"}))
    assert recorder.asked[0][3] == sent


ANSWERS = [
    pytest.param(example, answer, id=f"{example['call']} {answer['status']}")
    for example in EXAMPLES
    for answer in example["answers"]
]


@pytest.mark.parametrize(("example", "answer"), ANSWERS)
async def test_the_answer_of_an_example_is_read_and_nothing_is_lost(
    recorder: Recorder, example: dict[str, Any], answer: dict[str, Any]
) -> None:
    recorder.status, recorder.body = answer["status"], _dated(answer["body"])
    body = {**(example["body"] or {})} or None
    async with _client(recorder, ORG_ID) as tk:
        call = CALLS[example["call"]](tk, body)
        if answer["status"] == 200:
            _assert_whole(await call, recorder.body)
        elif answer["body"]["error"]["code"] == "find_layer_error" and "find" in example["call"]:
            assert await call is None
        else:
            with pytest.raises(StatusError) as caught:
                await call
            error = answer["body"]["error"]
            assert (caught.value.status, caught.value.code, caught.value.message) == (
                answer["status"],
                error["code"],
                error["message"],
            )


def _assert_whole(value: Any, body: Any) -> None:
    """Every field of the answer is a named field of the record, with the same value."""
    if isinstance(value, Page):
        [rows] = [rows for rows in body.values() if isinstance(rows, list)]
        for name, wire in (("page", "page"), ("per_page", "perPage"), ("count", "count")):
            assert getattr(value, name) == body.get(wire)
        for record, row in zip(value.items, rows, strict=True):
            _assert_whole(record, row)
    elif isinstance(value, list):
        assert [value] == list(body.values())
    elif value is None:
        assert body == {"message": "ok"}
    else:
        assert value.extra == {}
        written = converter().unstructure(value)
        assert {key: written.get(key) for key in body} == body


def _dated(body: Any) -> Any:
    """Put a date where the vendor's example has words in its place."""
    if isinstance(body, list):
        return [_dated(item) for item in body]
    if not isinstance(body, dict):
        return body
    return {
        key: SOME_DATE if key.endswith("At") and isinstance(value, str) else _dated(value)
        for key, value in body.items()
    }


async def test_items_are_imported_and_exported_where_integrations_do(recorder: Recorder) -> None:
    """The vendor's page prints both paths without `/api`; its clients call them with it."""
    entries = [{"query": {"id": "1"}, "product": {"name": "Oak chair", "type": "item"}}]
    recorder.body = []
    async with _client(recorder, ORG_ID) as tk:
        await tk.products.export(tags="chair", keywords="oak")
        recorder.body = {"products": []}
        await tk.products.import_(entries, send_as="json")
    (verb, path, query, _, _), (import_verb, import_path, import_query, body, _) = recorder.asked
    assert (verb, path) == ("GET", "/api/products/export/json")
    assert dict(query) == {"orgId": ORG_ID, "tags": "chair", "keywords": "oak"}
    assert (import_verb, import_path, import_query["orgId"]) == (
        "POST",
        "/api/products/import",
        ORG_ID,
    )
    assert body == entries
