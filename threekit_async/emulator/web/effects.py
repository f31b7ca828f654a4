"""How each fault effect spoils an answer."""

from __future__ import annotations

import asyncio
import re
from typing import TYPE_CHECKING

from aiohttp import web

from threekit_async.emulator.web.answers import VendorError, json_answer
from threekit_async.emulator.web.exchange import count_streamed, want_whole

if TYPE_CHECKING:
    from aiohttp.typedefs import Handler

    from threekit_async.emulator.web.faults import FaultRule

_PAGE = "<!doctype html><title>{status}</title><h1>{status}</h1><p>The gateway has no answer.</p>"

_PAGE_NUMBER = re.compile(r"[0-9]{1,16}")


class ConnectionCut(Exception):  # noqa: N818
    """The connection was closed on purpose, before any answer."""


async def spoil(rule: FaultRule, request: web.Request, handler: Handler) -> web.StreamResponse:
    """Answer a request as the rule says."""
    if rule.seconds:
        await asyncio.sleep(rule.seconds)
    match rule.effect:
        case "delay":
            return await handler(request)
        case "reset_before":
            raise ConnectionCut
        case "repeat_page":
            return await handler(_page_before(request))
        case "truncate" | "wrong_length":
            return await _shortened(rule, request, handler)
        case _:
            return _replaced(rule)


def _replaced(rule: FaultRule) -> web.Response:
    """Return an answer that owes nothing to the request."""
    status = rule.answer_status
    match rule.effect:
        case "html":
            return web.Response(
                text=_PAGE.format(status=status), status=status, content_type="text/html"
            )
        case "malformed_json":
            return web.Response(
                text='{"layers": [{"id": ', status=status, content_type="application/json"
            )
        case "body":
            return json_answer(rule.body, status=status)
        case _:
            headers = {} if rule.retry_after is None else {"Retry-After": rule.retry_after}
            return VendorError(status, rule.code, rule.message).answer(headers)


def _page_before(request: web.Request) -> web.Request:
    asked = request.query.get("page", "1")
    page = max(1, int(asked) - 1) if _PAGE_NUMBER.fullmatch(asked) else asked
    return request.clone(rel_url=request.rel_url.update_query({"page": str(page)}))


async def _shortened(rule: FaultRule, request: web.Request, handler: Handler) -> web.StreamResponse:
    want_whole()
    answer = await handler(request)
    if not isinstance(answer, web.Response) or not isinstance(answer.body, bytes):
        return answer
    kept = answer.body[: rule.bytes]
    send = _send_cut if rule.effect == "truncate" else _send_short
    return await send(request, answer, kept)


async def _send_short(
    _request: web.Request, answer: web.Response, kept: bytes
) -> web.StreamResponse:
    answer.body = kept
    return answer


async def _send_cut(request: web.Request, answer: web.Response, kept: bytes) -> web.StreamResponse:
    cut = web.StreamResponse(status=answer.status, headers=answer.headers)
    cut.content_length = len(answer.body) if isinstance(answer.body, bytes) else 0
    await cut.prepare(request)
    await cut.write(kept)
    count_streamed(len(kept))
    hang_up(request)
    return cut


def hang_up(request: web.Request) -> None:
    """Close the connection after what was already written."""
    if request.transport is not None:
        request.transport.close()
