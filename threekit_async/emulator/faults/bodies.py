"""Answers that owe nothing to the request: it is not carried out."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aiohttp import web

from threekit_async.emulator.web.answers import VendorError, json_answer

if TYPE_CHECKING:
    from collections.abc import Callable

    from aiohttp.typedefs import Handler

    from threekit_async.emulator.faults.effects import Spoiler
    from threekit_async.emulator.faults.rule import FaultRule

_PAGE = "<!doctype html><title>{status}</title><h1>{status}</h1><p>The gateway has no answer.</p>"
_NOT_UTF8 = b'{"layers": [{"id": "\xff\xfe"}]}'


def instead(make: Callable[[FaultRule], web.Response]) -> Spoiler:
    """Turn a ready answer into an effect."""

    async def spoiler(
        rule: FaultRule, _request: web.Request, _handler: Handler
    ) -> web.StreamResponse:
        return make(rule)

    return spoiler


def error(rule: FaultRule) -> web.Response:
    """Answer the vendor's error body."""
    headers = {} if rule.retry_after is None else {"Retry-After": rule.retry_after}
    return VendorError(rule.answer_status, rule.code, rule.message).answer(headers)


def redirected(rule: FaultRule) -> web.Response:
    """Send the client elsewhere."""
    return web.Response(status=rule.answer_status, headers={"Location": rule.location})


def page_of_html(rule: FaultRule) -> web.Response:
    """Answer as a gateway does that has lost its server."""
    page = _PAGE.format(status=rule.answer_status)
    return web.Response(text=page, status=rule.answer_status, content_type="text/html")


def broken_json(rule: FaultRule) -> web.Response:
    """Answer JSON that breaks off, though its length is right."""
    return _said_to_be_json(b'{"layers": [{"id": ', rule)


def wrong_bytes(rule: FaultRule) -> web.Response:
    """Answer JSON that is no UTF-8."""
    return _said_to_be_json(_NOT_UTF8, rule)


def nothing(rule: FaultRule) -> web.Response:
    """Answer no body at all."""
    return _said_to_be_json(b"", rule)


def _said_to_be_json(body: bytes, rule: FaultRule) -> web.Response:
    return web.Response(body=body, status=rule.answer_status, content_type="application/json")


def fixed(rule: FaultRule) -> web.Response:
    """Answer the rule's own body."""
    return json_answer(rule.body, status=rule.answer_status)
