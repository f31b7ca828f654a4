"""Read what a client sent, which may be anything at all."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aiohttp.http_exceptions import HttpProcessingError
from aiohttp.web import RequestPayloadError

from threekit_async.emulator.web.query import read_json

if TYPE_CHECKING:
    from aiohttp import web

UNREADABLE = (ValueError, LookupError, HttpProcessingError, RequestPayloadError)
"""What reading a body raises when it is not what its headers say; an unknown charset, too."""


async def read_json_body(request: web.Request) -> object:
    """Read a JSON body.

    :raises ValueError: for any other.
    """
    try:
        return await request.json(loads=read_json)
    except UNREADABLE as error:
        raise ValueError(str(error)) from None


def is_text(value: str) -> bool:
    """Tell whether a header's value is text: bytes that are no UTF-8 arrive as half characters."""
    try:
        value.encode()
    except UnicodeEncodeError:
        return False
    return True


def presented_token(request: web.Request) -> str | None:
    """Return the token of the header or, without header, of the query; ``None`` without any."""
    scheme, _, value = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() == "bearer":
        return value.strip()
    return request.query.get("bearer_token")
