"""The Webhooks API: addresses the platform calls when something happens."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from typing import Any, ClassVar, cast

from attrs import frozen

from ..errors import UsageError
from ..models.base import UNSET, Maybe
from ..models.fields import FieldProblem
from ..models.webhooks import Webhook, WebhookEvent, WebhookFilter, parse_webhook
from ..options import Options
from ..session.decode import Done, Items, One
from ..session.request import Json, Request
from .service import Service
from .wire import List, body_of, changes_of, filters

__all__ = ("Webhooks",)


class Webhooks(Service):
    """Register the addresses the platform calls, and read what it sends there.

    A webhook listens to a topic and passes what its filter lets through. Which topics there are is
    in no readable source. Writing needs a private token.
    Source: the vendor's help centre (list, record) and its own client (the rest).

        hook = await tk.webhooks.create(
            topic=topic, address="https://shop.example/hook", filter={"status": ["success"]}
        )
        event = tk.webhooks.parse(request_body)
    """

    async def list(
        self,
        *,
        topic: str | None = None,
        address: str | None = None,
        options: Options | None = None,
    ) -> List[Webhook]:
        """Read the webhooks of the organisation; there are no pages. Any token.

        Source: the vendor's help centre.

        :param topic: only those that listen to it.
        :param address: only those that call it.
        :raises ForbiddenError: when the token may not read them.
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
        """Read one webhook. Any token.

        Source: the vendor's own client.

        :param webhook_id: the webhook's UUID.
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

        Source: the vendor's own client.

        :param topic: what to listen to; any text is taken, it seems.
        :param address: a URL; JSON is posted to it. See `parse`.
        :param filter: `status` (`success`, `failed` for jobs; the status of an order) and `type`
            (of jobs), each a list. The vendor's own client always sends one.
        :raises UnprocessableError: when the address is missing.
        :raises ForbiddenError: for a public token.
        :raises UsageError: when a status or type of the filter is one text in place of a list.
        """
        _check(filter)
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

        What is not given stays; None is sent as null.
        Source: the vendor's own client.

        :param webhook_id: the webhook's UUID.
        :param topic: what to listen to, as for `create`.
        :param address: a URL, as for `create`.
        :param filter: as for `create`; it is replaced as a whole, as we understand it.
        :raises NotFoundError: when there is no such webhook.
        :raises ForbiddenError: for a public token.
        :raises UsageError: when nothing is to be changed, or the filter cannot be one; see
            `create`.
        """
        _check(filter)
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

        Use a private token. Source: the vendor's own client.

        :param webhook_id: the webhook's UUID.
        :raises NotFoundError: when there is no such webhook.
        :raises ForbiddenError: for a public token.
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
        """Bring a deleted webhook back and return it. Use a private token.

        Source: the vendor's own client.

        :param webhook_id: the webhook's UUID.
        :raises NotFoundError: when there is no such webhook; the status is our assumption.
        :raises ForbiddenError: for a public token.
        """
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

        It needs no token. No signature, secret or order of delivery is documented: anybody who
        knows the address can send such a request. Take the event as a hint and read the record
        again, as with `jobs.get(event.id)`, before acting on it. `parse_webhook` does the same
        without a client.
        Source: public integrations.

        :param body: the request's bytes or text, or its JSON already parsed.
        :raises DecodeError: when it is no JSON object, or its `data` is none.
        :raises UsageError: when it is no body at all, such as None.
        """
        return parse_webhook(body)

    async def healthcheck(self, *, options: Options | None = None) -> None:
        """Return when the service is up, and raise when it is not.

        Any token. Source: the vendor's own client.

        :raises StatusError: when it answers that it is not.
        """
        await self._session.send(
            Request(verb="GET", path="/api/webhooks/healthcheck", returns=Done()), options
        )


def _check(filter: object) -> None:  # noqa: A002  # the vendor's word
    """Refuse `{"status": "failed"}`, which would let through what nobody asked for."""
    for name in ("status", "type"):
        if isinstance(filter, Mapping):
            given: object = cast("Mapping[str, object]", filter).get(name)
        else:
            given = getattr(filter, name, None)
        if isinstance(given, str):
            raise UsageError(
                f"The {name} of a filter is a list, as [{given!r}], not one text; nothing was sent."
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
