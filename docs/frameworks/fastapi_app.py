"""Layers and pictures through FastAPI: one client, opened and closed with the application.

Run it with `uvicorn fastapi_app:app`; `THREEKIT_TOKEN` and `THREEKIT_ORG_ID` are in the
environment.
"""

import logging
import math
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Annotated
from uuid import UUID

from fastapi import Depends, FastAPI, HTTPException, Query, Request, Response
from fastapi.responses import JSONResponse
from pydantic import BaseModel

from threekit_async import AsyncThreekit, Layer, NotFoundError, RateLimitError, ThreekitError

logger = logging.getLogger(__name__)


@asynccontextmanager
async def lifespan(_app: FastAPI) -> AsyncGenerator[dict[str, AsyncThreekit]]:
    async with AsyncThreekit.from_env(deadline=10) as tk:
        yield {"threekit": tk}


def threekit(request: Request) -> AsyncThreekit:
    client: AsyncThreekit = request.state.threekit
    return client


Client = Annotated[AsyncThreekit, Depends(threekit)]
app = FastAPI(lifespan=lifespan)


class LayerView(BaseModel):
    """What of a layer the callers of this application see."""

    id: str
    asset_id: str | None
    branch: str | None


@app.get("/layers/{layer_id}", response_model=LayerView)
async def layer(layer_id: UUID, tk: Client) -> Layer:
    return await tk.layers.get(str(layer_id))


@app.get("/assets/{asset_id}/layers", response_model=list[LayerView])
async def layers(
    asset_id: UUID, tk: Client, limit: Annotated[int, Query(ge=1, le=100)] = 20
) -> list[Layer]:
    page = await tk.layers.list(asset_id=str(asset_id), per_page=limit).first()
    return page.items


@app.get("/assets/{asset_id}/image", response_class=Response)
async def image(asset_id: UUID, tk: Client) -> Response:
    picture = await tk.layers.find_content(
        asset_id=str(asset_id), optimization={"format": "webp", "quality": 80}
    )
    if picture is None:
        raise HTTPException(404, "There is no picture of this asset.")
    return Response(picture, media_type="image/webp")


@app.exception_handler(NotFoundError)
async def not_found(_request: Request, _error: NotFoundError) -> Response:
    return JSONResponse({"detail": "Threekit does not have it."}, 404)


@app.exception_handler(ThreekitError)
async def unavailable(_request: Request, error: ThreekitError) -> Response:
    logger.warning("%s", error)
    if isinstance(error, RateLimitError):
        wait = {"Retry-After": str(math.ceil(error.retry_after or 1))}
        return JSONResponse({"detail": "Too much is asked of Threekit."}, 503, wait)
    return JSONResponse({"detail": "Threekit did not answer as it should."}, 502)
