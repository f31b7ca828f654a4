"""The table of coverage is true, and every service is laid out the same way."""

from __future__ import annotations

from functools import cached_property

import pytest

from tests.docs import coverage, sources
from threekit_async import AsyncThreekit
from threekit_async.emulator.app import all_routes

SERVICES = sorted(
    name for name, value in vars(AsyncThreekit).items() if isinstance(value, cached_property)
)


@pytest.mark.parametrize("name", SERVICES)
def test_a_service_is_one_module_of_each_kind(name: str) -> None:
    folders = ("services", "models", "emulator/routes", "sync/services")
    missing = [
        folder for folder in folders if not (sources.PACKAGE / folder / f"{name}.py").exists()
    ]
    assert missing == []


def test_every_route_belongs_to_a_service() -> None:
    assert sorted({route.service for route in all_routes()}) == SERVICES


def test_every_endpoint_has_a_method_and_every_method_a_test() -> None:
    assert coverage.gaps(coverage.rows()) == []


def test_the_page_is_fresh() -> None:
    assert coverage.TARGET.read_text() == coverage.text(coverage.rows()), "run `make generate`"


@pytest.mark.parametrize(
    ("confidence", "paths"),
    [
        ("documented", {"/api/layers/groups/{groupBy}", "/api/assets/{assetId}/restore"}),
        ("seen in client", {"/api/jobs/runs", "/api/asset-jobs/renders"}),
        ("inferred", {"/api/asset-jobs/{assetId}/render/vray/image", "/api/assets"}),
    ],
)
def test_the_table_says_how_sure_we_are(confidence: str, paths: set[str]) -> None:
    assert paths <= {route.path for route in all_routes() if route.confidence == confidence}
