"""Who may ask for what: tokens, organisations, domains and the documented exceptions."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from threekit_async.emulator.data.tables import TOKENS
from threekit_async.emulator.state import state_of
from threekit_async.emulator.web.answers import forbidden, unauthorized
from threekit_async.emulator.web.exchange import NOBODY, Caller
from threekit_async.emulator.web.reading import is_text, presented_token

if TYPE_CHECKING:
    from collections.abc import Iterable

    from aiohttp import web

    from threekit_async.emulator.data.store import Record
    from threekit_async.emulator.web.contract import Route


def domain_allowed(site: str | None, domains: Iterable[str]) -> bool:
    """Tell whether a web site may use a public token.

    A request that names no site comes from a server and is allowed (assumption), one whose
    site cannot be read is not. Wildcards stand for sub-domains, ``*.example.com``; an empty list
    allows no site at all.
    """
    if not site:
        return True
    try:
        host = urlsplit(site).hostname or ""
    except ValueError:
        return False
    return any(host == d or (d.startswith("*.") and host.endswith(d[1:])) for d in domains)


def identify(request: web.Request, route: Route) -> Caller:
    """Return the caller, or raise the vendor's refusal when the token does not allow the route."""
    token = presented_token(request)
    if token is None:
        if route.access == "none":
            return NOBODY
        raise forbidden()
    record = state_of(request).store.get(TOKENS, token) if is_text(token) else None
    if record is None:
        raise unauthorized()
    if record["kind"] == "public":
        _check_public(request, record, route)
    _check_org(request, record, route)
    return Caller(kind=record["kind"], org_id=record["orgId"], user_id=record["userId"])


def _check_public(request: web.Request, token: Record, route: Route) -> None:
    site = request.headers.get("Origin") or request.headers.get("Referer")
    if route.access == "private" or not domain_allowed(site, token["domains"]):
        raise forbidden()


def _check_org(request: web.Request, token: Record, route: Route) -> None:
    """Refuse another organisation than the token's (assumption: forbidden, not ignored)."""
    named = {org_id for org_id in request.query.getall("orgId", []) if org_id}
    if named - {token["orgId"]} and not route.any_org:
        raise forbidden()
