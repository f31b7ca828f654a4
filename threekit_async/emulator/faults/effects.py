"""Which function stands for which effect."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING
from urllib.parse import unquote_plus

from threekit_async.emulator.faults.bodies import (
    broken_json,
    error,
    fixed,
    instead,
    nothing,
    page_of_html,
    redirected,
    wrong_bytes,
)
from threekit_async.emulator.faults.connections import reset_after, reset_before, truncate
from threekit_async.emulator.faults.files import ignore_range, new_etag, wrong_range
from threekit_async.emulator.faults.pages import empty_page, repeat_page, shift_page
from threekit_async.emulator.faults.whole import drip, gzipped, shorten
from threekit_async.emulator.state import state_of
from threekit_async.emulator.web.exchange import current

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping

    from aiohttp import web
    from aiohttp.typedefs import Handler

    from threekit_async.emulator.faults.rule import Effect, FaultRule

    Spoiler = Callable[[FaultRule, web.Request, Handler], Awaitable[web.StreamResponse]]


async def delay(_rule: FaultRule, request: web.Request, handler: Handler) -> web.StreamResponse:
    """Do nothing more: every effect waits for the rule's seconds."""
    return await handler(request)


SPOILERS: Mapping[Effect, Spoiler] = {
    "delay": delay,
    "drip": drip,
    "status": instead(error),
    "redirect": instead(redirected),
    "html": instead(page_of_html),
    "malformed_json": instead(broken_json),
    "not_utf8": instead(wrong_bytes),
    "empty": instead(nothing),
    "body": instead(fixed),
    "reset_before": reset_before,
    "reset_after": reset_after,
    "truncate": truncate,
    "wrong_length": shorten,
    "gzip": gzipped,
    "repeat_page": repeat_page,
    "shift_page": shift_page,
    "empty_page": empty_page,
    "ignore_range": ignore_range,
    "wrong_range": wrong_range,
    "new_etag": new_etag,
}


async def spoil(request: web.Request, *, handler: Handler) -> web.StreamResponse:
    """Answer a request as the rule it meets says; without one, as usual."""
    query = unquote_plus(request.rel_url.raw_query_string)
    rule = state_of(request).faults.choose(request.method, request.path, query)
    if rule is None:
        return await handler(request)
    current().fault = rule.effect
    if rule.seconds:
        await asyncio.sleep(rule.seconds)
    return await SPOILERS[rule.effect](rule, request, handler)
