"""Assets: the exact request of each method, and what is made of its answer."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from tests.services.exchanges import ORG_ID, Answer, Exchanging, Sent
from threekit_async import AsyncThreekit, DecodeError, NotFoundError, UnprocessableError, UsageError
from threekit_async.models.assets import Asset, AssetVariant, SharedVariantData
from threekit_async.models.attributes import StringAttribute
from threekit_async.models.products import Product, ProductEntry, ProductQuery
from threekit_async.models.values import AssetReference

Call = Callable[[AsyncThreekit], Awaitable[Any]]

ASSET = {"id": "a", "name": "Chair"}
MADE = Asset(id="a", name="Chair")
CHANGES: dict[str, Any] = {
    "name": "Chair",
    "description": None,
    "tags": ["a", "b"],
    "keywords": "c",
    "branch": "main",
    "public_share": True,
    "proxy_id": "p",
    "imported_file_id": "f",
    "parent_folder_id": "catalog",
    "published_at": datetime(2024, 5, 1, 10, tzinfo=UTC),
    "default_stage_id": "s",
    "default_composite_id": None,
}
CHANGED = {
    "name": "Chair",
    "description": None,
    "tags": "a,b",
    "keywords": "c",
    "branch": "main",
    "publicShare": True,
    "proxyId": "p",
    "importedFileId": "f",
    "parentFolderId": "catalog",
    "publishedAt": "2024-05-01T10:00:00.000Z",
    "defaultStageId": "s",
    "defaultCompositeId": None,
}
FILTERS: dict[str, Any] = {
    "name": "n",
    "name_like": "l",
    "type": "item",
    "branch": "main",
    "metadata": {"SKU": "1"},
    "proxy_id": "p",
    "imported_file_id": "f",
    "public_share": True,
}
FILTERED = {
    "name": "n",
    "nameLike": "l",
    "type": "item",
    "branch": "main",
    "metadata": '{"SKU":"1"}',
    "proxyId": "p",
    "importedFileId": "f",
    "publicShare": "true",
}
ENTRY = {
    "query": {"id": "a"},
    "product": {
        "name": "Chair",
        "asset": {"assetId": "m", "configuration": "", "type": "model"},
        "metadata": [{"type": "String", "name": "SKU", "defaultValue": "1"}],
    },
}
READ_ENTRY = ProductEntry(
    query=ProductQuery(id="a"),
    product=Product(
        name="Chair",
        asset=AssetReference(asset_id="m", configuration="", type="model"),
        metadata=[StringAttribute(name="SKU", default_value="1")],
    ),
)


@pytest.mark.parametrize(
    ("call", "sent", "answer", "read"),
    [
        (
            lambda tk: tk.assets.list(**FILTERS, tags="t", keywords="k", sort="-name").all(),
            Sent(
                "GET",
                "/api/assets",
                {**FILTERED, "tags": "t", "keywords": "k", "sort": "-name"}
                | {"perPage": "100", "page": "1"},
            ),
            {"assets": [ASSET], "count": 1},
            [MADE],
        ),
        (lambda tk: tk.assets.get("a/b"), Sent("GET", "/api/assets/a%2Fb", {}), ASSET, MADE),
        (
            lambda tk: tk.assets.tags(**FILTERS, keywords="k", parent_folder_id="d"),
            Sent("GET", "/api/assets/tags", {**FILTERED, "keywords": "k", "parentFolderId": "d"}),
            {"tags": ["a", "b"]},
            ["a", "b"],
        ),
        (
            lambda tk: tk.assets.keywords(**FILTERS, tags="t", parent_folder_id="d"),
            Sent("GET", "/api/assets/keywords", {**FILTERED, "tags": "t", "parentFolderId": "d"}),
            {"keywords": []},
            [],
        ),
        (
            lambda tk: tk.assets.update("a", **CHANGES),
            Sent("PUT", "/api/assets/a", {}, CHANGED),
            ASSET,
            MADE,
        ),
        (
            lambda tk: tk.assets.update("a", published_at="2024-05-01"),
            Sent("PUT", "/api/assets/a", {}, {"publishedAt": "2024-05-01"}),
            ASSET,
            MADE,
        ),
        (
            lambda tk: tk.assets.delete("a"),
            Sent("DELETE", "/api/assets/a", {}),
            {"message": "ok"},
            None,
        ),
        (
            lambda tk: tk.assets.restore("a"),
            Sent("POST", "/api/assets/a/restore", {}),
            {**ASSET, "deletedBy": None},
            MADE,
        ),
        (
            lambda tk: tk.assets.restore("a", **CHANGES),
            Sent("POST", "/api/assets/a/restore", {}, CHANGED),
            ASSET,
            MADE,
        ),
        (lambda tk: tk.assets.clone("a"), Sent("POST", "/api/assets/a/clone", {}), ASSET, MADE),
        (
            lambda tk: tk.assets.export("a"),
            Sent("GET", "/api/assets/export/a", {}),
            [ENTRY],
            [READ_ENTRY],
        ),
        (
            lambda tk: tk.assets.export("a"),
            Sent("GET", "/api/assets/export/a", {}),
            ENTRY,
            [READ_ENTRY],
        ),
        (
            lambda tk: tk.assets.translations(locale="de"),
            Sent("GET", "/api/assets/translations", {"locale": "de"}),
            {"Oak": "Eiche"},
            {"Oak": "Eiche"},
        ),
        (
            lambda tk: tk.assets.variants("a", per_page=10).all(),
            Sent("GET", "/api/assets/a/variants", {"perPage": "10", "page": "1"}),
            {"variants": [{"id": "v", "variant": {"Wood": {"assetId": "o"}}}], "shared_data": {}},
            [AssetVariant(id="v", variant={"Wood": AssetReference(asset_id="o")})],
        ),
        (
            lambda tk: tk.assets.variant_data("a"),
            Sent("GET", "/api/assets/a/variants", {"perPage": "1", "page": "1"}),
            {"variants": [], "shared_data": {"id": "s", "ready": True}},
            SharedVariantData(id="s", ready=True),
        ),
        (
            lambda tk: tk.assets.thumbnail("a"),
            Sent("GET", "/api/assets/thumbnail/a", {"failOnEmpty": "true"}),
            Answer(b"png", content_type="image/png"),
            b"png",
        ),
        (
            lambda tk: tk.assets.thumbnail("a", fail_on_empty=False),
            Sent("GET", "/api/assets/thumbnail/a", {}),
            Answer(b"png", content_type="image/png"),
            b"png",
        ),
        (
            lambda tk: tk.assets.thumbnail("a", size=1024),
            Sent("GET", "/api/assets/a/thumbnail", {"size": "1024"}),
            Answer(b"png", content_type="image/png"),
            b"png",
        ),
        (
            lambda tk: tk.assets.healthcheck(),
            Sent("GET", "/api/assets/healthcheck", {}),
            Answer(b"", content_type="text/plain"),
            None,
        ),
    ],
)
async def test_each_call_is_sent_and_read_as_the_vendor_has_it(
    exchanging: Exchanging, call: Call, sent: Sent, answer: Any, read: Any
) -> None:
    async with exchanging(answer) as (tk, seen):
        assert await call(tk) == read
    assert seen == [sent]


async def test_tags_given_as_one_string_are_one_tag(exchanging: Exchanging) -> None:
    async with exchanging({**ASSET, "tags": "chair", "keywords": ["a"]}) as (tk, _):
        asset = await tk.assets.get("a")
    assert (asset.tags, asset.keywords) == (["chair"], ["a"])


async def test_a_tag_with_a_comma_is_not_sent(exchanging: Exchanging) -> None:
    async with exchanging(ASSET) as (tk, seen):
        with pytest.raises(UsageError, match="comma"):
            await tk.assets.update("a", tags=["a,b"])
    assert seen == []


@pytest.mark.parametrize(
    ("call", "status", "code", "kind"),
    [
        (lambda tk: tk.assets.update("a", name="n"), 404, "asset_not_found", NotFoundError),
        (
            lambda tk: tk.assets.update("a", name="n"),
            422,
            "update_asset_error",
            UnprocessableError,
        ),
        (lambda tk: tk.assets.clone("a"), 404, "asset_not_found", NotFoundError),
        (lambda tk: tk.assets.restore("a"), 422, "restore_asset_error", UnprocessableError),
    ],
)
async def test_refusals_carry_the_vendors_code(
    exchanging: Exchanging, call: Call, status: int, code: str, kind: type[NotFoundError]
) -> None:
    answer = Answer({"error": {"code": code, "message": "No"}}, status=status)
    async with exchanging(answer) as (tk, _):
        with pytest.raises(kind) as refusal:
            await call(tk)
    assert refusal.value.code == code


async def test_an_asset_is_created_with_an_id_and_a_maker_of_ones_own(
    exchanging: Exchanging,
) -> None:
    given: dict[str, Any] = {"name": "Chair", "type": "item", "id": "a", "created_by": "u"}
    async with exchanging(ASSET) as (tk, seen):
        assert await tk.assets.create(**given) == MADE
    written = {"name": "Chair", "type": "item", "id": "a", "createdBy": "u", "orgId": ORG_ID}
    assert seen == [Sent("POST", "/api/assets", {}, written)]


async def test_a_text_without_translation_is_left_out_and_one_that_is_no_text_is_an_error(
    exchanging: Exchanging,
) -> None:
    async with exchanging({"Size": "Größe", "Oak": None}, {"Size": ["Größe"]}) as (tk, _):
        assert await tk.assets.translations(locale="de") == {"Size": "Größe"}
        with pytest.raises(DecodeError, match="Size is an array"):
            await tk.assets.translations(locale="de")


async def test_variants_without_shared_data_say_so(exchanging: Exchanging) -> None:
    async with exchanging({"variants": []}) as (tk, _):
        with pytest.raises(DecodeError, match="id is missing"):
            await tk.assets.variant_data("a")


async def test_an_html_page_is_no_thumbnail(exchanging: Exchanging) -> None:
    page = Answer(b"<!doctype html><p>Sign in", content_type="text/html")
    async with exchanging(page) as (tk, _):
        with pytest.raises(DecodeError, match="HTML page"):
            await tk.assets.thumbnail("a")
