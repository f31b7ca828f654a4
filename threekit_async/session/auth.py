"""Who is asking: secrets, tokens, and where a token comes from."""

from __future__ import annotations

import inspect
from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from typing import (
    ClassVar,
    NoReturn,
    Protocol,
    TypeAlias,
    cast,
    final,
    runtime_checkable,
)

from attrs import field, frozen

from ..errors import ConfigError
from .identity.origins import Origin
from .identity.secret import Misfit, Secret, fault_of_cookie, held, or_raise, veiled

__all__ = (
    "Ask",
    "CookieAuth",
    "Credentials",
    "PrivateToken",
    "Provider",
    "PublicToken",
    "Secret",
    "Token",
    "credentials",
    "require_org_id",
    "signed_names",
    "veiled",
)


@runtime_checkable
class Credentials(Protocol):
    """What a request carries so that the server knows the caller.

    Two that are equal are refused alike: a provider whose answer equals the refused credentials
    is not tried again. With an attribute `needs_org_id` that is True, a client without `org_id`
    is refused when it is made.
    """

    def headers(self) -> Mapping[str, str]:
        """Headers to add to every request to the configured origin."""
        ...

    def query(self) -> Mapping[str, str]:
        """Query parameters to add to every request to the configured origin."""
        ...


Token: TypeAlias = str | Secret | Credentials
"""What says who is asking; a text is a private token."""

Ask: TypeAlias = Callable[[], Token | Awaitable[Token]]
"""Gives the token to use now; asked again after the server has refused the last one."""


@frozen(init=False)
class PrivateToken:
    """Send a private token as `Authorization: Bearer ...` (vendor: the server-side form).

    :raises ConfigError: when it is empty or cannot be sent.
    """

    token: Secret

    def __init__(self, token: str | Secret) -> None:
        found = held(token, Secret)
        del token
        object.__setattr__(self, "token", or_raise(found))

    def __repr__(self) -> str:
        return "PrivateToken('***')"

    def headers(self) -> Mapping[str, str]:
        """Return the Authorization header."""
        return {"Authorization": f"Bearer {self.token.reveal()}"}

    def query(self) -> Mapping[str, str]:
        """Return nothing: private tokens stay out of URLs."""
        return {}


@frozen(init=False)
class PublicToken:
    """Send a public token as the query parameter `bearer_token` (vendor: the browser form).

    A public token is valid from its allowed domains only. Outside of a browser, `origin` says
    which of them the requests come from, as `https://shop.example.com`: they then carry it as
    Origin and Referer, as a browser's would. The vendor documents the list of domains; that the
    server compares it with these two headers is an assumption.

    :param origin: scheme and host, and a port if it has one; None sends neither header.
    :raises ConfigError: when the token is empty or cannot be sent, or the origin is not one.
    """

    token: Secret
    origin: str | None

    def __init__(self, token: str | Secret, *, origin: str | None = None) -> None:
        found = held(token, Secret)
        del token
        object.__setattr__(self, "token", or_raise(found))
        object.__setattr__(self, "origin", None if origin is None else _site(origin))

    def __repr__(self) -> str:
        # It is asked for while an origin that is none is refused, too.
        return f"PublicToken('***', origin={getattr(self, 'origin', None)!r})"

    def headers(self) -> Mapping[str, str]:
        """Return what a browser says of the page that asks; nothing without an origin."""
        if self.origin is None:
            return {}
        return {"Origin": self.origin, "Referer": f"{self.origin}/"}

    def query(self) -> Mapping[str, str]:
        """Return the `bearer_token` parameter."""
        return {"bearer_token": self.token.reveal()}


@frozen(init=False)
class CookieAuth:
    """Send the cookie of somebody who is signed in to the platform (vendor: for embedded apps).

    The server then needs to be told the organisation: the client must have an `org_id`.

    :param cookie: the value of the Cookie header, as `name=value; name=value`.
    :raises ConfigError: when it is empty or cannot be sent.
    """

    # The vendor derives the organisation from a token, but not from a cookie.
    needs_org_id: ClassVar[bool] = True

    cookie: Secret

    def __init__(self, cookie: str | Secret) -> None:
        found = held(cookie, partial(Secret, fault=fault_of_cookie))
        del cookie
        object.__setattr__(self, "cookie", or_raise(found))

    def __repr__(self) -> str:
        return "CookieAuth('***')"

    def headers(self) -> Mapping[str, str]:
        """Return the Cookie header."""
        return {"Cookie": self.cookie.reveal()}

    def query(self) -> Mapping[str, str]:
        """Return nothing: cookies stay out of URLs."""
        return {}


@final
@frozen
class Provider:
    """Ask for the token when it is needed, and again when the server has refused it.

    Nothing of what the function holds is shown, only its name.

    :param ask: a function without arguments; an async one runs on the client's event loop, any
        other in a thread, where it may block.
    """

    ask: Ask = field(repr=False)

    @property
    def name(self) -> str:
        """What the function is called in errors."""
        named: object = self.ask
        while isinstance(named, partial):
            named = named.func
        return str(getattr(named, "__qualname__", type(named).__name__))

    @property
    def waits(self) -> bool:
        """It is an async function, which must not leave the event loop."""
        return inspect.iscoroutinefunction(self.ask) or inspect.iscoroutinefunction(
            getattr(self.ask, "__call__", None)  # noqa: B004  # not whether it has one, but which
        )

    def __repr__(self) -> str:
        return f"<Provider {self.name}>"

    def __reduce__(self) -> NoReturn:
        raise TypeError("A Provider does not pickle: make it again where it is needed.")


def credentials(token: object) -> Credentials | Provider:
    """Accept a token in any form: text and `Secret` mean a private token, a function gives one.

    :raises ConfigError: when it is none of those, or a text that is no token.
    """
    if isinstance(token, (str, Secret)):
        found = held(token, Secret)
        del token
        return PrivateToken(or_raise(found))
    if isinstance(token, type):
        raise ConfigError(f"{token.__name__} is a class: pass {token.__name__}(...) as the token.")
    if isinstance(token, (Credentials, Provider)):
        return token
    if callable(token):
        return Provider(cast("Ask", token))
    kind = token.kind if isinstance(token, Misfit) else type(token).__name__
    del token
    raise ConfigError(
        "A token is a string, Secret, PrivateToken, PublicToken, CookieAuth, or a function that "
        f"gives one, not {kind}."
    )


def require_org_id(found: Credentials | Provider, org_id: str | None) -> None:
    """Refuse credentials that need an organisation when there is none.

    What a provider will give is not known yet: it is checked when it has given it.

    :raises ConfigError: naming what is missing.
    """
    if org_id is None and getattr(found, "needs_org_id", False):
        raise ConfigError(
            f"{type(found).__name__} works together with an organisation only. "
            "Pass org_id=..., or set THREEKIT_ORG_ID and use from_env()."
        )


def signed_names(found: Credentials) -> frozenset[str]:
    """Name the headers and query parameters that credentials add to a request."""
    return frozenset({*found.headers(), *found.query()})


def _site(origin: object) -> str:
    # A browser has no slash behind an origin; the address bar, from where it is copied, has.
    found = Origin.read(origin.strip().removesuffix("/")) if isinstance(origin, str) else None
    if found is None:
        raise ConfigError(
            "The origin of a public token is a scheme and a host, as https://shop.example.com: "
            "one site among the token's allowed domains, without a path and without *."
        )
    return str(found)
