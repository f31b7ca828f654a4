"""``ETag`` and ``Last-Modified``, and whether what a client has is still good."""

from __future__ import annotations

from datetime import UTC, datetime
from email.utils import format_datetime
from hashlib import blake2b
from typing import TYPE_CHECKING

from aiohttp import web

from threekit_async.emulator.web.answers import json_body

if TYPE_CHECKING:
    from aiohttp.typedefs import Handler


def weak_tag(body: bytes) -> str:
    """Return a weak ``ETag`` for a body: equal bodies have equal ones."""
    return f'W/"{blake2b(body, digest_size=12).hexdigest()}"'


def http_date(instant: str) -> str:
    """Write an instant of the API as HTTP does, to the second."""
    return format_datetime(datetime.fromisoformat(instant).astimezone(UTC), usegmt=True)


def is_unchanged(request: web.Request, *, tag: str, modified: str | None = None) -> bool:
    """Tell whether 304 answers the request; ``If-None-Match`` goes before ``If-Modified-Since``."""
    given = request.headers.get("If-None-Match")
    if given is not None:
        known = {each.strip().removeprefix("W/") for each in given.split(",")}
        return "*" in known or tag.removeprefix("W/") in known
    return modified is not None and request.headers.get("If-Modified-Since") == modified


@web.middleware
async def validated(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Send a weak ``ETag`` with JSON, or 304 to a client that has the same."""
    answer = await handler(request)
    body = json_body(answer)
    if body is None or answer.status != 200 or request.method not in ("GET", "HEAD"):
        return answer
    tag = weak_tag(body)
    if is_unchanged(request, tag=tag):
        return web.Response(status=304, headers={"ETag": tag})
    answer.headers["ETag"] = tag
    return answer
