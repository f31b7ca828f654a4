"""Layers and pictures through Starlette: one client, opened and closed with the application.

Run it with `uvicorn starlette_app:app`; `THREEKIT_TOKEN` and `THREEKIT_ORG_ID` are in the
environment.
"""

import logging
import math
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any, TypedDict

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from threekit_async import AsyncThreekit, Layer, NotFoundError, RateLimitError, ThreekitError

logger = logging.getLogger(__name__)


class State(TypedDict):
    threekit: AsyncThreekit


@asynccontextmanager
async def lifespan(_app: Starlette) -> AsyncGenerator[State]:
    async with AsyncThreekit.from_env(deadline=10) as tk:
        yield {"threekit": tk}


def shown(layer: Layer) -> dict[str, Any]:
    return {"id": layer.id, "asset_id": layer.asset_id, "branch": layer.branch}


async def layer(request: Request[State]) -> Response:
    tk = request.state["threekit"]
    return JSONResponse(shown(await tk.layers.get(str(request.path_params["layer_id"]))))


async def layers(request: Request[State]) -> Response:
    limit = request.query_params.get("limit", "20")
    if not limit.isdecimal() or not 1 <= int(limit) <= 100:
        raise HTTPException(400, "limit is a number from 1 to 100.")
    asset_id = str(request.path_params["asset_id"])
    tk = request.state["threekit"]
    page = await tk.layers.list(asset_id=asset_id, per_page=int(limit)).first()
    return JSONResponse([shown(item) for item in page.items])


async def image(request: Request[State]) -> Response:
    picture = await request.state["threekit"].layers.find_content(
        asset_id=str(request.path_params["asset_id"]),
        optimization={"format": "webp", "quality": 80},
    )
    if picture is None:
        raise HTTPException(404, "There is no picture of this asset.")
    return Response(picture, media_type="image/webp")


async def unavailable(_request: Request, error: Exception) -> Response:
    if isinstance(error, NotFoundError):
        return Response("Threekit does not have it.", 404)
    logger.warning("%s", error)
    if isinstance(error, RateLimitError):
        wait = {"Retry-After": str(math.ceil(error.retry_after or 1))}
        return Response("Too much is asked of Threekit.", 503, wait)
    return Response("Threekit did not answer as it should.", 502)


app = Starlette(
    routes=[
        Route("/layers/{layer_id:uuid}", layer),
        Route("/assets/{asset_id:uuid}/layers", layers),
        Route("/assets/{asset_id:uuid}/image", image),
    ],
    lifespan=lifespan,
    exception_handlers={ThreekitError: unavailable},
)
