"""Who is asking: secrets, tokens, and the rule that they go to the configured origin only."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NoReturn, Protocol, final, runtime_checkable

from attrs import field, frozen

from ..errors import ConfigError

__all__ = ("Credentials", "PrivateToken", "PublicToken", "Secret", "credentials")


@final
class Secret:
    """Hold a text that must not be seen: `repr`, `str`, formatting and pickling hide it."""

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        if not text.strip():
            raise ConfigError("The token is empty. Copy it again from the platform's token page.")
        self._text = text.strip()
        if not all("!" <= character <= "~" for character in self._text):
            raise ConfigError(
                "The token has blanks or letters that cannot be sent. "
                "Copy it again from the platform's token page."
            )

    def reveal(self) -> str:
        """Return the text. Whoever calls this is responsible for where it goes."""
        return self._text

    def __repr__(self) -> str:
        return "Secret('***')"

    __str__ = __repr__

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and other._text == self._text

    def __hash__(self) -> int:
        return hash(self._text)

    def __reduce__(self) -> NoReturn:
        raise TypeError("A Secret does not pickle: read it again where it is needed.")


@runtime_checkable
class Credentials(Protocol):
    """What a request carries so that the server knows the caller."""

    def headers(self) -> Mapping[str, str]:
        """Headers to add to every request to the configured origin."""
        ...

    def query(self) -> Mapping[str, str]:
        """Query parameters to add to every request to the configured origin."""
        ...


def _secret(value: object) -> Secret:
    if isinstance(value, Secret):
        return value
    if isinstance(value, str):
        return Secret(value)
    raise ConfigError(f"A token is a string or a Secret, not {type(value).__name__}.")


@frozen
class PrivateToken:
    """Send a private token as `Authorization: Bearer ...` (vendor: the server-side form)."""

    token: Secret = field(converter=_secret)

    def headers(self) -> Mapping[str, str]:
        """Return the Authorization header."""
        return {"Authorization": f"Bearer {self.token.reveal()}"}

    def query(self) -> Mapping[str, str]:
        """Return nothing: private tokens stay out of URLs."""
        return {}


@frozen
class PublicToken:
    """Send a public token as the query parameter `bearer_token` (vendor: the browser form)."""

    token: Secret = field(converter=_secret)

    def headers(self) -> Mapping[str, str]:
        """Return nothing: public tokens are documented as a query parameter."""
        return {}

    def query(self) -> Mapping[str, str]:
        """Return the `bearer_token` parameter."""
        return {"bearer_token": self.token.reveal()}


def credentials(token: object) -> Credentials:
    """Accept a token in any form: text and `Secret` mean a private token.

    :raises ConfigError: when it is none of those.
    """
    if isinstance(token, (str, Secret)):
        return PrivateToken(token)
    if isinstance(token, Credentials):
        return token
    raise ConfigError(
        f"A token is a string, Secret, PrivateToken or PublicToken, not {type(token).__name__}."
    )
