"""The Webhooks API: addresses the platform calls when something happens."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from typing import Any, ClassVar

from attrs import frozen

from ..models.base import UNSET, Maybe
from ..models.fields import FieldProblem
from ..models.webhooks import Webhook, WebhookEvent, WebhookFilter, parse_webhook
from ..options import Options
from ..session.decode import Done, Items, One
from ..session.request import Json, Request
from ..session.session import Session
from .wire import List, body_of, changes_of, filters

__all__ = ("Webhooks",)


class Webhooks:
    """Register the addresses the platform calls, and read what it sends there.

    A webhook listens to a topic and passes what its filter lets through. Which topics there are is
    in no readable source. Writing needs a private token.
    Source: the vendor's help centre (list, record) and its own client (the rest).

        hook = await tk.webhooks.create(
            topic=topic, address="https://shop.example/hook", filter={"status": ["success"]}
        )
        event = tk.webhooks.parse(request_body)
    """

    def __init__(self, session: Session) -> None:
        self._session = session

    async def list(
        self,
        *,
        topic: str | None = None,
        address: str | None = None,
        options: Options | None = None,
    ) -> List[Webhook]:
        """Read the webhooks of the organisation; there are no pages.

        :param topic: only those that listen to it.
        :param address: only those that call it.
        """
        return await self._session.send(
            Request(
                verb="GET",
                path="/api/webhooks",
                query=filters(topic=topic, address=address),
                returns=Items(Webhook, key="webhooks"),
            ),
            options,
        )

    async def get(self, webhook_id: str, *, options: Options | None = None) -> Webhook:
        """Read one webhook.

        :raises NotFoundError: when there is no such webhook.
        """
        return await self._session.send(
            Request(
                verb="GET",
                path="/api/webhooks/{webhook_id}",
                params={"webhook_id": webhook_id},
                returns=One(Webhook, key="webhook"),
            ),
            options,
        )

    async def create(
        self,
        *,
        topic: str,
        address: str,
        filter: WebhookFilter | Mapping[str, Any] | None = None,  # noqa: A002  # the vendor's word
        options: Options | None = None,
    ) -> Webhook:
        """Register an address to be called. Use a private token.

        :param topic: what to listen to; any text is taken, it seems.
        :param address: a URL; JSON is posted to it. See `parse`.
        :param filter: `status` (`success`, `failed` for jobs; the status of an order) and `type`
            (of jobs). The vendor's own client always sends one.
        :raises UnprocessableError: when the address is missing.
        """
        body = body_of(
            topic=topic, address=address, filter=filter, org_id=self._session.settings.org_id
        )
        return await self._session.send(
            Request(
                verb="POST",
                path="/api/webhooks",
                body=Json(body),
                returns=One(Webhook, key="webhook"),
                safety="unsafe",
            ),
            options,
        )

    async def update(
        self,
        webhook_id: str,
        *,
        topic: Maybe[str] = UNSET,
        address: Maybe[str] = UNSET,
        filter: Maybe[WebhookFilter | Mapping[str, Any] | None] = UNSET,  # noqa: A002
        options: Options | None = None,
    ) -> Webhook:
        """Change a webhook and return it as it is then. Use a private token.

        What is not given stays; a filter is replaced as a whole, None is sent as null.

        :raises NotFoundError: when there is no such webhook.
        """
        return await self._session.send(
            Request(
                verb="PUT",
                path="/api/webhooks/{webhook_id}",
                params={"webhook_id": webhook_id},
                body=Json(changes_of(topic=topic, address=address, filter=filter)),
                returns=_Updated(),
                safety="idempotent",
            ),
            options,
        )

    async def delete(self, webhook_id: str, *, options: Options | None = None) -> Webhook:
        """Delete a webhook and return it with its `deleted_at`; `restore` brings it back.

        Use a private token.

        :raises NotFoundError: when there is no such webhook.
        """
        return await self._session.send(
            Request(
                verb="DELETE",
                path="/api/webhooks/{webhook_id}",
                params={"webhook_id": webhook_id},
                returns=One(Webhook, key="webhook"),
                safety="idempotent",
            ),
            options,
        )

    async def restore(self, webhook_id: str, *, options: Options | None = None) -> Webhook:
        """Bring a deleted webhook back. Use a private token."""
        return await self._session.send(
            Request(
                verb="POST",
                path="/api/webhooks/{webhook_id}/restore",
                params={"webhook_id": webhook_id},
                returns=One(Webhook, key="webhook"),
                safety="unsafe",
            ),
            options,
        )

    @staticmethod
    def parse(body: bytes | str | Mapping[str, Any]) -> WebhookEvent:
        """Read the body of a request that came to a webhook's address; nothing is sent.

        No signature, secret or order of delivery is documented: anybody who knows the address can
        send such a request. Take the event as a hint and read the record again, as with
        `jobs.get(event.id)`, before acting on it. `parse_webhook` does the same without a client.

        :param body: the request's bytes or text, or its JSON already parsed.
        :raises DecodeError: when it is no JSON object, or its `data` is none.
        """
        return parse_webhook(body)

    async def healthcheck(self, *, options: Options | None = None) -> None:
        """Return when the service is up, raise when it is not."""
        await self._session.send(
            Request(verb="GET", path="/api/webhooks/healthcheck", returns=Done()), options
        )


@frozen
class _Updated:
    """The answer to a change: the vendor's client has it typed as a listing, of one it must be."""

    kind: ClassVar[str] = "JSON"

    def read(self, body: bytes) -> Webhook:
        """Read the webhook, wrapped, bare, or alone in a list."""
        try:
            return One(Webhook, key="webhook").read(body)
        except FieldProblem:
            with suppress(FieldProblem):
                [webhook] = Items(Webhook, key="webhooks").read(body)
                return webhook
            raise
