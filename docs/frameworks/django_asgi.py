"""Layers and pictures through Django under ASGI: async views share one client.

Run it with `uvicorn django_asgi:application`; `THREEKIT_TOKEN` and `THREEKIT_ORG_ID` are in the
environment. In a project of yours the settings are in `settings.py`, and `threekit()` in a module
of its own.
"""

import logging
import math
from functools import cache
from uuid import UUID

from asgiref.typing import ASGIReceiveCallable, ASGISendCallable, Scope
from django.conf import settings
from django.core.asgi import get_asgi_application
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBadRequest, JsonResponse
from django.urls import path
from django.utils.deprecation import MiddlewareMixin

from threekit_async import AsyncThreekit, Layer, NotFoundError, RateLimitError, ThreekitError

logger = logging.getLogger(__name__)


@cache
def threekit() -> AsyncThreekit:
    """Return the client of this process, made when it is first asked for."""
    return AsyncThreekit.from_env(deadline=10)


def shown(layer: Layer) -> dict[str, object]:
    return {"id": layer.id, "asset_id": layer.asset_id, "branch": layer.branch}


async def layer(_request: HttpRequest, layer_id: UUID) -> HttpResponse:
    return JsonResponse(shown(await threekit().layers.get(str(layer_id))))


async def layers(request: HttpRequest, asset_id: UUID) -> HttpResponse:
    limit = request.GET.get("limit", "20")
    if not limit.isdecimal() or not 1 <= int(limit) <= 100:
        return HttpResponseBadRequest("limit is a number from 1 to 100.")
    page = await threekit().layers.list(asset_id=str(asset_id), per_page=int(limit)).first()
    return JsonResponse([shown(item) for item in page.items], safe=False)


async def image(_request: HttpRequest, asset_id: UUID) -> HttpResponse:
    picture = await threekit().layers.find_content(
        asset_id=str(asset_id), optimization={"format": "webp", "quality": 80}
    )
    if picture is None:
        raise Http404("There is no picture of this asset.")
    return HttpResponse(picture, content_type="image/webp")


class Refusals(MiddlewareMixin):
    """Answer for what Threekit refuses."""

    async def process_exception(
        self, _request: HttpRequest, error: Exception
    ) -> HttpResponse | None:
        if not isinstance(error, ThreekitError):
            return None
        if isinstance(error, NotFoundError):
            return HttpResponse("Threekit does not have it.", status=404)
        logger.warning("%s", error)
        if isinstance(error, RateLimitError):
            wait = {"Retry-After": str(math.ceil(error.retry_after or 1))}
            return HttpResponse("Too much is asked of Threekit.", status=503, headers=wait)
        return HttpResponse("Threekit did not answer as it should.", status=502)


urlpatterns = [
    path("layers/<uuid:layer_id>", layer),
    path("assets/<uuid:asset_id>/layers", layers),
    path("assets/<uuid:asset_id>/image", image),
]
settings.configure(
    ALLOWED_HOSTS=["localhost", "127.0.0.1"],
    MIDDLEWARE=[f"{__name__}.Refusals"],
    ROOT_URLCONF=__name__,
)
django = get_asgi_application()


async def application(scope: Scope, receive: ASGIReceiveCallable, send: ASGISendCallable) -> None:
    """Leave requests to Django, and close the client at the end: Django refuses the lifespan."""
    if scope["type"] != "lifespan":
        await django(scope, receive, send)
        return
    async with threekit():
        await receive()
        await send({"type": "lifespan.startup.complete"})
        await receive()
    await send({"type": "lifespan.shutdown.complete"})
