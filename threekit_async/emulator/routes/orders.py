"""``/api/orders``: orders of shops (the vendor's Orders help page)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated

from threekit_async.emulator.apis.carts import CART, ITEMS, NEW_ORDER, read_lines
from threekit_async.emulator.apis.platforms import Platform
from threekit_async.emulator.data.filters import Filters
from threekit_async.emulator.data.short_names import find_by_name
from threekit_async.emulator.data.tables import CONFIGURATIONS, ORDERS
from threekit_async.emulator.records.orders import OPEN, UPDATABLE, changed_order, new_order
from threekit_async.emulator.web.answers import forbidden, json_answer
from threekit_async.emulator.web.contract import BAD_QUERY, Body, Refusal, Route
from threekit_async.emulator.web.envelopes import answer_page
from threekit_async.emulator.web.health import healthcheck
from threekit_async.emulator.web.query import PAGING
from threekit_async.emulator.web.schemas import Rules, sorted_by
from threekit_async.models.orders import Order, OrderStatus

if TYPE_CHECKING:
    from aiohttp import web

    from threekit_async.emulator.data.store import Record
    from threekit_async.emulator.web.asking import Ask

HELP = "the vendor's help centre, Orders API"
REFERENCE = "the vendor's reference, Orders"
CLIENT = "the vendor's own client"
# The codes are assumptions.
UNKNOWN = Refusal(status=404, code="order_not_found", message="Order not found")
BAD_ORDER = Refusal(
    status=422, code="order_error", message="One or more fields are missing or invalid"
)

EXACT = ("shortId", "originOrgId")
SORTABLE = ("createdAt", "updatedAt", "name", "status", "shortId")
ORG = {"orgId": str}
CHANGES: Mapping[str, object] = {
    "name": Annotated[str, Rules({"maxLength": 255})],
    "status": OrderStatus,
    "metadata": Mapping,
    "derivative": Mapping,
}
NEW = Body(
    fields={
        **CHANGES,
        **dict.fromkeys(("orgId", "originOrgId", "customerId"), str),
        "platform": Platform,
    },
    rules=NEW_ORDER,
)


def routes() -> list[Route]:
    """List the routes."""
    return [healthcheck("orders", source=CLIENT), *_readings(), *_writings(), *_lines()]


def _readings() -> list[Route]:
    return [
        Route(
            verb="GET",
            path="/api/orders",
            handler=list_orders,
            confidence="documented",
            source=HELP,
            query={
                **ORG,
                **dict.fromkeys(EXACT, str),
                "platform": Mapping,
                **PAGING,
                "sort": sorted_by(*SORTABLE),
            },
            refusal=BAD_QUERY,
            returns={
                "page": int,
                "perPage": int,
                "count": int,
                "sort": str,
                "orders": list[Order],
            },
        ),
        Route(
            verb="GET",
            path="/api/orders/{id}",
            handler=get_order,
            confidence="seen in client",
            source=CLIENT,
            query={**ORG, "fullConfiguration": bool},
            refusal=BAD_QUERY,
            refusals=(UNKNOWN,),
            returns=Order,
        ),
    ]


def _writings() -> list[Route]:
    return [
        Route(
            verb="POST",
            path="/api/orders",
            handler=create_order,
            confidence="documented",
            source=f"{HELP} and public integrations",
            query=ORG,
            body=NEW,
            refusal=BAD_ORDER,
            returns=Order,
        ),
        Route(
            verb="PUT",
            path="/api/orders/{id}",
            handler=update_order,
            confidence="documented",
            source=REFERENCE,
            query=ORG,
            body=Body(fields=CHANGES),
            refusal=BAD_ORDER,
            refusals=(UNKNOWN,),
            returns=Order,
        ),
    ]


def _lines() -> list[Route]:
    return [
        Route(
            verb="POST",
            path="/api/orders/{id}/items",
            handler=add_lines,
            confidence="documented",
            source=REFERENCE,
            query=ORG,
            body=Body(shape=ITEMS),
            refusal=BAD_ORDER,
            refusals=(UNKNOWN,),
            returns=Order,
        ),
        Route(
            verb="POST",
            path="/api/orders/{id}/cart",
            handler=add_lines,
            confidence="seen in client",
            source=CLIENT,
            query=ORG,
            body=Body(shape=CART),
            refusal=BAD_ORDER,
            refusals=(UNKNOWN,),
            returns=Order,
        ),
        Route(
            verb="PUT",
            path="/api/orders/{id}/cart",
            handler=replace_lines,
            confidence="seen in client",
            source=CLIENT,
            query=ORG,
            body=Body(shape=CART),
            refusal=BAD_ORDER,
            refusals=(UNKNOWN,),
            returns=Order,
        ),
    ]


async def list_orders(ask: Ask) -> web.Response:
    """Answer one page of orders; ``platform`` matches by the given keys."""
    filters = Filters()
    filters.equals("orgId", ask.org_id)
    for name, value in ask.given(*EXACT).items():
        filters.equals(name, value)
    filters.has_entries("platform", ask.query.get("platform") or {})
    return answer_page(ask, ORDERS, filters, key="orders", sortable=SORTABLE)


async def get_order(ask: Ask) -> web.Response:
    """Answer one order by its id or short id.

    With ``fullConfiguration`` each line also has its saved ``configuration``, null when there is
    none or when it was deleted (assumption: nobody describes that answer).
    """
    order = find_order(ask)
    if ask.query.get("fullConfiguration"):
        order["cart"] = [{**line, "configuration": _saved(ask, line)} for line in order["cart"]]
    return json_answer(order)


def _saved(ask: Ask, line: Record) -> Record | None:
    saved = find_by_name(ask.store, CONFIGURATIONS, ask.org_id, line["configurationId"])
    return saved if saved and saved["deletedAt"] is None else None


async def create_order(ask: Ask) -> web.Response:
    """Create an order; with a public token its status must be ``List`` or ``In Cart``.

    Lines come in ``cart`` or, deprecated, in ``items``; both are kept in ``cart``. That the
    configurations exist is not checked.
    """
    if ask.body.get("orgId") not in (None, ask.org_id):
        raise forbidden()
    lines = read_lines(ask.body.get("cart") or ask.body["items"])
    order = new_order(ask.state, ask.body, lines, org_id=ask.org_id)
    _check_token(ask, order["status"])
    ask.store.add(ORDERS, order)
    ask.state.webhooks.order_changed(order)
    return json_answer(order)


async def update_order(ask: Ask) -> web.Response:
    """Change name, status, metadata or derivative of an order.

    A public token may neither change an order that is beyond ``In Cart`` nor move it there.
    """
    order = find_order(ask)
    changes = {name: ask.body.get(name) for name in UPDATABLE}
    _check_token(ask, order["status"], changes["status"] or order["status"])
    changed = changed_order(ask.state, order, changes)
    ask.store.replace(ORDERS, changed)
    if changed["status"] != order["status"]:
        ask.state.webhooks.order_changed(changed)
    return json_answer(changed)


async def add_lines(ask: Ask) -> web.Response:
    """Add lines to an order; equal ones are not put together (assumption)."""
    order = find_order(ask)
    return _with_cart(ask, order, [*order["cart"], *read_lines(ask.body)])


async def replace_lines(ask: Ask) -> web.Response:
    """Put these lines in the place of an order's (assumption: as the vendor's client fears)."""
    return _with_cart(ask, find_order(ask), read_lines(ask.body))


def _with_cart(ask: Ask, order: Record, cart: list[Record]) -> web.Response:
    _check_token(ask, order["status"])
    changed = changed_order(ask.state, order, {"cart": cart})
    ask.store.replace(ORDERS, changed)
    return json_answer(changed)


def find_order(ask: Ask) -> Record:
    """Return the order the path names, or refuse with 404."""
    order = find_by_name(ask.store, ORDERS, ask.org_id, ask.part("id"))
    if order is None:
        raise UNKNOWN.error()
    return order


def _check_token(ask: Ask, *statuses: str) -> None:
    """Refuse a public token where a status is neither ``List`` nor ``In Cart`` (documented)."""
    if ask.caller.kind == "public" and not set(statuses) <= set(OPEN):
        raise forbidden()
