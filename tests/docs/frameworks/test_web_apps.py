"""The examples of web applications, each served as its framework would serve it."""

from __future__ import annotations

import asyncio
import io
from typing import Any

import aiohttp
import pytest
from PIL import Image

from tests.docs.frameworks.goods import BLUE, CHAIR, LAMP, RED
from tests.docs.frameworks.serving import (
    EXAMPLES,
    all_closed,
    child_with,
    loaded,
    open_connections,
    served,
    with_uvicorn,
)
from threekit_async import AsyncThreekit
from threekit_async.emulator import EmulatorThread

APPS = [path.stem for path in sorted(EXAMPLES.glob("*_app.py"))] + ["django_asgi", "django_wsgi"]
NOBODY = "11111111-1111-4111-8111-111111111111"

every_app = pytest.mark.parametrize("name", APPS)


async def asked(web: aiohttp.ClientSession, url: str) -> tuple[int, Any]:
    async with web.get(url) as answer:
        is_json = answer.content_type == "application/json"
        return answer.status, await answer.json() if is_json else await answer.read()


@every_app
async def test_all_requests_share_one_client_that_is_closed_with_the_application(
    name: str, shop: EmulatorThread, web: aiohttp.ClientSession
) -> None:
    async with served(name) as url:
        for layer_id in [RED, BLUE, RED, BLUE]:
            status, layer = await asked(web, f"{url}/layers/{layer_id}")
            assert (status, layer["id"], layer["branch"]) == (200, layer_id, "published")
        assert len(shop.requests) == 4
        assert open_connections(shop) == 1
    await all_closed(shop)


@every_app
async def test_many_are_served_at_the_same_time(
    name: str, shop: EmulatorThread, web: aiohttp.ClientSession
) -> None:
    shop.faults.add(effect="delay", seconds=1, path="/api/layers")
    async with served(name) as url:
        found = await asyncio.gather(*(asked(web, f"{url}/assets/{CHAIR}/image") for _ in range(8)))
    assert {status for status, _ in found} == {200}
    assert {Image.open(io.BytesIO(picture)).format for _, picture in found} == {"WEBP"}
    assert shop.peak_in_flight() > 1


@every_app
async def test_a_list_has_a_limit(
    name: str, shop: EmulatorThread, web: aiohttp.ClientSession
) -> None:
    async with served(name) as url:
        layers = f"{url}/assets/{CHAIR}/layers"
        status, both = await asked(web, layers)
        assert (status, {layer["id"] for layer in both}) == (200, {RED, BLUE})
        status, one = await asked(web, f"{layers}?limit=1")
        assert (status, len(one)) == (200, 1)
        assert len(shop.requests) == 2
        assert (await asked(web, f"{layers}?limit=0"))[0] in {400, 422}
        assert (await asked(web, f"{layers}?limit=many"))[0] in {400, 422}
        assert len(shop.requests) == 2


@every_app
async def test_what_threekit_refuses_becomes_an_answer_a_caller_can_act_on(
    name: str, shop: EmulatorThread, web: aiohttp.ClientSession
) -> None:
    async with served(name) as url:
        assert (await asked(web, f"{url}/layers/{NOBODY}"))[0] == 404
        assert (await asked(web, f"{url}/layers/nonsense"))[0] in {404, 422}
        assert (await asked(web, f"{url}/assets/{LAMP}/image"))[0] == 404
        shop.faults.add(effect="status", status=403, times=1)
        assert (await asked(web, f"{url}/layers/{RED}"))[0] == 502
        assert (await asked(web, f"{url}/layers/{RED}"))[0] == 200
        shop.faults.add(effect="status", status=429, retry_after="30", times=1)
        async with web.get(f"{url}/layers/{RED}") as answer:
            assert (answer.status, answer.headers["Retry-After"]) == (503, "30")


async def test_each_forked_worker_of_django_has_a_client_of_its_own(
    shop: EmulatorThread, web: aiohttp.ClientSession
) -> None:
    async with child_with("django_wsgi", workers=2) as urls:
        for url in [*urls, *urls]:
            assert (await asked(web, f"{url}/layers/{RED}"))[0] == 200
        assert open_connections(shop) == 2
    await all_closed(shop)


async def test_a_test_of_a_fastapi_application_hands_out_a_client_of_its_own(
    server: EmulatorThread, web: aiohttp.ClientSession
) -> None:
    server.seed(layers=[{"id": RED, "branch": "unpublished"}])
    module = loaded("fastapi_app")
    tk = AsyncThreekit(token=server.private_token, org_id=server.org_id, host=server.url)
    module.app.dependency_overrides[module.threekit] = lambda: tk
    async with tk, with_uvicorn(module.app, lifespan="off") as url:
        status, layer = await asked(web, f"{url}/layers/{RED}")
    assert (status, layer["branch"]) == (200, "unpublished")
