"""The asynchronous client."""

from __future__ import annotations

from functools import cached_property
from types import TracebackType
from typing import TYPE_CHECKING, Self

from ._version import __version__
from .config import Settings, environment
from .events import Stats
from .options import Limits, Options, Retry, Timeout
from .session.auth import Credentials, Secret
from .session.session import Session

if TYPE_CHECKING:
    from .services.analytics import Analytics
    from .services.asset_jobs import AssetJobs
    from .services.assets import Assets
    from .services.catalog import Catalog
    from .services.configurations import Configurations
    from .services.customers import Customers
    from .services.files import Files
    from .services.jobs import Jobs
    from .services.layers import Layers
    from .services.orders import Orders
    from .services.products import Products
    from .services.webhooks import Webhooks

__all__ = ("AsyncThreekit",)


class AsyncThreekit:
    """Talk to Threekit.

    Make one client for each process and event loop, and share it. Connections are opened by the
    first request, in the loop that runs then, and closed by `aclose()` or `async with`.

    :param token: text or `Secret` (a private token), `PrivateToken` or `PublicToken`.
    :param org_id: the organisation; sent with every request. Some endpoints refuse to work
        without it.
    :param host: as `admin.threekit.com` (the default) or `http://127.0.0.1:8787`.
    :param timeout: bounds of one attempt; see `Timeout`.
    :param retry: how failed attempts are repeated; see `Retry`.
    :param limits: how much is in flight at the same time; see `Limits`.
    :param deadline: seconds for each call, all its attempts included.
    :raises ConfigError: when there is no token, or the host is impossible.

        async with AsyncThreekit(token="...", org_id="...") as tk:
            layer = await tk.layers.get(layer_id)
    """

    def __init__(
        self,
        *,
        token: str | Secret | Credentials | None = None,
        org_id: str | None = None,
        host: str | None = None,
        timeout: Timeout | None = None,
        retry: Retry | None = None,
        limits: Limits | None = None,
        deadline: float | None = None,
    ) -> None:
        self._session = Session(
            settings=Settings.resolve(token=token, org_id=org_id, host=host),
            limits=limits,
            options=Options(timeout=timeout, retry=retry, deadline=deadline),
            user_agent=f"threekit-async/{__version__}",
        )
        self._owns_session = True

    @classmethod
    def from_env(
        cls,
        *,
        token: str | Secret | Credentials | None = None,
        org_id: str | None = None,
        host: str | None = None,
        timeout: Timeout | None = None,
        retry: Retry | None = None,
        limits: Limits | None = None,
        deadline: float | None = None,
    ) -> Self:
        """Make a client from `THREEKIT_TOKEN`, `THREEKIT_ORG_ID` and `THREEKIT_HOST`.

        An argument wins over its variable.

        :raises ConfigError: when there is no token, or the host is impossible.
        """
        found = Settings.resolve(token=token, org_id=org_id, host=host, environment=environment())
        made = cls(
            token=found.token,
            org_id=found.org_id,
            host=found.origin,
            timeout=timeout,
            retry=retry,
            limits=limits,
            deadline=deadline,
        )
        # The same values, but these remember where they came from.
        made._session.settings = found
        return made

    @cached_property
    def analytics(self) -> Analytics:
        """Sessions and events of configurators and viewers."""
        from .services.analytics import Analytics

        return Analytics(self._session)

    @cached_property
    def asset_jobs(self) -> AssetJobs:
        """Imports, exports and renders, each a job."""
        from .services.asset_jobs import AssetJobs

        return AssetJobs(self._session)

    @cached_property
    def assets(self) -> Assets:
        """Items, models, materials and everything else an organisation stores."""
        from .services.assets import Assets

        return Assets(self._session)

    @cached_property
    def catalog(self) -> Catalog:
        """Items as shops see them, and imports in one call."""
        from .services.catalog import Catalog

        return Catalog(self._session)

    @cached_property
    def configurations(self) -> Configurations:
        """Saved states of configurators."""
        from .services.configurations import Configurations

        return Configurations(self._session)

    @cached_property
    def customers(self) -> Customers:
        """Who ordered or saved, on which platform."""
        from .services.customers import Customers

        return Customers(self._session)

    @cached_property
    def files(self) -> Files:
        """Stored files: their records and their bytes."""
        from .services.files import Files

        return Files(self._session)

    @cached_property
    def jobs(self) -> Jobs:
        """Jobs, their tasks and runs."""
        from .services.jobs import Jobs

        return Jobs(self._session)

    @cached_property
    def layers(self) -> Layers:
        """Stored renders and exports of assets in their configurations."""
        from .services.layers import Layers

        return Layers(self._session)

    @cached_property
    def orders(self) -> Orders:
        """Orders of shops, made of saved configurations."""
        from .services.orders import Orders

        return Orders(self._session)

    @cached_property
    def products(self) -> Products:
        """Items as JSON: export, change, import."""
        from .services.products import Products

        return Products(self._session)

    @cached_property
    def webhooks(self) -> Webhooks:
        """Addresses the platform calls when something happens."""
        from .services.webhooks import Webhooks

        return Webhooks(self._session)

    @property
    def stats(self) -> Stats:
        """Requests, retries and bytes since the client was made."""
        return self._session.stats

    def with_options(
        self,
        *,
        timeout: Timeout | None = None,
        retry: Retry | None = None,
        deadline: float | None = None,
    ) -> Self:
        """Return a client with other defaults that shares connections, limits and counters.

        It lives as long as the client it came from; closing it closes nothing.
        """
        twin = object.__new__(type(self))
        twin._session = self._session.with_options(
            Options(timeout=timeout, retry=retry, deadline=deadline)
        )
        twin._owns_session = False
        return twin

    async def aclose(self) -> None:
        """End what still runs and close every connection; harmless when done before."""
        if self._owns_session:
            await self._session.aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self.aclose()

    def __repr__(self) -> str:
        settings = self._session.settings
        return (
            f"<AsyncThreekit {settings.origin} org_id={settings.org_id!r} {self._session.gate!r}>"
        )
