"""Layers and pictures through Litestar: one client, opened and closed with the application.

Run it with `uvicorn litestar_app:app`; `THREEKIT_TOKEN` and `THREEKIT_ORG_ID` are in the
environment.
"""

import logging
import math
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Annotated, Any
from uuid import UUID

from litestar import Litestar, Request, Response, get
from litestar.datastructures import State
from litestar.di import NamedDependency, Provide
from litestar.exceptions import NotFoundException
from litestar.params import FromPath, QueryParameter

from threekit_async import AsyncThreekit, Layer, NotFoundError, RateLimitError, ThreekitError

logger = logging.getLogger(__name__)

Client = NamedDependency[AsyncThreekit]


@asynccontextmanager
async def lifespan(app: Litestar) -> AsyncGenerator[None]:
    async with AsyncThreekit.from_env(deadline=10) as app.state.threekit:
        yield


async def threekit(state: State) -> AsyncThreekit:
    client: AsyncThreekit = state.threekit
    return client


@get("/layers/{layer_id:uuid}")
async def layer(layer_id: FromPath[UUID], tk: Client) -> Layer:
    return await tk.layers.get(str(layer_id))


@get("/assets/{asset_id:uuid}/layers")
async def layers(
    asset_id: FromPath[UUID], tk: Client, limit: Annotated[int, QueryParameter(ge=1, le=100)] = 20
) -> list[Layer]:
    page = await tk.layers.list(asset_id=str(asset_id), per_page=limit).first()
    return page.items


@get("/assets/{asset_id:uuid}/image", media_type="image/webp")
async def image(asset_id: FromPath[UUID], tk: Client) -> bytes:
    picture = await tk.layers.find_content(
        asset_id=str(asset_id), optimization={"format": "webp", "quality": 80}
    )
    if picture is None:
        raise NotFoundException("There is no picture of this asset.")
    return picture


Refusal = Response[dict[str, str]]


def unavailable(_request: Request[Any, Any, Any], error: ThreekitError) -> Refusal:
    if isinstance(error, NotFoundError):
        return Response({"detail": "Threekit does not have it."}, status_code=404)
    logger.warning("%s", error)
    if isinstance(error, RateLimitError):
        wait = {"Retry-After": str(math.ceil(error.retry_after or 1))}
        detail = {"detail": "Too much is asked of Threekit."}
        return Response(detail, status_code=503, headers=wait)
    return Response({"detail": "Threekit did not answer as it should."}, status_code=502)


app = Litestar(
    route_handlers=[layer, layers, image],
    dependencies={"tk": Provide(threekit)},
    exception_handlers={ThreekitError: unavailable},
    lifespan=[lifespan],
)
