"""Configurations: the exact request of each method, and what is made of its answer."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from tests.services.exchanges import ORG_ID, Answer, Exchanging, Part, Sent
from threekit_async import AsyncThreekit, DecodeError, UsageError
from threekit_async.models.configurations import SavedConfiguration
from threekit_async.models.values import AssetReference, Colour
from threekit_async.transfer.upload import Upload

Call = Callable[[AsyncThreekit], Awaitable[Any]]

SAVED = {
    "id": "c",
    "shortId": "q3Zk8_aB",
    "productId": "p",
    "variant": {
        "Fabric": {"assetId": "m", "configuration": ""},
        "Colour": {"r": 1, "g": 0.5, "b": 0},
        "Size": 3,
    },
    "metadata": {"nested": {"a": 1}},
    "thumbnail": "sha256-1",
    "attachments": {"front": "f"},
    "createdAt": "2024-05-01T10:00:00.000Z",
    "new": True,
}
READ = SavedConfiguration(
    id="c",
    short_id="q3Zk8_aB",
    product_id="p",
    variant={
        "Fabric": AssetReference(asset_id="m", configuration=""),
        "Colour": Colour(r=1.0, g=0.5, b=0.0),
        "Size": 3,
    },
    metadata={"nested": {"a": 1}},
    thumbnail="sha256-1",
    attachments={"front": "f"},
    created_at=datetime(2024, 5, 1, 10, tzinfo=UTC),
    extra={"new": True},
)
PNG = Answer(b"\x89PNG", content_type="image/png")


@pytest.mark.parametrize(
    ("call", "sent", "answer", "read"),
    [
        (
            lambda tk: tk.configurations.create("p"),
            Sent(
                "POST",
                "/api/configurations",
                {},
                {"productId": "p", "productVersion": "v1", "orgId": ORG_ID},
            ),
            {"id": "c"},
            SavedConfiguration(id="c"),
        ),
        (
            lambda tk: tk.configurations.create(
                "p",
                product_version="2",
                variant=READ.variant,
                metadata={"nested": {"a": 1}},
                scene_graph_state="g",
                short_id="abcdefg",
                customer_id="u",
                session_id="s",
                creator="shop",
            ),
            Sent(
                "POST",
                "/api/configurations",
                {},
                {
                    "productId": "p",
                    "productVersion": "2",
                    "variant": {
                        "Fabric": {"assetId": "m", "configuration": ""},
                        "Colour": {"r": 1.0, "g": 0.5, "b": 0.0},
                        "Size": 3,
                    },
                    "metadata": {"nested": {"a": 1}},
                    "sceneGraphState": "g",
                    "shortId": "abcdefg",
                    "customerId": "u",
                    "sessionId": "s",
                    "creator": "shop",
                    "orgId": ORG_ID,
                },
            ),
            SAVED,
            READ,
        ),
        (
            lambda tk: tk.configurations.list(
                product_id="p",
                product_version="v1",
                short_id="q3Zk8_aB",
                sku="S",
                metadata={"a": 1},
                full_configuration=True,
                sort="-created_at",
                per_page=10,
            ).all(),
            Sent(
                "GET",
                "/api/configurations",
                {
                    "productId": "p",
                    "productVersion": "v1",
                    "shortId": "q3Zk8_aB",
                    "sku": "S",
                    "metadata": '{"a":1}',
                    "fullConfiguration": "true",
                    "sort": "-createdAt",
                    "perPage": "10",
                    "page": "1",
                },
            ),
            {"page": 1, "perPage": 10, "count": 1, "configurations": [SAVED]},
            [READ],
        ),
        (
            lambda tk: tk.configurations.get("q3Zk8_aB"),
            Sent("GET", "/api/configurations/q3Zk8_aB", {}),
            {"id": "c", "variant": None, "attachments": {}},
            SavedConfiguration(id="c", attachments={}),
        ),
        (
            lambda tk: tk.configurations.attachment("c", "front side"),
            Sent("GET", "/api/configurations/c/files/front%20side", {}),
            PNG,
            b"\x89PNG",
        ),
        (
            lambda tk: tk.configurations.thumbnail("c"),
            Sent("GET", "/api/configurations/c/thumbnail", {}),
            PNG,
            b"\x89PNG",
        ),
        (
            lambda tk: tk.configurations.update("c", metadata={"a": 1}, customer_id=None),
            Sent("PUT", "/api/configurations/c", {}, {"metadata": {"a": 1}, "customerId": None}),
            {"id": "c"},
            SavedConfiguration(id="c"),
        ),
        (
            lambda tk: tk.configurations.delete("c"),
            Sent("DELETE", "/api/configurations/c", {}),
            {"message": "ok"},
            None,
        ),
        (
            lambda tk: tk.configurations.healthcheck(),
            Sent("GET", "/api/configurations/healthcheck", {}),
            "up",
            None,
        ),
    ],
)
async def test_each_method_asks_exactly_this_and_reads_the_answer(
    exchanging: Exchanging, call: Call, sent: Sent, answer: Any, read: Any
) -> None:
    async with exchanging(answer) as (tk, seen):
        assert await call(tk) == read
    assert seen == [sent]


async def test_files_make_the_body_a_form_with_objects_as_json(
    exchanging: Exchanging, tmp_path: Path
) -> None:
    front = tmp_path / "front.png"
    front.write_bytes(b"front")

    async def rendered() -> AsyncIterator[bytes]:
        yield b"ba"
        yield b"ck"

    async with exchanging(SAVED) as (tk, seen):
        saved = await tk.configurations.create(
            "p",
            variant={"Fabric": AssetReference(asset_id="m")},
            metadata={"note": "ö"},
            files=[front, Upload(rendered(), filename="back.png")],
            attachments={"front": "front.png", "back": "back.png"},
        )
    assert saved == READ
    [sent] = seen
    assert sorted(sent.body, key=str) == sorted(
        [
            Part("productId", b"p"),
            Part("productVersion", b"v1"),
            Part("variant", b'{"Fabric":{"assetId":"m"}}'),
            Part("metadata", '{"note":"ö"}'.encode()),
            Part("orgId", ORG_ID.encode()),
            Part("attachments", b'{"front":"front.png","back":"back.png"}'),
            Part("files", b"front", "front.png", "image/png"),
            Part("files", b"back", "back.png", "image/png"),
        ],
        key=str,
    )


async def test_a_single_file_needs_no_attachments(exchanging: Exchanging) -> None:
    async with exchanging({"id": "c"}) as (tk, seen):
        await tk.configurations.create("p", files=[Upload(b"png", filename="shot.png")])
    assert [part.name for part in seen[0].body] == [
        "productId",
        "productVersion",
        "orgId",
        "files",
    ]


def named(*names: str) -> list[Upload]:
    return [Upload(b"x", filename=name) for name in names]


@pytest.mark.parametrize(
    ("files", "attachments", "says"),
    [
        (named("a", "b"), None, "attachments= does not name 'a'"),
        (named("a", "b"), {"x": "a"}, "attachments= does not name 'b'"),
        (named("a"), {"x": "b"}, "No file is called 'b'"),
        ([], {"x": "b"}, "No file is called 'b'"),
        (named("a", "a"), {"x": "a"}, "Two files are called 'a'"),
        ([b"x"], None, "Pass filename="),
        ("shot.png", None, "a list, even for a single one"),
    ],
)
async def test_files_and_attachments_that_do_not_fit_are_refused_before_sending(
    exchanging: Exchanging, files: Any, attachments: Any, says: str
) -> None:
    async with exchanging({}) as (tk, seen):
        with pytest.raises(UsageError, match=says):
            await tk.configurations.create("p", files=files, attachments=attachments)
        assert seen == []


async def test_an_update_of_nothing_is_not_sent(exchanging: Exchanging) -> None:
    async with exchanging({}) as (tk, seen):
        with pytest.raises(UsageError, match="product_version=, variant=, metadata=, customer_id="):
            await tk.configurations.update("c")
        assert seen == []


async def test_a_page_of_somebody_else_is_no_thumbnail(exchanging: Exchanging) -> None:
    page = Answer(b"<!doctype html><title>Sign in</title>", content_type="text/html")
    async with exchanging(page) as (tk, _):
        with pytest.raises(DecodeError, match="HTML page"):
            await tk.configurations.thumbnail("c")
