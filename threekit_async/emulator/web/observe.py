"""The outer ring of every request: apply a fault, speak the vendor's errors, keep the journal."""

from __future__ import annotations

import logging
import time
from typing import TYPE_CHECKING

from aiohttp import web

from threekit_async.emulator.state import state_of
from threekit_async.emulator.web.access import presented_token
from threekit_async.emulator.web.answers import VendorError, not_found
from threekit_async.emulator.web.effects import ConnectionCut, hang_up, spoil
from threekit_async.emulator.web.exchange import NOBODY, begin, current_caller, streamed
from threekit_async.emulator.web.journal import JournalEntry, hide_tokens

if TYPE_CHECKING:
    from aiohttp.typedefs import Handler

    from threekit_async.emulator.web.faults import FaultRule

CONTROL = "/__emulator__/"
LOG = logging.getLogger("threekit_async.emulator")
_BROKEN = VendorError(500, "internal_error", "The emulator could not answer: see its log")


@web.middleware
async def observe(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Answer a request and record it; the control surface is neither spoiled nor recorded."""
    if request.path.startswith(CONTROL):
        return await handler(request)
    begin()
    state = state_of(request)
    rule = state.faults.choose(request.method, request.path)
    state.journal.begin()
    started = time.monotonic()
    # What stays when a body breaks off after its beginning was sent.
    sent: web.StreamResponse = web.Response(status=500)
    status = 500
    try:
        sent = await (handler(request) if rule is None else spoil(rule, request, handler))
        status = sent.status
    except (ConnectionCut, ConnectionError):
        # A fault, or a client that went away in the middle of a body.
        status = 0
        hang_up(request)
    finally:
        state.journal.end(_entry(request, sent, status, started, rule))
    return sent


def _entry(
    request: web.Request,
    answer: web.StreamResponse,
    status: int,
    started: float,
    rule: FaultRule | None,
) -> JournalEntry:
    return JournalEntry(
        method=request.method,
        path=request.path,
        query=hide_tokens(request.rel_url.raw_query_string),
        status=status,
        bytes=_size(answer),
        started_at=started,
        seconds=time.monotonic() - started,
        token=_token_kind(request),
        fault=None if rule is None else rule.effect,
    )


def _size(answer: web.StreamResponse) -> int:
    if isinstance(answer, web.Response) and isinstance(answer.body, bytes):
        return len(answer.body)
    return streamed()


def _token_kind(request: web.Request) -> str:
    caller = current_caller()
    unknown = caller is NOBODY and presented_token(request) is not None
    return "refused" if unknown else caller.kind


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
        if streamed():
            raise
        LOG.exception("%s %s could not be answered", request.method, request.path)
        return _BROKEN.answer()


def _from_framework(error: web.HTTPException) -> VendorError:
    """Translate aiohttp's own refusals; an unknown verb is an unknown route (assumption)."""
    if error.status in (404, 405):
        return not_found()
    return VendorError(error.status, "bad_request", error.reason)
