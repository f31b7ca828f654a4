"""``/api/webhooks``: addresses that are told of what happens."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from threekit_async.emulator.data.filters import Filters
from threekit_async.emulator.data.tables import WEBHOOKS
from threekit_async.emulator.records.webhooks import new_webhook
from threekit_async.emulator.web.answers import forbidden, json_answer
from threekit_async.emulator.web.contract import Body, Refusal, Route
from threekit_async.emulator.web.envelopes import answer_all
from threekit_async.emulator.web.health import healthcheck
from threekit_async.emulator.web.schemas import Rules
from threekit_async.models.webhooks import Webhook, WebhookFilter

if TYPE_CHECKING:
    from collections.abc import Mapping

    from aiohttp import web

    from threekit_async.emulator.data.store import Record
    from threekit_async.emulator.web.asking import Ask

HELP = "the vendor's help centre, Webhooks API"
CLIENT = "the vendor's own client"
# The codes are assumptions.
UNKNOWN = Refusal(status=404, code="webhook_not_found", message="Webhook not found")
BAD_WEBHOOK = Refusal(
    status=422, code="webhook_error", message="One or more fields are missing or invalid"
)

ORG = {"orgId": str}
HOST = r"(\[::1\]|[A-Za-z0-9]([A-Za-z0-9._-]{0,200}[A-Za-z0-9])?)"
ADDRESS = Annotated[
    str, Rules({"pattern": rf"^https?://{HOST}(:[0-9]{{1,5}})?([/?][!-~]*)?$(?!\n)"})
]
CHANGES: Mapping[str, object] = {"topic": str, "address": ADDRESS, "filter": WebhookFilter}
WRAPPED = {"webhook": Webhook}


def routes() -> list[Route]:
    """List the routes. Single records are wrapped, ``{"webhook": {...}}``, as in no other API."""
    return [
        healthcheck("webhooks", source=CLIENT),
        Route(
            verb="GET",
            path="/api/webhooks",
            handler=list_webhooks,
            confidence="documented",
            source=HELP,
            query={**ORG, "topic": str, "address": str, "page": int, "perPage": int},
            returns={"webhooks": list[Webhook]},
        ),
        Route(
            verb="POST",
            path="/api/webhooks",
            handler=create_webhook,
            confidence="seen in client",
            source=CLIENT,
            access="private",
            query=ORG,
            body=Body(fields={**CHANGES, "orgId": str}, required=("address",)),
            refusal=BAD_WEBHOOK,
            returns=WRAPPED,
        ),
        *_single(),
    ]


def _single() -> list[Route]:
    path = "/api/webhooks/{id}"
    return [
        Route(
            verb="GET",
            path=path,
            handler=get_webhook,
            confidence="seen in client",
            source=CLIENT,
            query=ORG,
            refusals=(UNKNOWN,),
            returns=WRAPPED,
        ),
        Route(
            verb="PUT",
            path=path,
            handler=update_webhook,
            confidence="seen in client",
            source=CLIENT,
            access="private",
            query=ORG,
            body=Body(fields=CHANGES),
            refusal=BAD_WEBHOOK,
            refusals=(UNKNOWN,),
            returns=WRAPPED,
        ),
        Route(
            verb="DELETE",
            path=path,
            handler=delete_webhook,
            confidence="seen in client",
            source=CLIENT,
            access="private",
            query=ORG,
            refusals=(UNKNOWN,),
            returns=WRAPPED,
        ),
        Route(
            verb="POST",
            path=f"{path}/restore",
            handler=restore_webhook,
            confidence="seen in client",
            source=CLIENT,
            access="private",
            query=ORG,
            refusals=(UNKNOWN,),
            returns=WRAPPED,
        ),
    ]


async def list_webhooks(ask: Ask) -> web.Response:
    """Answer the live webhooks, or those of one topic or address."""
    filters = Filters()
    filters.equals("orgId", ask.org_id)
    filters.equals("deletedAt", None)
    for name, value in ask.given("topic", "address").items():
        filters.equals(name, value)
    return answer_all(ask, WEBHOOKS, filters, key="webhooks")


async def create_webhook(ask: Ask) -> web.Response:
    """Create a webhook; only the address must be given. Any topic is taken (assumption)."""
    if ask.body.get("orgId") not in (None, ask.org_id):
        raise forbidden()
    webhook = new_webhook(ask.state, ask.body, org_id=ask.org_id, user_id=ask.caller.user_id)
    ask.store.add(WEBHOOKS, webhook)
    return json_answer({"webhook": webhook})


async def get_webhook(ask: Ask) -> web.Response:
    """Answer one webhook; a deleted one can still be read (assumption)."""
    return json_answer({"webhook": find_webhook(ask)})


async def update_webhook(ask: Ask) -> web.Response:
    """Change topic, address or filter; null changes nothing (assumption)."""
    given = {name: ask.body[name] for name in CHANGES if ask.body.get(name) is not None}
    return _changed(ask, {**given, "updatedAt": ask.state.clock.now()})


async def delete_webhook(ask: Ask) -> web.Response:
    """Delete a webhook so that it can be restored, and answer it with ``deletedAt``."""
    at = find_webhook(ask)["deletedAt"] or ask.state.clock.now()
    return _changed(ask, {"deletedAt": at})


async def restore_webhook(ask: Ask) -> web.Response:
    """Bring a deleted webhook back; a live one is answered as it is (assumption)."""
    return _changed(ask, {"deletedAt": None})


def _changed(ask: Ask, changes: Record) -> web.Response:
    webhook = {**find_webhook(ask), **changes}
    ask.store.replace(WEBHOOKS, webhook)
    return json_answer({"webhook": webhook})


def find_webhook(ask: Ask) -> Record:
    """Return the webhook the path names, or refuse with 404."""
    webhook = ask.store.get(WEBHOOKS, ask.part("id"))
    if webhook is None or webhook["orgId"] != ask.org_id:
        raise UNKNOWN.error()
    return webhook
