"""The asynchronous client."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from functools import cached_property
from inspect import isawaitable
from os import PathLike
from types import TracebackType
from typing import TYPE_CHECKING, Self

from .raw import P, Raw, T, raw_of, recording
from .session.identity.secret import veiled

# Imported when a client is made, and a service when it is used: importing this costs little.
if TYPE_CHECKING:
    from .config import Settings
    from .events import Stats
    from .hooks import Hooks
    from .network import Network
    from .options import Limits, Retry, Timeout
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
    from .session.auth import Ask, Token
    from .session.session import Session

__all__ = ("AsyncThreekit",)


class AsyncThreekit:
    """Talk to Threekit.

    Make one client for each process and event loop, and share it. Connections are opened by the
    first request, in the loop that runs then, and closed by `aclose()` or `async with`.

    :param token: text or `Secret` (a private token), `PrivateToken`, `PublicToken`, `CookieAuth`,
        or a function that gives one of these: it is asked when the first request needs a token,
        and once more when the server refuses that token.
    :param org_id: the organisation; sent with every request. Some endpoints refuse to work
        without it.
    :param host: as `admin.threekit.com` (the default) or `http://127.0.0.1:8787`.
    :param timeout: bounds of one attempt; see `Timeout`.
    :param retry: how failed attempts are repeated; see `Retry`.
    :param limits: how much is in flight at the same time; see `Limits`.
    :param deadline: seconds for each call, all its attempts included; see `Options`.
    :param network: proxies, certificates, an `aiohttp.ClientSession` of yours; see `Network`.
    :param hooks: functions that are told what happens; see `Hooks`.
    :param cache: a folder. Answers in JSON are kept there and confirmed by the server at each use,
        files by their hash; what is there is readable by its owner only. None keeps nothing.
    :raises ConfigError: when there is no token, or the host is impossible.

        async with AsyncThreekit(token="...", org_id="...") as tk:
            layer = await tk.layers.get(layer_id)
    """

    def __init__(
        self,
        *,
        token: Token | Ask | None = None,
        org_id: str | None = None,
        host: str | None = None,
        timeout: Timeout | None = None,
        retry: Retry | None = None,
        limits: Limits | None = None,
        deadline: float | None = None,
        network: Network | None = None,
        hooks: Hooks | None = None,
        cache: str | PathLike[str] | None = None,
    ) -> None:
        token = veiled(token)
        from .assembly import assembled, given
        from .options import Options

        self._session = assembled(
            given(token=token, org_id=org_id, host=host, network=network),
            options=Options(timeout=timeout, retry=retry, deadline=deadline),
            limits=limits,
            network=network,
            hooks=hooks,
            cache=cache,
        )
        self._owns_session = True

    @classmethod
    def from_env(
        cls,
        *,
        profile: str | None = None,
        token: Token | Ask | None = None,
        org_id: str | None = None,
        host: str | None = None,
        timeout: Timeout | None = None,
        retry: Retry | None = None,
        limits: Limits | None = None,
        deadline: float | None = None,
        network: Network | None = None,
        hooks: Hooks | None = None,
        cache: str | PathLike[str] | None = None,
    ) -> Self:
        """Make a client from arguments, the environment, and a profile of the user's config file.

        An argument wins over its variable (`THREEKIT_TOKEN`, `THREEKIT_ORG_ID`, `THREEKIT_HOST`
        ...), and a variable over the profile: the one named here, or by `THREEKIT_PROFILE`, or the
        file's default one. `settings.explain()` says where each value came from.

        :raises ConfigError: when there is no token, the host is impossible, or there is no such
            profile.
        """
        token = veiled(token)
        from .assembly import assembled, found
        from .options import Options

        made = object.__new__(cls)
        made._session = assembled(
            found(profile=profile, token=token, org_id=org_id, host=host, network=network),
            options=Options(timeout=timeout, retry=retry, deadline=deadline),
            limits=limits,
            network=network,
            hooks=hooks,
            cache=cache,
        )
        made._owns_session = True
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
    def settings(self) -> Settings:
        """What the client was made from; `explain()` says where each value came from."""
        return self._session.settings

    @property
    def stats(self) -> Stats:
        """Calls, requests, retries, waits and bytes since the client was made."""
        return self._session.stats

    def with_options(
        self,
        *,
        timeout: Timeout | None = None,
        retry: Retry | None = None,
        deadline: float | None = None,
        headers: Mapping[str, str] | None = None,
        cache_scope: str | None = None,
        cache_max_age: int | None = None,
    ) -> Self:
        """Return a client with other defaults that shares connections, limits and counters.

        It lives as long as the client it came from; closing it closes nothing. See `Options` for
        what each argument means.

        :raises ConfigError: when one of them is of another kind, or impossible.
        """
        from .options import Options

        given = Options(
            timeout=timeout,
            retry=retry,
            deadline=deadline,
            headers={} if headers is None else headers,
            cache_scope=cache_scope,
            cache_max_age=cache_max_age,
        )
        twin = object.__new__(type(self))
        twin._session = self._session.with_options(given)
        twin._owns_session = False
        return twin

    async def raw(
        self, method: Callable[P, Awaitable[T]], /, *args: P.args, **kwargs: P.kwargs
    ) -> Raw[T]:
        """Call a method of this client and return its answer with status, headers and bytes.

            raw = await tk.raw(tk.layers.get, layer_id)
            print(raw.status, raw.headers.get("ETag"), raw.attempts, raw.value.id)

        :param method: a method of a service, or of a listing, as `tk.layers.list().first`.
        :raises UsageError: when the call sent nothing.
        """
        with recording() as replies:
            made = method(*args, **kwargs)
            if not isawaitable(made):  # a listing: nothing was sent
                return raw_of(made, replies)
            return raw_of(await made, replies)

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
        session: Session | None = getattr(self, "_session", None)
        if session is None:  # a traceback shows it while its settings are refused
            return "<AsyncThreekit not made yet>"
        settings = session.settings
        return f"<AsyncThreekit {settings.origin} org_id={settings.org_id!r} {session.gate!r}>"
