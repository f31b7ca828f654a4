"""Connections that are cut before an answer, after its headers, or in its body."""

from __future__ import annotations

import socket
import struct
import sys
from typing import TYPE_CHECKING

from aiohttp import web

from threekit_async.emulator.faults.whole import body_of, whole_answer
from threekit_async.emulator.web.exchange import current

if TYPE_CHECKING:
    from aiohttp.typedefs import Handler

    from threekit_async.emulator.faults.rule import FaultRule

# Windows keeps both numbers in 16 bits.
_NO_LINGER = struct.pack("hh" if sys.platform == "win32" else "ii", 1, 0)


class ConnectionCut(Exception):  # noqa: N818
    """The connection was closed on purpose, before any answer."""


def hang_up(request: web.Request, *, hard: bool = False) -> None:
    """Close the connection after what was already written, or with a TCP reset."""
    transport = request.transport
    if transport is None:
        return
    connection = transport.get_extra_info("socket")
    if hard and connection is not None:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _NO_LINGER)
    transport.close()


async def reset_before(
    rule: FaultRule, request: web.Request, _handler: Handler
) -> web.StreamResponse:
    """Close the connection; what was asked for is not done."""
    hang_up(request, hard=rule.hard)
    raise ConnectionCut


async def reset_after(
    rule: FaultRule, request: web.Request, handler: Handler
) -> web.StreamResponse:
    """Do what was asked for, send the headers of the answer, and close."""
    return await _cut(rule, request, handler, 0)


async def truncate(rule: FaultRule, request: web.Request, handler: Handler) -> web.StreamResponse:
    """Do what was asked for, send less of the answer than it announces, and close."""
    return await _cut(rule, request, handler, rule.bytes)


async def _cut(
    rule: FaultRule, request: web.Request, handler: Handler, most: int
) -> web.StreamResponse:
    answer = await whole_answer(request, handler)
    body = body_of(request, answer)
    if not body:
        # The headers of an answer without a body would be all of it.
        hang_up(request, hard=rule.hard)
        raise ConnectionCut
    kept = body[: min(most, len(body) - 1)]
    cut = web.StreamResponse(status=answer.status, headers=answer.headers)
    cut.content_length = len(body)
    await cut.prepare(request)
    await cut.write(kept)
    current().streamed += len(kept)
    hang_up(request, hard=rule.hard)
    return cut
