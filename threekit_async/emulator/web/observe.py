"""The outer ring of every request: keep the journal, let limits and faults at it, speak errors."""

from __future__ import annotations

import logging
import time
from functools import partial
from typing import TYPE_CHECKING

from aiohttp import web

from threekit_async.emulator.faults.connections import ConnectionCut, hang_up
from threekit_async.emulator.faults.effects import spoil
from threekit_async.emulator.state import state_of
from threekit_async.emulator.web.answers import VendorError, not_found
from threekit_async.emulator.web.exchange import NOBODY, begin, current
from threekit_async.emulator.web.journal import JournalEntry, hide_tokens
from threekit_async.emulator.web.reading import presented_token

if TYPE_CHECKING:
    from aiohttp.typedefs import Handler

    from threekit_async.emulator.state import State
    from threekit_async.emulator.web.exchange import Exchange

CONTROL = "/__emulator__/"
LOG = logging.getLogger("threekit_async.emulator")
_BROKEN = VendorError(500, "internal_error", "The emulator could not answer: see its log")


@web.middleware
async def observe(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Answer a request and record it; the control surface is left alone."""
    exchange = begin()
    if request.path.startswith(CONTROL):
        return await handler(request)
    state = state_of(request)
    state.journal.begin()
    started = time.monotonic()
    # What stays when a body breaks off after its beginning was sent.
    sent: web.StreamResponse = web.Response(status=500)
    status = 500
    try:
        sent = await _troubled(state, handler)(request)
        status = sent.status
    except (ConnectionCut, ConnectionError):
        # A fault, or a client that went away in the middle of a body.
        status = 0
        hang_up(request)
    finally:
        state.journal.end(_entry(request, exchange, sent, status, started))
    return sent


def _troubled(state: State, handler: Handler) -> Handler:
    """Put the limits and the fault rules before a handler, as far as there are any."""
    if state.faults.in_force:
        handler = partial(spoil, handler=handler)
    if state.pressure is not None:
        handler = partial(state.pressure.admit, handler=handler)
    return handler


def _entry(
    request: web.Request,
    exchange: Exchange,
    answer: web.StreamResponse,
    status: int,
    started: float,
) -> JournalEntry:
    return JournalEntry(
        method=request.method,
        path=request.path,
        query=hide_tokens(request.rel_url.raw_query_string),
        status=status,
        carried_out=exchange.carried_out,
        bytes=_size(answer, exchange),
        started_at=started,
        seconds=time.monotonic() - started,
        token=_token_kind(request, exchange),
        fault=exchange.fault,
    )


def _size(answer: web.StreamResponse, exchange: Exchange) -> int:
    if isinstance(answer, web.Response) and isinstance(answer.body, bytes):
        return len(answer.body)
    return exchange.streamed


def _token_kind(request: web.Request, exchange: Exchange) -> str:
    unknown = exchange.caller is NOBODY and presented_token(request) is not None
    return "refused" if unknown else exchange.caller.kind


@web.middleware
async def speak_vendor(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Turn refusals into the vendor's error body, and what broke, too, once it is logged."""
    try:
        return await handler(request)
    except VendorError as error:
        return error.answer()
    except web.HTTPException as error:
        return _from_framework(error).answer()
    except (ConnectionError, ConnectionCut):
        raise
    except Exception:
        if current().streamed:
            raise
        LOG.exception("%s %s could not be answered", request.method, request.path)
        return _BROKEN.answer()


def _from_framework(error: web.HTTPException) -> VendorError:
    """Translate aiohttp's own refusals; an unknown verb is an unknown route (assumption)."""
    if error.status in (404, 405):
        return not_found()
    return VendorError(error.status, "bad_request", error.reason)
