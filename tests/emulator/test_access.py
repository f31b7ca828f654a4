from __future__ import annotations

from typing import Any

import pytest

UNKNOWN = "00000000-0000-4000-8000-000000000000"


def test_no_token_at_all_is_forbidden(api: Any) -> None:
    answer = api.get("/api/layers", token=None)
    assert (answer.status, answer.json) == (
        403,
        {"error": {"code": "forbidden", "message": "forbidden"}},
    )


def test_an_unknown_token_is_unauthorized(api: Any) -> None:
    answer = api.get("/api/layers", token=UNKNOWN)
    assert (answer.status, answer.json) == (
        401,
        {"error": {"code": "unauthorized", "message": "Unauthorized"}},
    )


@pytest.mark.parametrize("kind", ["private", "public"])
def test_both_kinds_of_token_are_taken_from_header_and_query(api: Any, kind: str) -> None:
    value = getattr(api.server, f"{kind}_token")
    assert api.get("/api/layers", token=kind).status == 200
    assert api.get("/api/layers", token=None, bearer_token=value).status == 200
    assert api.get("/api/layers", token=kind, bearer_token=value).status == 200


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 200),
        ({"Origin": "http://localhost:3000"}, 200),
        ({"Referer": "http://127.0.0.1/page"}, 200),
        ({"Origin": "https://elsewhere.example"}, 403),
        ({"Referer": "https://localhost.elsewhere.example/"}, 403),
    ],
)
def test_a_public_token_works_only_from_its_domains(
    api: Any, headers: dict[str, str], status: int
) -> None:
    assert api.get("/api/layers", token="public", headers=headers).status == status


def test_a_private_token_does_not_look_at_the_origin(api: Any) -> None:
    answer = api.get("/api/layers", headers={"Origin": "https://elsewhere.example"})
    assert answer.status == 200


def test_wildcard_domains_stand_for_sub_domains_only() -> None:
    from threekit_async.emulator.web.access import domain_allowed

    assert domain_allowed("https://shop.example.com", ["*.example.com"])
    assert not domain_allowed("https://badexample.com", ["*.example.com"])
    assert not domain_allowed("https://example.com", [])


def test_a_public_token_writes_layers_but_no_files(api: Any) -> None:
    created = api("POST", "/api/layers", token="public", body={"assetId": "a"})
    grouped = api("POST", "/api/layers/groups/jobId", token="public")
    upload = api("POST", "/api/files", token="public", data=b"")
    assert (created.status, grouped.status) == (200, 200)
    assert (upload.status, upload.code) == (403, "forbidden")


def test_file_contents_and_health_checks_need_no_token(api: Any) -> None:
    file = api.upload(b"open").json["files"][0]
    for path in (f"/api/files/{file['id']}/content", f"/api/files/hash/{file['hash']}"):
        assert api.get(path, token=None).body == b"open"
        assert api.get(path, token=UNKNOWN).status == 401
    assert api.get("/api/files/healthcheck", token=None).status == 200
    assert api.get("/api/assets/healthcheck", token=None).status == 200
    assert api.get(f"/api/files/{file['id']}", token=None).status == 403


@pytest.mark.parametrize("path", ["/api/layers", "/api/assets", "/api/layers/layer"])
def test_another_organisation_is_forbidden(demo: Any, path: str) -> None:
    answer = demo.get(path, orgId=UNKNOWN)
    assert (answer.status, answer.code) == (403, "forbidden")


def test_assets_ask_for_the_organisation(demo: Any) -> None:
    for path in ("/api/assets", "/api/assets/ALD"):
        answer = demo.get(path)
        assert (answer.status, answer.json["error"]) == (
            400,
            {"code": "orgid_required", "message": "orgId is required"},
        )


def test_the_lenient_emulator_takes_the_organisation_from_the_token(start: Any) -> None:
    answer = start(strict_org=False).get("/api/assets")
    assert (answer.status, answer.json["count"]) == (200, 0)


@pytest.mark.parametrize(("method", "path"), [("GET", "/api/nothing"), ("DELETE", "/api/layers")])
def test_an_unknown_route_answers_in_the_vendors_shape(api: Any, method: str, path: str) -> None:
    answer = api(method, path)
    assert (answer.status, answer.code) == (404, "not_found")
