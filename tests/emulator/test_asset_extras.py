"""Tags, keywords, translations, variants and thumbnails of assets."""

from __future__ import annotations

import io
from typing import Any

import pytest
from PIL import Image

UNKNOWN = "00000000-0000-4000-8000-000000000000"


def get(api: Any, path: str, **query: Any) -> Any:
    return api.get(f"/api/assets{path}", orgId=api.server.org_id, **query)


@pytest.mark.parametrize(
    ("path", "query", "expected"),
    [
        ("tags", {"type": "item"}, ["armchair", "cabinet", "furniture", "lamp"]),
        ("tags", {"keywords": "harbour"}, ["cabinet", "furniture"]),
        ("tags", {"metadata": {"SKU": "FJO"}}, ["furniture", "lamp"]),
        ("tags", {"parentFolderId": "catalog", "nameLike": "studio"}, ["studio"]),
        ("tags", {"tags": "armchair", "name": "Fjord floor lamp"}, ["furniture", "lamp"]),
        ("keywords", {"tags": "armchair"}, ["alder", "armchair", "configurable"]),
        ("keywords", {"tags": "nothing"}, []),
    ],
)
def test_names_of_the_assets_that_match_come_once_each(
    demo: Any, path: str, query: Any, expected: list[str]
) -> None:
    assert get(demo, f"/{path}", **query).json == {path: expected}


def test_several_tags_must_all_be_there(demo: Any) -> None:
    found = get(demo, "", tags="furniture,lamp").json
    assert [asset["name"] for asset in found["assets"]] == ["Fjord floor lamp"]


@pytest.mark.parametrize("path", ["/tags", "/keywords"])
def test_a_bad_filter_of_names_is_refused(demo: Any, path: str) -> None:
    assert get(demo, path, publicShare="yes").status == 422


def test_translations_are_a_map_and_empty_for_an_unknown_language(demo: Any) -> None:
    assert get(demo, "/translations", locale="de").json["Size"] == "Größe"
    assert get(demo, "/translations", locale="xx").json == {}
    assert get(demo, "/translations").json == {}


def test_variants_are_paged_and_share_their_attributes(demo: Any) -> None:
    first = get(demo, "/ALD/variants", perPage=100).json
    last = get(demo, "/ALD/variants", perPage=100, page=5).json
    assert (first["count"], len(first["variants"]), len(last["variants"])) == (450, 100, 50)
    variant, shared = first["variants"][0], first["shared_data"]
    assert sorted(variant["variant"]) == shared["variantAttributes"]
    assert variant["sharedDataId"] == shared["id"]
    assert (shared["ready"], variant["assetId"]) == (True, shared["assetId"])
    seen = {str(row["variant"]) for row in (*first["variants"], *last["variants"])}
    assert len(seen) == 150


def test_an_asset_that_was_never_rendered_has_no_variants(demo: Any) -> None:
    (model, *_) = get(demo, "", type="model").json["assets"]
    answer = get(demo, f"/{model['id']}/variants").json
    assert (answer["variants"], answer["shared_data"]["ready"]) == ([], False)
    assert get(demo, f"/{UNKNOWN}/variants").status == 404


@pytest.mark.parametrize("path", ["/thumbnail/{}", "/{}/thumbnail"])
def test_a_thumbnail_is_the_latest_picture(demo: Any, path: str) -> None:
    asset = get(demo, "/ALD").json
    latest = demo.layers(assetId=asset["id"], sort="-createdAt", perPage=2)
    pictures = [demo.get(f"/api/files/{layer['fileId']}/content").body for layer in latest]
    answer = get(demo, path.format("ALD"), token="public")
    assert answer.body in pictures
    assert answer.headers["Content-Type"] == "image/png"


def test_a_thumbnail_has_the_width_asked_for(start: Any) -> None:
    own = start(seed="demo")
    with Image.open(io.BytesIO(get(own, "/ALD/thumbnail", size=100).body)) as picture:
        assert picture.size == (100, 100)
    asset = get(own, "/ALD").json
    file = own.upload(b"no picture").json["files"][0]
    own.create(assetId=asset["id"], fileId=file["id"], format="png")
    assert get(own, "/ALD/thumbnail", size=100).body == b"no picture"


def test_without_a_picture_there_is_a_placeholder_or_an_error(demo: Any) -> None:
    (model, *_) = get(demo, "", type="model").json["assets"]
    drawn = get(demo, f"/{model['id']}/thumbnail", size=32)
    with Image.open(io.BytesIO(drawn.body)) as picture:
        assert (picture.format, picture.size) == ("PNG", (32, 32))
    failed = get(demo, f"/thumbnail/{model['id']}", failOnEmpty=True)
    assert (failed.status, failed.code) == (404, "thumbnail_not_found")
    assert get(demo, "/thumbnail/nothing").code == "asset_not_found"
    for size in ("0", "5000", "big"):
        assert get(demo, f"/{model['id']}/thumbnail", size=size).status == 422
