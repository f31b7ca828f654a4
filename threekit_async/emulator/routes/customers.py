"""``/api/customers``: who orders (the vendor's help centre)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from threekit_async.emulator.apis.platforms import Platform
from threekit_async.emulator.data.filters import Filters
from threekit_async.emulator.data.tables import CUSTOMERS
from threekit_async.emulator.records.customers import TEXTS, new_customer
from threekit_async.emulator.web.answers import forbidden, json_answer
from threekit_async.emulator.web.contract import Body, Refusal, Route
from threekit_async.emulator.web.envelopes import answer_all
from threekit_async.models.customers import Customer

if TYPE_CHECKING:
    from aiohttp import web

    from threekit_async.emulator.data.store import Record
    from threekit_async.emulator.web.asking import Ask

HELP = "the vendor's help centre, Customers API"
GUESSED = f"{HELP}, which speaks of creating without describing it"
UNKNOWN = Refusal(status=404, code="customer_not_found", message="Customer not found")
BAD_CUSTOMER = Refusal(
    status=422, code="customer_error", message="One or more fields are missing or invalid"
)
ORG = {"orgId": str}
CHANGES: Mapping[str, object] = {
    **dict.fromkeys(TEXTS, str),
    "metadata": Mapping,
    "platform": Platform,
}
BODY = Body(fields={**CHANGES, "orgId": str})


def routes() -> list[Route]:
    """List the routes; only the listing is documented."""
    return [
        Route(
            verb="GET",
            path="/api/customers",
            handler=list_customers,
            confidence="documented",
            source=HELP,
            query={**ORG, "platform": Mapping},
            returns={"customers": list[Customer]},
        ),
        Route(
            verb="POST",
            path="/api/customers",
            handler=create_customer,
            confidence="inferred",
            source=GUESSED,
            access="private",
            query=ORG,
            body=BODY,
            refusal=BAD_CUSTOMER,
            returns=Customer,
        ),
        Route(
            verb="GET",
            path="/api/customers/{id}",
            handler=get_customer,
            confidence="inferred",
            source=GUESSED,
            query=ORG,
            refusals=(UNKNOWN,),
            returns=Customer,
        ),
        Route(
            verb="PUT",
            path="/api/customers/{id}",
            handler=update_customer,
            confidence="inferred",
            source=GUESSED,
            access="private",
            query=ORG,
            body=BODY,
            refusal=BAD_CUSTOMER,
            refusals=(UNKNOWN,),
            returns=Customer,
        ),
    ]


async def list_customers(ask: Ask) -> web.Response:
    """Answer all customers, or those of one shop; the wrapping key is an assumption."""
    filters = Filters()
    filters.equals("orgId", ask.org_id)
    filters.has_entries("platform", ask.query.get("platform") or {})
    return answer_all(ask, CUSTOMERS, filters, key="customers")


async def create_customer(ask: Ask) -> web.Response:
    """Create a customer; a public token is refused (documented)."""
    _check_org(ask)
    customer = new_customer(ask.state, ask.body, org_id=ask.org_id)
    ask.store.add(CUSTOMERS, customer)
    return json_answer(customer)


async def get_customer(ask: Ask) -> web.Response:
    """Answer one customer."""
    return json_answer(find_customer(ask))


async def update_customer(ask: Ask) -> web.Response:
    """Change the fields that are given; null empties a text."""
    _check_org(ask)
    customer = find_customer(ask)
    given = {name: ask.body[name] for name in CHANGES if name in ask.body}
    for name in {"metadata", "platform"} & given.keys():
        given[name] = given[name] or {}
    changed = {**customer, **given}
    ask.store.replace(CUSTOMERS, changed)
    return json_answer(changed)


def _check_org(ask: Ask) -> None:
    if ask.body.get("orgId") not in (None, ask.org_id):
        raise forbidden()


def find_customer(ask: Ask) -> Record:
    """Return the customer the path names, or refuse with 404."""
    customer = ask.store.get(CUSTOMERS, ask.part("id"))
    if customer is None or customer["orgId"] != ask.org_id:
        raise UNKNOWN.error()
    return customer
