"""Layers and pictures through aiohttp.web: one client, opened and closed with the application.

Run it with `python aiohttp_app.py`; `THREEKIT_TOKEN` and `THREEKIT_ORG_ID` are in the environment.
"""

import logging
import math
from collections.abc import AsyncGenerator
from typing import Any

from aiohttp import web
from aiohttp.typedefs import Handler

from threekit_async import (
    AsyncThreekit,
    Layer,
    NotFoundError,
    RateLimitError,
    ThreekitError,
    UnprocessableError,
)

THREEKIT = web.AppKey("threekit", AsyncThreekit)
logger = logging.getLogger(__name__)


async def threekit(app: web.Application) -> AsyncGenerator[None]:
    async with AsyncThreekit.from_env(deadline=10) as app[THREEKIT]:
        yield


def shown(layer: Layer) -> dict[str, Any]:
    return {"id": layer.id, "asset_id": layer.asset_id, "branch": layer.branch}


async def layer(request: web.Request) -> web.Response:
    found = await request.app[THREEKIT].layers.get(request.match_info["layer_id"])
    return web.json_response(shown(found))


async def layers(request: web.Request) -> web.Response:
    limit = request.query.get("limit", "20")
    if not limit.isdecimal() or not 1 <= int(limit) <= 100:
        raise web.HTTPBadRequest(text="limit is a number from 1 to 100.")
    asset_id = request.match_info["asset_id"]
    page = await request.app[THREEKIT].layers.list(asset_id=asset_id, per_page=int(limit)).first()
    return web.json_response([shown(item) for item in page.items])


async def image(request: web.Request) -> web.Response:
    picture = await request.app[THREEKIT].layers.find_content(
        asset_id=request.match_info["asset_id"], optimization={"format": "webp", "quality": 80}
    )
    if picture is None:
        raise web.HTTPNotFound(text="There is no picture of this asset.")
    return web.Response(body=picture, content_type="image/webp")


@web.middleware
async def refusals(request: web.Request, handler: Handler) -> web.StreamResponse:
    try:
        return await handler(request)
    except (NotFoundError, UnprocessableError) as error:  # an id that is none is not there either
        raise web.HTTPNotFound(text="Threekit does not have it.") from error
    except RateLimitError as error:
        wait = {"Retry-After": str(math.ceil(error.retry_after or 1))}
        raise web.HTTPServiceUnavailable(headers=wait) from error
    except ThreekitError as error:
        logger.warning("%s", error)
        raise web.HTTPBadGateway(text="Threekit did not answer as it should.") from error


def make_app() -> web.Application:
    app = web.Application(middlewares=[refusals])
    app.cleanup_ctx.append(threekit)
    app.router.add_get("/layers/{layer_id}", layer)
    app.router.add_get("/assets/{asset_id}/layers", layers)
    app.router.add_get("/assets/{asset_id}/image", image)
    return app


if __name__ == "__main__":
    web.run_app(make_app(), port=8000)
