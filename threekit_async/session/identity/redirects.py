"""Where a redirect may lead, and what goes along. Pure."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from typing import Final
from urllib.parse import quote, unquote_plus

from attrs import field, frozen

from ...errors import RedirectError
from ..redact import shown_headers, shown_url
from .origins import Origin

__all__ = ("MOST_HOPS", "Hop", "next_hop")

MOST_HOPS: Final = 5
"""How many redirects one attempt follows."""

_FOLLOWED = frozenset({301, 302, 303, 307, 308})
# What another origin may be told. Everything else may be a secret, by whatever name.
_TOLD_ABROAD = frozenset(
    {
        "accept",
        "accept-encoding",
        "accept-language",
        "cache-control",
        "if-match",
        "if-modified-since",
        "if-none-match",
        "if-range",
        "if-unmodified-since",
        "range",
        "user-agent",
    }
)
# RFC 3986, appendix B; the fragment is never sent.
_REFERENCE = re.compile(
    r"(?:(?P<scheme>[^:/?#]+):)?(?://(?P<authority>[^/?#]*))?(?P<path>[^?#]*)"
    r"(?:\?(?P<query>[^#]*))?(?:#.*)?"
)
# Control characters, and halves of characters that stand for no byte of the header.
_UNREADABLE = re.compile(r"[\x00-\x1f\x7f\ud800-\udc7f\udd00-\udfff]")
# Besides letters and digits; `%` because what is encoded stays as it is.
_LEFT_ALONE = "%!$&'()*+,;=:@/?[]-._~"

_ILLEGIBLE = "leads to an address that cannot be read"


@frozen(kw_only=True)
class Hop:
    """Where to go next, and with which headers."""

    url: str = field(repr=shown_url)
    headers: Mapping[str, str] = field(repr=lambda headers: str(shown_headers(headers)))


def next_hop(
    *,
    asked: str,
    url: str,
    headers: Mapping[str, str],
    verb: str,
    status: int,
    location: str | None,
    origin: str,
    signed: Collection[str],
) -> Hop | None:
    """Say where an answer sends a request; None when it is not a redirect to follow.

    Reads are sent on, writes are not: a write is never repeated elsewhere. Inside the configured
    origin everything goes along. Another origin is told what harmless headers say; credentials
    that were left behind do not come back when it redirects to the configured one.

    :param asked: verb and path, as `GET /api/layers`, for the error.
    :param url: where the answer came from.
    :param location: the answer's Location header.
    :param origin: the configured one, as `https://admin.threekit.com`.
    :param signed: names of the headers and query parameters that the credentials added.
    :raises RedirectError: when it leads from https to http, to another scheme, to an address
        with a user name, or nowhere.
    """
    if status not in _FOLLOWED or verb not in {"GET", "HEAD"}:
        return None
    found = _hop(url, headers, location, home=Origin.read(origin), signed=signed)
    if isinstance(found, Hop):
        return found
    # A traceback may show a frame's values, and these hold tokens.
    del url, headers, location
    raise RedirectError(
        f"{asked}: the answer {status} {found}, and was not followed. "
        "Check the host setting and any proxy; if both are right, the server is at fault."
    )


@frozen(kw_only=True)
class _Place:
    origin: Origin
    path: str
    query: str | None

    def __str__(self) -> str:
        query = "" if self.query is None else f"?{self.query}"
        return f"{self.origin}{self.path}{query}"


def _hop(
    url: str,
    headers: Mapping[str, str],
    location: str | None,
    *,
    home: Origin | None,
    signed: Collection[str],
) -> Hop | str:
    """Return the hop, or what is wrong with it."""
    here = _place(url, None)
    if isinstance(here, str):
        return here
    target = _place((location or "").strip(" "), here)
    if isinstance(target, str):
        return target
    ours = _named(here.query, signed) if here.origin == home else []
    if target.origin == home:
        return Hop(url=str(_joined(target, ours)), headers=headers)
    return Hop(url=str(_parted(target, ours)), headers=_told(headers, signed))


def _place(reference: str, base: _Place | None) -> _Place | str:
    """Resolve a reference as RFC 3986 does, or say what is wrong with it."""
    match = None if _UNREADABLE.search(reference) else _REFERENCE.fullmatch(reference)
    if not reference:
        return "does not say where to go"
    if match is None:
        return _ILLEGIBLE
    origin = _origin(match["scheme"], match["authority"], base)
    if isinstance(origin, str):
        return origin
    path, query = match["path"], match["query"]
    if base is not None and match["authority"] is None:
        query = base.query if query is None and not path else query
        path = path if path.startswith("/") else _merged(base.path, path)
    return _Place(
        origin=origin,
        path=_encoded(_without_dots(path or "/")),
        query=None if query is None else _encoded(query),
    )


def _origin(scheme: str | None, authority: str | None, base: _Place | None) -> Origin | str:
    if base is not None and scheme is None:
        if authority is None:
            return base.origin
        scheme = base.origin.scheme
    if (scheme or "").lower() not in {"http", "https"}:
        return "leads to an address that is neither http nor https"
    _user, at, server = (authority or "").rpartition("@")
    found = Origin.of(scheme or "", server)
    if found is None:
        return _ILLEGIBLE
    if at:
        return f"leads to {found} with a user name in the address"
    if base is not None and base.origin.scheme == "https" != found.scheme:
        return f"leads from https to plain http ({found})"
    return found


def _merged(base: str, path: str) -> str:
    return base if not path else f"{base.rpartition('/')[0]}/{path}"


def _without_dots(path: str) -> str:
    kept: list[str] = []
    first, *segments = path.split("/")
    for segment in segments:
        if segment == ".." and kept:
            kept.pop()
        elif segment not in {".", ".."}:
            kept.append(segment)
    # A path that ends in dots names a folder.
    ending = [""] if segments[-1] in {".", ".."} else []
    return "/".join([first, *kept, *ending])


def _encoded(text: str) -> str:
    # Bytes that are not UTF-8 come as halves of characters, and go out as the same bytes.
    return quote(text, safe=_LEFT_ALONE, errors="surrogateescape")


def _named(query: str | None, names: Collection[str]) -> list[str]:
    return [pair for pair in (query or "").split("&") if _name(pair) in names]


def _name(pair: str) -> str:
    return unquote_plus(pair.partition("=")[0])


def _joined(target: _Place, ours: list[str]) -> _Place:
    """Add what the server did not name itself."""
    there = (target.query or "").split("&") if target.query else []
    given = {_name(pair) for pair in there}
    query = "&".join([*there, *(pair for pair in ours if _name(pair) not in given)])
    return _Place(origin=target.origin, path=target.path, query=query or target.query)


def _parted(target: _Place, ours: list[str]) -> _Place:
    """Take out what is ours: servers are set up to send a whole query on to another host."""
    if not ours or target.query is None:
        return target
    plain = {unquote_plus(pair) for pair in ours}
    pairs = [pair for pair in target.query.split("&") if unquote_plus(pair) not in plain]
    return _Place(origin=target.origin, path=target.path, query="&".join(pairs) or None)


def _told(headers: Mapping[str, str], signed: Collection[str]) -> dict[str, str]:
    kept_back = {name.lower() for name in signed}
    return {
        name: value
        for name, value in headers.items()
        if name.lower() in _TOLD_ABROAD and name.lower() not in kept_back
    }
