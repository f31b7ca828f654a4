"""What the application's own hooks of aiohttp are told of errors."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import aiohttp
from multidict import CIMultiDict, CIMultiDictProxy

from ..redact import shown_headers

__all__ = ("careful",)


def careful(hooks: Sequence[aiohttp.TraceConfig]) -> list[aiohttp.TraceConfig]:
    """Put before others a hook that takes query and headers out of what errors say.

    Instrumentations write errors into their spans, with the URL and so with a public token; the
    filter they have is for the request's URL alone.
    """
    if not hooks:
        return []
    first = aiohttp.TraceConfig()
    first.on_request_exception.append(_tell_less)
    return [first, *hooks]


async def _tell_less(
    _session: aiohttp.ClientSession, _context: Any, told: aiohttp.TraceRequestExceptionParams
) -> None:
    error = told.exception
    if isinstance(error, aiohttp.ClientResponseError):
        error.request_info = _shown(error.request_info)
        error.args = (error.request_info, error.history)


def _shown(asked: aiohttp.RequestInfo) -> aiohttp.RequestInfo:
    headers = CIMultiDictProxy(CIMultiDict(shown_headers(asked.headers)))
    url, real_url = asked.url.with_query(None), asked.real_url.with_query(None)
    return aiohttp.RequestInfo(url, asked.method, headers, real_url)
