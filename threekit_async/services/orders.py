"""The Orders API: orders of shops, made of saved configurations."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..models.base import UNSET, Maybe
from ..models.orders import Order, OrderStatus, Platform
from ..options import Options
from ..paging.pager import AsyncPager
from ..session.decode import Done, One, Rows
from ..session.request import Json, Request
from .checks import check_length, check_names
from .orders_cart import Cart, cart_of
from .service import Service
from .wire import body_of, changes_of, filters, sort_of

__all__ = ("Orders",)


class Orders(Service):
    """Place and track orders: each line is a saved configuration and a count.

    While an order is `List` or `In Cart`, a public token may write it too; from `New` on a private
    one is needed. There is no call to delete an order.
    Source: the vendor's Orders help page, its reference (`update`, items) and its own client.

        order = await tk.orders.create(
            cart=[CartItem(configuration_id=saved.id, count=2)],
            platform=Platform(id="1001", platform="shopify"),
            status="New",
        )
        await tk.orders.update(order.id, status="In Progress")
    """

    def list(
        self,
        *,
        short_id: str | None = None,
        origin_org_id: str | None = None,
        platform: Platform | Mapping[str, Any] | None = None,
        sort: str | None = None,
        per_page: int = 100,
        concurrency: int = 8,
        options: Options | None = None,
    ) -> AsyncPager[Order]:
        """List orders; nothing is sent until the pager is used. Any token.

        Source: the vendor's Orders help page; paging: the vendor's own client.

        :param short_id: the exact short id.
        :param origin_org_id: the organisation the orders came from.
        :param platform: what the orders' platform data must equal, as `{"id": "1001"}`; a mapping
            uses the API's names, as `storeName`.
        :param sort: a field with its direction, as `-created_at`; the vendor's default is
            `+created_at`.
        :param per_page: rows for each request, 1 to 100.
        :param concurrency: pages in flight at most.
        :raises ForbiddenError: when the token may not read the organisation's orders.
        :raises UsageError: when `platform` is no mapping, or uses Python's names.
        """
        check_names("A platform", platform, Platform)
        request = Request(
            verb="GET",
            path="/api/orders",
            returns=Rows(Order, "orders"),
            query=filters(
                short_id=short_id,
                origin_org_id=origin_org_id,
                platform=platform,
                sort=sort_of(sort),
            ),
        )
        return AsyncPager(
            self._session, request, per_page=per_page, concurrency=concurrency, options=options
        )

    async def get(
        self,
        order_id: str,
        *,
        full_configuration: bool = False,
        options: Options | None = None,
    ) -> Order:
        """Read one order. Any token.

        Source: the vendor's own client.

        :param order_id: its UUID or its short id.
        :param full_configuration: ask for the saved configurations too. Seen in public
            integrations only. Whatever comes besides the fields of an order stands in the
            `extra` of the order and of its lines.
        :raises NotFoundError: when there is no such order.
        """
        return await self._session.send(
            Request(
                verb="GET",
                path="/api/orders/{order_id}",
                params={"order_id": order_id},
                query=filters(full_configuration=full_configuration or None),
                returns=One(Order),
            ),
            options,
        )

    async def create(
        self,
        *,
        cart: Cart,
        platform: Platform | Mapping[str, Any] | None = None,
        status: OrderStatus | None = None,
        name: str | None = None,
        metadata: Mapping[str, Any] | None = None,
        customer_id: str | None = None,
        origin_org_id: str | None = None,
        derivative: Mapping[str, str] | None = None,
        options: Options | None = None,
    ) -> Order:
        """Place an order. Use a private token, or a public one for `List` and `In Cart`.

        The order is not placed again by itself when the call may have reached the server: look
        for it with `list(platform=...)` first.
        Source: the vendor's Orders help page and its own client.

        :param cart: the lines, at least one. A mapping in place of a `CartItem` uses the API's own
            names: `{"configurationId": ..., "count": 1}`.
        :param platform: the shop, and its id of the order; `{}` when not given. A mapping uses the
            API's names, as `storeName`.
        :param status: `List`, `In Cart`, `New`, `In Progress` or `Complete`; which one is the
            default is not documented.
        :param name: 255 characters at most.
        :param metadata: anything of your own, objects in objects too.
        :param customer_id: the UUID of a customer.
        :param origin_org_id: the organisation the order comes from, its owner or a reseller; may be
            empty.
        :param derivative: names and texts; what they mean is not documented.
        :raises UnprocessableError: when the order is not complete.
        :raises ForbiddenError: when the token may not place it.
        :raises UsageError: when the cart is empty or not a list, a count is less than 1, the name
            is too long, or a mapping uses Python's names.
        """
        check_length("name", name)
        check_names("A platform", platform, Platform)
        body = body_of(
            cart=cart_of(cart),
            platform={} if platform is None else platform,
            status=status,
            name=name,
            metadata=metadata,
            customer_id=customer_id,
            origin_org_id=origin_org_id,
            derivative=derivative,
            org_id=self._session.settings.org_id,
        )
        return await self._session.send(
            Request(
                verb="POST",
                path="/api/orders",
                body=Json(body),
                returns=One(Order),
                safety="unsafe",
            ),
            options,
        )

    async def update(
        self,
        order_id: str,
        *,
        status: Maybe[OrderStatus] = UNSET,
        name: Maybe[str | None] = UNSET,
        metadata: Maybe[Mapping[str, Any]] = UNSET,
        derivative: Maybe[Mapping[str, str]] = UNSET,
        options: Options | None = None,
    ) -> Order:
        """Change an order and return it as it is then. Only orders of the own organisation.

        What is not given stays; None is sent as null. Use a private token, or a public one while
        the order is `List` or `In Cart`.
        Source: the vendor's reference.

        :param order_id: its UUID or its short id.
        :param status: `List`, `In Cart`, `New`, `In Progress` or `Complete`.
        :param name: 255 characters at most.
        :param metadata: whether it is replaced or merged is not documented.
        :param derivative: as for `create`; whether it is replaced or merged is not documented.
        :raises ForbiddenError: when the token may not write the order.
        :raises NotFoundError: when there is no such order; the status is our assumption.
        :raises UsageError: when nothing is to be changed, or the name is too long.
        """
        check_length("name", name)
        changes = changes_of(status=status, name=name, metadata=metadata, derivative=derivative)
        return await self._session.send(
            Request(
                verb="PUT",
                path="/api/orders/{order_id}",
                params={"order_id": order_id},
                body=Json(changes),
                returns=One(Order),
                safety="idempotent",
            ),
            options,
        )

    async def add_to_cart(
        self,
        order_id: str,
        cart: Cart,
        *,
        options: Options | None = None,
    ) -> Order:
        """Add lines to an order and return it. Tokens as for `update`.

        Source: the vendor's own client.

        :param order_id: its UUID or its short id.
        :param cart: the lines, at least one, as for `create`.
        :raises ForbiddenError: when the token may not write the order.
        :raises NotFoundError: when there is no such order; the status is our assumption.
        :raises UsageError: when there is no line, or one cannot be taken; see `create`.
        """
        return await self._session.send(
            Request(
                verb="POST",
                path="/api/orders/{order_id}/cart",
                params={"order_id": order_id},
                body=Json(cart_of(cart)),
                returns=One(Order),
                safety="unsafe",
            ),
            options,
        )

    async def replace_cart(
        self,
        order_id: str,
        cart: Cart,
        *,
        options: Options | None = None,
    ) -> Order:
        """Replace the lines of an order and return it. Tokens as for `update`.

        The vendor's own client calls this removing, and notes that it most likely replaces the
        whole cart: pass every line that is to stay, and look at the cart that comes back.
        Source: the vendor's own client.

        :param order_id: its UUID or its short id.
        :param cart: the lines, at least one, as for `create`.
        :raises ForbiddenError: when the token may not write the order.
        :raises NotFoundError: when there is no such order; the status is our assumption.
        :raises UsageError: when there is no line, or one cannot be taken; see `create`.
        """
        return await self._session.send(
            Request(
                verb="PUT",
                path="/api/orders/{order_id}/cart",
                params={"order_id": order_id},
                body=Json(cart_of(cart)),
                returns=One(Order),
                safety="idempotent",
            ),
            options,
        )

    async def add_items(
        self,
        order_id: str,
        items: Cart,
        *,
        options: Options | None = None,
    ) -> Order:
        """Add lines to an order by the address the vendor's reference has for it.

        Experimental: only the address is documented. That it takes an array of lines, as
        `add_to_cart` does, is our assumption; prefer `add_to_cart`. Tokens as for `update`.
        Source: the vendor's reference.

        :param order_id: its UUID or its short id.
        :param items: the lines, at least one, as for `create`.
        :raises ForbiddenError: when the token may not write the order.
        :raises NotFoundError: when there is no such order; the status is our assumption.
        :raises UsageError: when there is no line, or one cannot be taken; see `create`.
        """
        return await self._session.send(
            Request(
                verb="POST",
                path="/api/orders/{order_id}/items",
                params={"order_id": order_id},
                body=Json(cart_of(items)),
                returns=One(Order),
                safety="unsafe",
            ),
            options,
        )

    async def healthcheck(self, *, options: Options | None = None) -> None:
        """Return when the service is up, and raise when it is not.

        Any token. Source: the vendor's own client.

        :raises StatusError: when it answers that it is not.
        """
        await self._session.send(
            Request(verb="GET", path="/api/orders/healthcheck", returns=Done()), options
        )
