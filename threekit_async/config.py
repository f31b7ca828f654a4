"""Where a client's settings come from: argument, then environment, then default."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from attrs import frozen

from .errors import ConfigError

if TYPE_CHECKING:
    from .session.auth import Credentials

__all__ = ("DEFAULT_HOST", "Settings", "origin_of")

DEFAULT_HOST = "admin.threekit.com"
"""The host of the vendor's examples; `preview.threekit.com` is the other public one."""


@frozen(kw_only=True)
class Settings:
    """What a client needs before it can send anything.

    `sources` says for each setting where its value came from: `argument`, the name of an
    environment variable, or `default`.
    """

    token: Credentials
    org_id: str | None
    origin: str
    sources: Mapping[str, str]

    @classmethod
    def resolve(
        cls,
        *,
        token: object = None,
        org_id: str | None = None,
        host: str | None = None,
        environment: Mapping[str, str] | None = None,
    ) -> Settings:
        """Put settings together.

        :param environment: variables to look in when an argument is None; None looks nowhere.
        :raises ConfigError: when there is no token, or the host is impossible.
        """
        from .session.auth import credentials

        variables = environment or {}
        found_token, token_source = _first(token, variables, "THREEKIT_TOKEN")
        found_org, org_source = _first(org_id, variables, "THREEKIT_ORG_ID")
        found_host, host_source = _first(host, variables, "THREEKIT_HOST", DEFAULT_HOST)
        if found_token is None:
            raise ConfigError(
                "There is no token. Pass token=..., or set THREEKIT_TOKEN and use from_env()."
            )
        if found_org is not None and not isinstance(found_org, str):
            raise ConfigError(f"org_id must be a string, not {type(found_org).__name__}.")
        return cls(
            token=credentials(found_token),
            org_id=found_org,
            origin=origin_of(str(found_host)),
            sources={"token": token_source, "org_id": org_source, "host": host_source},
        )


def environment() -> Mapping[str, str]:
    """Return the process's variables; blank ones count as unset."""
    return {name: value for name, value in os.environ.items() if value.strip()}


def _first(
    argument: object, variables: Mapping[str, str], name: str, default: str | None = None
) -> tuple[object, str]:
    if argument is not None:
        return argument, "argument"
    if name in variables:
        return variables[name].strip(), name
    return default, "default" if default is not None else "unset"


def origin_of(host: str) -> str:
    """Turn a host setting into an origin: `admin.threekit.com` -> `https://admin.threekit.com`.

    A scheme and a port may be given (`http://127.0.0.1:8787`); a path, a query or a user may not.

    :raises ConfigError: when the text is not a host.
    """
    text = host.strip()
    try:
        parts = urlsplit(text if "://" in text else f"https://{text}")
        problem = _problem(parts.scheme, parts.netloc, parts.path, parts.query + parts.fragment)
        parts.port  # noqa: B018  # reading it is what checks it
    except ValueError:
        parts, problem = urlsplit(""), "its name or port cannot be read"
    if problem:
        raise ConfigError(
            f"The host {_shown(text)} cannot be used: {problem}. "
            f"Give a name such as {DEFAULT_HOST}, or http://127.0.0.1:8787."
        )
    return f"{parts.scheme}://{parts.netloc}"


def _problem(scheme: str, netloc: str, path: str, rest: str) -> str | None:
    if scheme not in {"http", "https"}:
        return "only http and https are spoken"
    if "@" in netloc:
        return "credentials do not belong in it"
    if not netloc or not all(c.isalnum() or c in ".-:[]_" for c in netloc):
        return "it is not a host name"
    labels = netloc.partition(":")[0].removesuffix(".").split(".")
    if not netloc.startswith("[") and not all(0 < len(label) < 64 for label in labels):
        return "one of the names between its dots is empty or too long"
    if path.strip("/") or rest:
        return "it must not have a path or a query"
    return None


def _shown(host: str) -> str:
    # A host pasted with credentials must not come back in an error message.
    return repr(host.rpartition("@")[2] if "@" in host else host)
