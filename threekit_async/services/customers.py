"""The Customers API: who ordered or saved, on which platform."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..models.base import UNSET, Maybe
from ..models.customers import Customer
from ..models.orders import Platform
from ..options import Options
from ..session.decode import Items, One
from ..session.request import Json, Request
from .checks import check_names
from .service import Service
from .wire import List, body_of, changes_of, filters

__all__ = ("Customers",)


class Customers(Service):
    """Read and write customers, whom orders and saved configurations name.

    Public tokens may read, private ones write too. Only the listing is described in a readable
    source; the other calls are marked experimental. Source: the vendor's help centre.

        shoppers = await tk.customers.list(platform={"platform": "shopify"})
    """

    async def list(
        self,
        *,
        platform: Platform | Mapping[str, Any] | None = None,
        options: Options | None = None,
    ) -> List[Customer]:
        """Read the customers of the organisation; no pages are documented. Any token.

        Source: the vendor's help centre.

        :param platform: what the customers' platform data must equal, as `{"id": "77"}`; a mapping
            uses the API's names, as `storeName`.
        :raises AuthenticationError: when the token is not known, or may not read customers.
        :raises UsageError: when `platform` is no mapping, or uses Python's names.
        """
        check_names("A platform", platform, Platform)
        return await self._session.send(
            Request(
                verb="GET",
                path="/api/customers",
                query=filters(platform=platform),
                returns=Items(Customer, key="customers"),
            ),
            options,
        )

    async def get(self, customer_id: str, *, options: Options | None = None) -> Customer:
        """Read one customer. Any token.

        Experimental: in no readable source; the address is our assumption.

        :param customer_id: the customer's UUID.
        :raises NotFoundError: when there is no such customer, or no such call.
        """
        return await self._session.send(
            Request(
                verb="GET",
                path="/api/customers/{customer_id}",
                params={"customer_id": customer_id},
                returns=One(Customer, key="customer"),
            ),
            options,
        )

    async def create(
        self,
        *,
        name: str | None = None,
        position: str | None = None,
        company: str | None = None,
        email: str | None = None,
        phone: str | None = None,
        address: str | None = None,
        city: str | None = None,
        country: str | None = None,
        ip: str | None = None,
        metadata: Mapping[str, Any] | None = None,
        platform: Platform | Mapping[str, Any] | None = None,
        options: Options | None = None,
    ) -> Customer:
        """Add a customer and return it. Use a private token.

        Experimental: the vendor speaks of creating customers and does not describe the call; that
        it takes the fields of the record and answers with it is our assumption.

        :param name: of the person.
        :param position: the person's, in the company.
        :param company: where the person works.
        :param email: an address for mail.
        :param phone: a number, as text.
        :param address: street and number.
        :param city: of the address.
        :param country: of the address.
        :param ip: the address of the computer, as text.
        :param metadata: anything of your own.
        :param platform: the shop, and its id of the customer; a mapping uses the API's names, as
            `storeName`.
        :raises ForbiddenError: for a public token.
        :raises UsageError: when `platform` uses Python's names in a mapping.
        """
        check_names("A platform", platform, Platform)
        body = body_of(
            name=name,
            position=position,
            company=company,
            email=email,
            phone=phone,
            address=address,
            city=city,
            country=country,
            ip=ip,
            metadata=metadata,
            platform=platform,
            org_id=self._session.settings.org_id,
        )
        return await self._session.send(
            Request(
                verb="POST",
                path="/api/customers",
                body=Json(body),
                returns=One(Customer, key="customer"),
                safety="unsafe",
            ),
            options,
        )

    async def update(
        self,
        customer_id: str,
        *,
        name: Maybe[str | None] = UNSET,
        position: Maybe[str | None] = UNSET,
        company: Maybe[str | None] = UNSET,
        email: Maybe[str | None] = UNSET,
        phone: Maybe[str | None] = UNSET,
        address: Maybe[str | None] = UNSET,
        city: Maybe[str | None] = UNSET,
        country: Maybe[str | None] = UNSET,
        ip: Maybe[str | None] = UNSET,
        metadata: Maybe[Mapping[str, Any] | None] = UNSET,
        platform: Maybe[Platform | Mapping[str, Any] | None] = UNSET,
        options: Options | None = None,
    ) -> Customer:
        """Change a customer and return it as it is then. Use a private token.

        Experimental: in no readable source; address and body are our assumption. What is not given
        stays; None is sent as null.

        :param customer_id: the customer's UUID.
        :param name: of the person.
        :param position: the person's, in the company.
        :param company: where the person works.
        :param email: an address for mail.
        :param phone: a number, as text.
        :param address: street and number.
        :param city: of the address.
        :param country: of the address.
        :param ip: the address of the computer, as text.
        :param metadata: anything of your own; replaced as a whole, as we understand it.
        :param platform: the shop, and its id of the customer; a mapping uses the API's names, as
            `storeName`.
        :raises ForbiddenError: for a public token.
        :raises NotFoundError: when there is no such customer, or no such call.
        :raises UsageError: when nothing is to be changed, or `platform` uses Python's names.
        """
        check_names("A platform", platform, Platform)
        changes = changes_of(
            name=name,
            position=position,
            company=company,
            email=email,
            phone=phone,
            address=address,
            city=city,
            country=country,
            ip=ip,
            metadata=metadata,
            platform=platform,
        )
        return await self._session.send(
            Request(
                verb="PUT",
                path="/api/customers/{customer_id}",
                params={"customer_id": customer_id},
                body=Json(changes),
                returns=One(Customer, key="customer"),
                safety="idempotent",
            ),
            options,
        )
