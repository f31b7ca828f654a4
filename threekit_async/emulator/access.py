"""Who may ask for what: tokens, organisations, domains and the documented exceptions."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from aiohttp import web

from .answers import forbidden, unauthorized
from .exchange import NOBODY, Caller, recognise
from .state import state_of
from .tables import TOKENS

if TYPE_CHECKING:
    from collections.abc import Iterable

    from aiohttp.typedefs import Handler

    from .store import Record

READS = frozenset({"GET", "HEAD", "OPTIONS"})


def is_open(path: str) -> bool:
    """Tell whether a path answers without a token: file contents and health checks.

    Public client code reads contents without a token; the vendor does not document it.
    """
    contents = path.startswith("/api/files/") and path.endswith("/content")
    return contents or path.startswith("/api/files/hash/") or path.endswith("/healthcheck")


def public_may_write(method: str, path: str) -> bool:
    """Tell whether a public token may use this write.

    The vendor's Layers API page documents both layer writes with an optional public token.
    """
    return method == "POST" and (path == "/api/layers" or path.startswith("/api/layers/groups/"))


def presented_token(request: web.Request) -> str | None:
    """Return the token of the header or, without header, of the query; ``None`` without any."""
    scheme, _, value = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() == "bearer":
        return value.strip()
    return request.query.get("bearer_token")


def domain_allowed(site: str | None, domains: Iterable[str]) -> bool:
    """Tell whether a web site may use a public token.

    A request that names no site comes from a server and is allowed (assumption). Wildcards
    stand for sub-domains, ``*.example.com``; an empty list allows no site at all.
    """
    if not site:
        return True
    host = urlsplit(site).hostname or ""
    return any(host == d or (d.startswith("*.") and host.endswith(d[1:])) for d in domains)


def identify(request: web.Request) -> Caller:
    """Return the caller or raise the vendor's refusal."""
    token = presented_token(request)
    if token is None:
        if is_open(request.path):
            return NOBODY
        raise forbidden()
    record = state_of(request).store.get(TOKENS, token)
    if record is None:
        raise unauthorized()
    if record["kind"] == "public":
        _check_public(request, record)
    return Caller(kind=record["kind"], org_id=record["orgId"], user_id=record["userId"])


def _check_public(request: web.Request, token: Record) -> None:
    site = request.headers.get("Origin") or request.headers.get("Referer")
    if not domain_allowed(site, token["domains"]):
        raise forbidden()
    if request.method not in READS and not public_may_write(request.method, request.path):
        raise forbidden()


@web.middleware
async def check_access(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Let a request pass when its token allows it; an unknown route needs no token to be one."""
    if request.path.startswith("/__emulator__/") or request.match_info.http_exception is not None:
        return await handler(request)
    caller = identify(request)
    recognise(caller)
    org_id = request.query.get("orgId")
    # Assumption: a token of one organisation asking for another is forbidden, not ignored.
    if org_id and caller.org_id and org_id != caller.org_id:
        raise forbidden()
    return await handler(request)
