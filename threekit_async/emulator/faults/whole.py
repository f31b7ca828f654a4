"""Answers that are carried out whole, and then sent otherwise."""

from __future__ import annotations

import asyncio
import gzip
from typing import TYPE_CHECKING

from aiohttp import web

from threekit_async.emulator.web.exchange import current

if TYPE_CHECKING:
    from aiohttp.typedefs import Handler

    from threekit_async.emulator.faults.rule import FaultRule


async def whole_answer(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Answer a request with its body in one piece, however large."""
    current().whole = True
    return await handler(request)


def body_of(request: web.Request, answer: web.StreamResponse) -> bytes:
    """Return the body that is to be sent; empty when there is none."""
    if request.method == "HEAD" or not isinstance(answer, web.Response):
        return b""
    return answer.body if isinstance(answer.body, bytes) else b""


async def drip(rule: FaultRule, request: web.Request, handler: Handler) -> web.StreamResponse:
    """Send the body a few bytes at a time."""
    answer = await whole_answer(request, handler)
    body, size = body_of(request, answer), rule.bytes or 1
    if not body:
        return answer
    slow = web.StreamResponse(status=answer.status, headers=answer.headers)
    slow.content_length = len(body)
    await slow.prepare(request)
    for start in range(0, len(body), size):
        if start:
            await asyncio.sleep(rule.interval)
        await slow.write(body[start : start + size])
        current().streamed += len(body[start : start + size])
    await slow.write_eof()
    return slow


async def shorten(rule: FaultRule, request: web.Request, handler: Handler) -> web.StreamResponse:
    """Send a part of the body, and announce just that."""
    answer = await whole_answer(request, handler)
    if isinstance(answer, web.Response) and (body := body_of(request, answer)):
        answer.body = body[: rule.bytes]
    return answer


async def gzipped(_rule: FaultRule, request: web.Request, handler: Handler) -> web.StreamResponse:
    """Compress the body, whatever the client said that it takes."""
    answer = await whole_answer(request, handler)
    plain = "Content-Encoding" not in answer.headers
    if plain and isinstance(answer, web.Response) and (body := body_of(request, answer)):
        answer.body = gzip.compress(body)
        answer.headers["Content-Encoding"] = "gzip"
    return answer
