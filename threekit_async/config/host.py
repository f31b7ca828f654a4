"""Which server is asked: a host as people write it, and the origin it means. Pure."""

from __future__ import annotations

import re
from typing import Final

from ..errors import ConfigError
from ..session.identity.origins import Origin

__all__ = ("DEFAULT_HOST", "origin_of")

DEFAULT_HOST = "admin.threekit.com"
"""The host of the vendor's examples; `preview.threekit.com` is the other public one."""

_SCHEMES: Final = frozenset({"http", "https"})
_END_OF_NAME = re.compile(r"[/?#]")
_PORT = re.compile(r":[^:\]]*\Z")


def origin_of(host: str) -> str:
    """Turn a host setting into an origin: `admin.threekit.com` -> `https://admin.threekit.com`.

    A scheme and a port may be given (`http://127.0.0.1:8787`); a path, a query or a user may not.
    A port that is the scheme's own is left out: so it is written where a redirect leads.

    :raises ConfigError: when the text is not a host.
    """
    text = host.strip()
    scheme, authority, rest = _parts(text)
    found = Origin.of(scheme, authority)
    problem = _problem(scheme, authority, rest)
    if found is None or problem:
        raise ConfigError(
            f"The host {_shown(text)} cannot be used: {problem or _misnamed(scheme, authority)}. "
            f"Give a name such as {DEFAULT_HOST}, or http://127.0.0.1:8787."
        )
    return str(found)


def _parts(text: str) -> tuple[str, str, str]:
    scheme, mark, rest = text.partition("://")
    if not mark or _END_OF_NAME.search(scheme):
        scheme, rest = "https", text
    authority = _END_OF_NAME.split(rest, maxsplit=1)[0]
    return scheme.lower(), authority, rest.removeprefix(authority)


def _problem(scheme: str, authority: str, rest: str) -> str | None:
    """Say what does not belong there; None when nothing does."""
    if scheme not in _SCHEMES:
        return "only http and https are spoken"
    if "@" in authority:
        return "credentials do not belong in it"
    if authority and rest.strip("/"):
        return "it must not have a path or a query"
    return None


def _misnamed(scheme: str, authority: str) -> str:
    """Say what is wrong with what is no name, nor a name and a port."""
    name = _PORT.sub("", authority)
    if Origin.of(scheme, name) is not None:
        return "its port is no number from 1 to 65535"
    if re.fullmatch(r"[0-9A-Za-z._-]+", name):
        return "one of the names between its dots is empty or too long"
    return "it is not a host name"


def _shown(host: str) -> str:
    # What was pasted may hold credentials, as user and password or as a token in the query.
    if "@" in host and ("?" in host or "#" in host):
        return "that was given"
    return repr(host.rpartition("@")[2].partition("?")[0].partition("#")[0])
