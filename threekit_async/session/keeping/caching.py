"""What may be kept of an answer, under which name, and how the server is asked about it. Pure.

A kept answer is never given out unasked: each use is a conditional request, so that it can be
old only if the server says, wrongly, that nothing has changed.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from hashlib import blake2b
from urllib.parse import parse_qsl, urlsplit

from attrs import frozen
from multidict import CIMultiDict

from ..identity.echoes import forms, words
from ..reply import Call, Reply

__all__ = (
    "GONE",
    "KeptAnswer",
    "asks_plainly",
    "conditional_headers",
    "confirmed",
    "echoes",
    "fresh_headers",
    "key_of",
    "remembered",
    "storable",
)

GONE = frozenset({404, 410})
"""Statuses after which what was kept is of no use to anybody."""

# Others may hold a cookie or a token, and nothing in the client reads them.
_REMEMBERED = ("Content-Type", "Content-Language", "ETag", "Last-Modified")
# These describe the 304 itself, not the answer it stands for.
_OF_THE_MESSAGE = {
    "connection",
    "content-encoding",
    "content-length",
    "content-type",
    "keep-alive",
    "transfer-encoding",
}
_CONDITIONS = {
    "if-match",
    "if-modified-since",
    "if-none-match",
    "if-range",
    "if-unmodified-since",
    "range",
}
# They differ from call to call and change no answer.
_TRACING = {"baggage", "traceparent", "tracestate", "x-request-id"}
_NO_SECRET = _TRACING | {
    "accept",
    "accept-encoding",
    "accept-language",
    "cache-control",
    "origin",
    "referer",
    "user-agent",
}
_LONGEST_VALIDATOR = 1000
# Dates count whole seconds: what was made in the second of its last change may have changed again.
_SETTLED = timedelta(seconds=2)
_BRACKETS = {b"{}", b"[]"}


@frozen(kw_only=True)
class KeptAnswer:
    """An answer from the store: what was remembered of its headers, its decoded body.

    `used` is when it last served, in milliseconds since 1970.
    """

    headers: Mapping[str, str]
    body: bytes
    used: int = 0


def asks_plainly(call: Call) -> bool:
    """Tell whether a kept answer may serve: a buffered GET without conditions of the caller's.

    A call with the header `Cache-Control: no-store` leaves the store alone in both directions.
    """
    return (
        call.request.verb == "GET"
        and call.buffered
        and not any(name.lower() in _CONDITIONS for name in call.headers)
        and "no-store" not in _directives(call.headers)
    )


def key_of(*, salt: bytes, url: str, headers: Mapping[str, str]) -> bytes:
    """Name an answer: a digest of what was asked, by whom, and in which form.

    The URL says origin, path, organisation and filters, the headers say who asks and in which
    representation; either may hold the token. Whatever the server's `Vary` names is in there.

    :param salt: the store's own, so that a name cannot be looked for in another store.
    :param headers: all of the signed call's; case and order of names mean nothing.
    """
    named = sorted(
        (name.lower(), value) for name, value in headers.items() if name.lower() not in _TRACING
    )
    return blake2b(json.dumps([url, named]).encode(), key=salt, digest_size=32).digest()


def conditional_headers(kept: KeptAnswer) -> dict[str, str]:
    """Ask for the answer only if it is another one than this."""
    # A date beside a tag could only make a careless server answer by the coarser of the two.
    if etag := kept.headers.get("ETag"):
        return {"If-None-Match": etag}
    return {"If-Modified-Since": kept.headers["Last-Modified"]}


def storable(reply: Reply, *, largest: int) -> bool:
    """Tell whether an answer may be kept, and can be asked about again.

    :param largest: in bytes of the decoded body.
    """
    return (
        reply.status == 200
        and reply.open_body is None
        and len(reply.body) <= largest
        and _is_json(reply)
        and _is_whole(reply)
        and "no-store" not in _directives(reply.headers)
        and not any("*" in value for value in _values(reply.headers, "vary"))
        and (_tag(reply.headers) or _is_settled(reply.headers))
    )


def confirmed(kept: KeptAnswer, headers: Mapping[str, str]) -> bool:
    """Tell whether a 304 speaks of what is kept; one that names another tag does not."""
    mine, named = _opaque(_first(kept.headers, "etag")), _opaque(_first(headers, "etag"))
    return not mine or not named or mine == named


def fresh_headers(kept: KeptAnswer, headers: Mapping[str, str]) -> CIMultiDict[str]:
    """Lay the headers of a 304 over those that were kept."""
    fresh = CIMultiDict(kept.headers)
    news = CIMultiDict(
        [(name, value) for name, value in headers.items() if name.lower() not in _OF_THE_MESSAGE]
    )
    for name in set(news):
        fresh.popall(name, None)
    fresh.extend(news)
    return fresh


def remembered(headers: Mapping[str, str]) -> dict[str, str]:
    """Return the headers that are kept beside a body."""
    found = {name: _first(headers, name.lower()) for name in _REMEMBERED}
    if not _tag(headers):
        del found["ETag"]
    return {name: value for name, value in found.items() if value and _sendable(value)}


def echoes(call: Call, body: bytes) -> bool:
    """Tell whether a body repeats a credential of its request; such a one is never kept."""
    return any(form in body for secret in _secrets(call) for form in forms(secret))


def _secrets(call: Call) -> Iterator[str]:
    for name, value in call.headers.items():
        if name.lower() not in _NO_SECRET:
            yield from words(value)
    for name, value in parse_qsl(urlsplit(call.url).query):
        if name == "bearer_token":
            yield value


def _is_json(reply: Reply) -> bool:
    kind = reply.content_type
    return kind == "application/json" or kind.endswith("+json")


def _is_whole(reply: Reply) -> bool:
    """Tell whether the body can be trusted to be complete: half of one would be kept for ever."""
    framed = _first(reply.headers, "content-length") or _first(reply.headers, "transfer-encoding")
    body = reply.body.strip()
    return bool(framed) and body[:1] + body[-1:] in _BRACKETS


def _tag(headers: Mapping[str, str]) -> bool:
    tag = _first(headers, "etag")
    return bool(_opaque(tag)) and _sendable(tag)


def _is_settled(headers: Mapping[str, str]) -> bool:
    """Tell whether a date is enough: the answer had not changed in the second it was made."""
    text = _first(headers, "last-modified")
    changed, made = _moment(text), _moment(_first(headers, "date"))
    if changed is None or made is None or not _sendable(text):
        return False
    return made - changed >= _SETTLED


def _moment(text: str) -> datetime | None:
    try:
        moment = parsedate_to_datetime(text)
    except (TypeError, ValueError, OverflowError):
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _sendable(value: str) -> bool:
    return value.isascii() and value.isprintable() and len(value) <= _LONGEST_VALIDATOR


def _opaque(tag: str) -> str:
    return tag.strip().removeprefix("W/")


def _directives(headers: Mapping[str, str]) -> set[str]:
    listed = ",".join(_values(headers, "cache-control"))
    return {part.partition("=")[0].strip().lower() for part in listed.split(",")}


def _first(headers: Mapping[str, str], name: str) -> str:
    return next(_values(headers, name), "")


def _values(headers: Mapping[str, str], name: str) -> Iterator[str]:
    """Iterate over a header's values; it may stand there several times, in any case."""
    return (value for given, value in headers.items() if given.lower() == name)
