"""Contents of files, asked for in part or under conditions, and answered wrongly."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from aiohttp import web
from multidict import CIMultiDict

from threekit_async.emulator.faults.whole import whole_answer

if TYPE_CHECKING:
    from aiohttp.typedefs import Handler

    from threekit_async.emulator.faults.rule import FaultRule

_FROM = re.compile(r"bytes=([0-9]{1,18})-(.*)")


async def ignore_range(
    _rule: FaultRule, request: web.Request, handler: Handler
) -> web.StreamResponse:
    """Answer as if no range had been asked for."""
    return await handler(_without(request, "Range", "If-Range"))


async def wrong_range(
    rule: FaultRule, request: web.Request, handler: Handler
) -> web.StreamResponse:
    """Answer a part that starts earlier than asked."""
    asked = _FROM.fullmatch(request.headers.get("Range", ""))
    if asked is None:
        return await handler(request)
    start = max(0, int(asked[1]) - (rule.bytes or 1))
    return await handler(_asking_for(request, f"bytes={start}-{asked[2]}"))


async def new_etag(rule: FaultRule, request: web.Request, handler: Handler) -> web.StreamResponse:
    """Answer as if the content had another ``ETag``: the same one for as long as the rule holds."""
    tag = f'"emulated-{rule.id}"'
    if request.headers.get("If-None-Match") == tag:
        return web.Response(status=304, headers={"ETag": tag})
    replaced = request.headers.get("If-Range", tag) != tag
    unconditional = _without(request, "If-None-Match", "If-Modified-Since", "If-Range")
    asked = _without(unconditional, "Range") if replaced else unconditional
    answer = await whole_answer(asked, handler)
    answer.headers["ETag"] = tag
    return answer


def _without(request: web.Request, *names: str) -> web.Request:
    hidden = {name.lower() for name in names}
    kept = CIMultiDict(
        (name, value) for name, value in request.headers.items() if name.lower() not in hidden
    )
    return request.clone(headers=kept)


def _asking_for(request: web.Request, part: str) -> web.Request:
    headers = CIMultiDict(request.headers)
    headers["Range"] = part
    return request.clone(headers=headers)
