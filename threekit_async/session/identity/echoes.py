"""What an answer repeats of the credentials it was asked with. Pure."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from urllib.parse import parse_qsl, quote, urlsplit

from multidict import CIMultiDict

from ..redact import MASK, shown_url
from ..reply import Call

__all__ = ("forms", "masked", "masked_headers", "words")

_LEAST_SECRET = 12
# They say which page asks, and may be known.
_NO_SECRET = {"origin", "referer"}


def masked(call: Call, body: bytes) -> bytes:
    """Mask the credentials of a call in the body of an error, which ends up in messages.

    Some servers, and more of what stands before them, say in an error what they were sent.
    """
    # The longest first: a part of one would leave the rest of it.
    for secret in sorted(_secrets(call), key=len, reverse=True):
        for form in forms(secret):
            body = body.replace(form, MASK.encode())
    return body


def masked_headers(call: Call, headers: Mapping[str, str]) -> Mapping[str, str]:
    """Mask the credentials of a call in the headers of an error."""
    found: CIMultiDict[str] = CIMultiDict()
    for name, value in headers.items():
        found.add(name, _masked_header(call, name.lower(), value))
    return found


def _masked_header(call: Call, name: str, value: str) -> str:
    if name == "set-cookie":
        return MASK
    if name == "location":  # servers write what they were sent in forms of their own
        return shown_url(value)
    return masked(call, value.encode(errors="replace")).decode(errors="replace")


def forms(secret: str) -> set[bytes]:
    """Return how a secret looks in text, in an address, and in JSON."""
    return {form.encode() for form in (secret, quote(secret, safe=""), json.dumps(secret)[1:-1])}


def words(value: str) -> Iterator[str]:
    """`Bearer abc`, `a=abc; b=def`: the parts of a header long enough to be a secret."""
    for word in value.replace(";", " ").replace(",", " ").split():
        for part in {word, word.partition("=")[2]}:
            if len(part) >= _LEAST_SECRET:
                yield part


def _secrets(call: Call) -> Iterator[str]:
    for name, value in call.headers.items():
        if name in call.secrets and name.lower() not in _NO_SECRET:
            yield from words(value)
    for name, value in parse_qsl(urlsplit(call.url).query):
        if name in call.secrets:
            yield value
