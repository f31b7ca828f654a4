from __future__ import annotations

from typing import Any

import pytest


def listed(demo: Any, **query: Any) -> Any:
    answer = demo.get("/api/assets", orgId=demo.server.org_id, **query)
    assert answer.status == 200, answer.body
    return answer.json


def names(demo: Any, **query: Any) -> list[str]:
    return [asset["name"] for asset in listed(demo, all=True, **query)["assets"]]


def test_the_envelope_counts_all_matches(demo: Any) -> None:
    answer = listed(demo, perPage=2, page=2, type="item", sort="-name")
    assert [asset["name"] for asset in answer.pop("assets")] == ["Alder armchair"]
    assert answer == {"count": 3, "perPage": 2, "page": 2, "sort": "-name"}


def test_all_answers_everything_at_once(demo: Any) -> None:
    answer = listed(demo, all=True, perPage=1)
    assert len(answer["assets"]) == answer["count"] == answer["perPage"] > 12


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({"name": "Alder armchair"}, ["Alder armchair"]),
        ({"nameLike": "FLOOR lamp", "type": "item"}, ["Fjord floor lamp"]),
        ({"nameLike": "%"}, []),
        ({"tags": "armchair"}, ["Alder armchair"]),
        ({"tags": "arm"}, []),
        ({"keywords": "harbour"}, ["Harbour cabinet"]),
        ({"metadata": {"SKU": "FJO"}}, ["Fjord floor lamp"]),
        ({"metadata": {"SKU": "FJO", "renders": 1}}, []),
        ({"branch": "published", "nameLike": "cab"}, ["Harbour cabinet"]),
        ({"importedFileId": "none"}, []),
        ({"publicShare": True}, ["Alder armchair", "Fjord floor lamp", "Harbour cabinet"]),
    ],
)
def test_filters_keep_what_they_say(demo: Any, query: Any, expected: list[str]) -> None:
    assert names(demo, **query) == expected


def test_the_item_of_a_model_is_found_by_its_proxy(demo: Any) -> None:
    (model,) = listed(demo, type="model", nameLike="alder")["assets"]
    assert names(demo, proxyId=model["id"]) == ["Alder armchair"]


@pytest.mark.parametrize(
    "query",
    [
        {"perPage": 101},
        {"page": 0},
        {"sort": "name"},
        {"sort": "+metadata"},
        {"metadata": "{"},
        {"publicShare": "yes"},
        {"all": "1"},
    ],
)
def test_a_bad_query_is_refused_as_documented(demo: Any, query: Any) -> None:
    answer = demo.get("/api/assets", orgId=demo.server.org_id, **query)
    assert (answer.status, answer.json["error"]) == (
        422,
        {"code": "invalid_query_fields", "message": "One or more query parameters are invalid"},
    )


def test_an_asset_is_read_by_id_or_custom_id(demo: Any) -> None:
    by_code = demo.get("/api/assets/ALD", orgId=demo.server.org_id).json
    by_id = demo.get(f"/api/assets/{by_code['id']}", orgId=demo.server.org_id).json
    assert by_code == by_id
    assert by_id["parentFolderId"] == "catalog"


def test_an_unknown_or_malformed_asset_is_404(demo: Any) -> None:
    for asset_id in ("fail", demo.server.org_id):
        answer = demo.get(f"/api/assets/{asset_id}", orgId=demo.server.org_id)
        assert (answer.status, answer.json["error"]) == (
            404,
            {"code": "asset_not_found", "message": "Asset not found"},
        )
