"""Which of the tokens that were found is used, and the site a public one is used from. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from ..errors import ConfigError
from .levels import ARGUMENT, NOT_USED, Found, Level, checked, strongest

if TYPE_CHECKING:
    from ..session.auth import Credentials, Provider

__all__ = ("chosen_token",)

_KINDS = ("token", "public_token")


def chosen_token(
    levels: Sequence[Level], otherwise: str
) -> tuple[Credentials | Provider, dict[str, str]]:
    """Return the token of the strongest level, and the sources of what has no effect beside it.

    :param otherwise: what to do when there is none, for the message.
    :raises ConfigError: when there is none, or one level has both kinds, or it cannot be used.
    """
    from ..session.auth import PublicToken, credentials

    name, found = _strongest_kind(levels, otherwise)
    [other] = (kind for kind in _KINDS if kind != name)
    unused = _unused(levels, other, f"{name} is stronger")
    if name == "public_token" and not isinstance(found.value, PublicToken):
        return _public(found, strongest(levels, "origin")), unused
    _refuse_origin(levels)
    unused |= _unused(levels, "origin", "it belongs to a public_token in text")
    return checked(found, credentials), unused


def _strongest_kind(levels: Sequence[Level], otherwise: str) -> tuple[str, Found]:
    for level in levels:
        named = [kind for kind in _KINDS if kind in level]
        if len(named) > 1:
            sources = " and ".join(dict.fromkeys(level[kind].source for kind in named))
            raise ConfigError(
                f"There are both a token and a public_token ({sources}). Give one: a token where "
                "nobody else sees it, a public_token for what a browser may do."
            )
        if named:
            return named[0], level[named[0]]
    raise ConfigError(f"There is no token. {otherwise}")


def _public(token: Found, origin: Found | None) -> Credentials:
    from ..session.auth import PublicToken

    public = checked(token, PublicToken)
    if origin is None:
        return public
    return checked(origin, lambda site: PublicToken(public.token, origin=site))


def _refuse_origin(levels: Sequence[Level]) -> None:
    origin = strongest(levels, "origin")
    if origin is not None and origin.source == ARGUMENT:
        raise ConfigError(
            "origin=... belongs to public_token=..., given as text. Leave it out, or use "
            "token=PublicToken(..., origin=...)."
        )


def _unused(levels: Sequence[Level], name: str, why: str) -> dict[str, str]:
    found = strongest(levels, name)
    return {} if found is None else {name: f"{NOT_USED}: {found.source} ({why})"}
