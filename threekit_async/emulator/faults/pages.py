"""Pages of a listing that moves while it is read."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from threekit_async.emulator.web.exchange import current

if TYPE_CHECKING:
    from aiohttp import web
    from aiohttp.typedefs import Handler

    from threekit_async.emulator.faults.rule import FaultRule

_PAGE_NUMBER = re.compile(r"[0-9]{1,16}")
BEYOND = 2**53
"""More rows than any listing has."""


async def repeat_page(
    _rule: FaultRule, request: web.Request, handler: Handler
) -> web.StreamResponse:
    """Serve the page before the one asked for, under its own number."""
    asked = request.query.get("page", "1")
    page = max(1, int(asked) - 1) if _PAGE_NUMBER.fullmatch(asked) else asked
    return await handler(request.clone(rel_url=request.rel_url.update_query({"page": str(page)})))


async def shift_page(rule: FaultRule, request: web.Request, handler: Handler) -> web.StreamResponse:
    """Serve a page that starts as many rows earlier; the first one cannot."""
    current().earlier = rule.rows
    return await handler(request)


async def empty_page(
    _rule: FaultRule, request: web.Request, handler: Handler
) -> web.StreamResponse:
    """Serve a page without rows."""
    current().earlier = -BEYOND
    return await handler(request)
