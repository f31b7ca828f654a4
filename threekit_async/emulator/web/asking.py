"""One request, checked: what a handler is given."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, get_args, get_origin

from attrs import frozen

from threekit_async.emulator.data.identity import is_uuid
from threekit_async.emulator.state import State, state_of
from threekit_async.emulator.web.contract import ORG_REQUIRED
from threekit_async.emulator.web.exchange import Caller, current
from threekit_async.emulator.web.query import as_object, read_flag, read_json, read_number
from threekit_async.emulator.web.reading import read_json_body
from threekit_async.emulator.web.schemas import OneOf, Uuid

if TYPE_CHECKING:
    from collections.abc import Mapping

    from aiohttp import web
    from aiohttp.typedefs import Handler

    from threekit_async.emulator.data.store import Store
    from threekit_async.emulator.web.contract import Refusal, Route


@frozen(kw_only=True)
class Ask:
    """A request whose token, query and body have passed the route's rules.

    :param query: what was given, by wire name, in Python's types.
    :param body: the JSON body; ``None`` when there is none or the route reads a form.
    """

    request: web.Request
    route: Route
    state: State
    caller: Caller
    query: Mapping[str, Any]
    body: Any = None

    @property
    def org_id(self) -> str:
        """The organisation of the caller's token."""
        return self.caller.org_id

    @property
    def store(self) -> Store:
        """The records."""
        return self.state.store

    def part(self, name: str) -> str:
        """Return a part of the path, ``part("id")``."""
        return self.request.match_info[name]

    def given(self, *names: str) -> dict[str, Any]:
        """Return those of the query's fields that were given."""
        return {name: self.query[name] for name in names if name in self.query}


def answering(route: Route) -> Handler:
    """Turn a route into aiohttp's handler: check who asks and what, then let it answer."""
    # Imported here: access reads tables and records, and a route table needs neither.
    from threekit_async.emulator.web.access import identify

    async def answer(request: web.Request) -> web.StreamResponse:
        exchange = current()
        exchange.caller = caller = identify(request, route)
        _check_org_given(request, route)
        _check_path(request, route)
        query = _query(request.query, route)
        body = await _body(request, route)
        answered = await route.handler(
            Ask(
                request=request,
                route=route,
                state=state_of(request),
                caller=caller,
                query=query,
                body=body,
            )
        )
        exchange.carried_out = True
        return answered

    return answer


def _check_org_given(request: web.Request, route: Route) -> None:
    """Refuse a request without ``orgId`` where the vendor documents that, unless told not to."""
    strict = route.org_required and state_of(request).settings.strict_org
    if strict and not request.query.get("orgId"):
        raise ORG_REQUIRED.error()


def _query(query: Mapping[str, str], route: Route) -> dict[str, Any]:
    return {
        name: _value(query, name, kind, route.refusal)
        for name, kind in route.query.items()
        if name in query
    }


def _value(query: Mapping[str, str], name: str, kind: Any, refusal: Refusal) -> Any:
    if kind is str:
        return query[name]
    if kind is int:
        return read_number(query, name, refusal)
    if kind is bool:
        return read_flag(query, name, refusal)
    if isinstance(kind, OneOf):
        return _chosen(query[name], kind, refusal)
    if get_origin(kind) is Annotated:
        return _narrowed(query, name, kind, refusal)
    try:
        return as_object(read_json(query[name]))
    except ValueError:
        raise refusal.error() from None


def _narrowed(query: Mapping[str, str], name: str, kind: Any, refusal: Refusal) -> Any:
    plain, rules = get_args(kind)
    value = _value(query, name, plain, refusal)
    if not rules.hold(value):
        raise refusal.error()
    return value


def _chosen(text: str, kind: OneOf, refusal: Refusal) -> str:
    if text not in kind.choices:
        raise refusal.error()
    return text


def _check_path(request: web.Request, route: Route) -> None:
    for name, kind in route.parts.items():
        text = request.match_info[name]
        if isinstance(kind, OneOf):
            _chosen(text, kind, route.refusal)
        elif kind is Uuid and not is_uuid(text):
            raise route.refusal.error()


async def _body(request: web.Request, route: Route) -> Any:
    """Read a JSON body; one with a form beside it is left to the handler when it is no JSON."""
    if route.body is None or (route.form and request.content_type.startswith("multipart/")):
        return None
    if not request.body_exists and route.body.optional:
        return None
    try:
        value = await read_json_body(request)
    except ValueError:
        raise route.refusal.error() from None
    if not route.checks_body(value):
        raise route.refusal.error()
    return value
