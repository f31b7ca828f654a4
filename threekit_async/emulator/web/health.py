"""The health check most services have."""

from __future__ import annotations

from typing import TYPE_CHECKING

from threekit_async.emulator.web.answers import json_answer
from threekit_async.emulator.web.contract import Route

if TYPE_CHECKING:
    from aiohttp import web

    from threekit_async.emulator.web.asking import Ask


def healthcheck(service: str, *, source: str) -> Route:
    """Make the route ``/api/<service>/healthcheck``."""
    return Route(
        verb="GET",
        path=f"/api/{service}/healthcheck",
        handler=healthy,
        confidence="seen in client",
        source=source,
        access="none",
        returns=object,
    )


async def healthy(_ask: Ask) -> web.Response:
    """Answer 200; the body is not documented."""
    return json_answer(value=True)
