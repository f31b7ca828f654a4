"""Whom a URL belongs to: scheme, host and port. Pure."""

from __future__ import annotations

import re
from ipaddress import IPv6Address
from typing import Final, Self

from attrs import frozen

__all__ = ("Origin",)

_PORTS: Final = {"http": 80, "https": 443}
_AUTHORITY = re.compile(r"([0-9A-Za-z._-]+|\[[0-9A-Fa-f:.]+\])(?::([0-9]{0,5}))?")


@frozen
class Origin:
    """What two URLs have in common when they may share secrets.

    Hosts are in lower case, and a port that was left out is the scheme's own, so that equal means
    the same server.
    """

    scheme: str
    host: str
    port: int

    @classmethod
    def read(cls, text: str) -> Self | None:
        """Read `scheme://host[:port]`, and nothing behind it; None when it is not that."""
        scheme, _, authority = text.partition("://")
        return cls.of(scheme, authority)

    @classmethod
    def of(cls, scheme: str, authority: str) -> Self | None:
        """Put scheme and `host[:port]` together; None for what no browser would connect to."""
        default, match = _PORTS.get(scheme.lower()), _AUTHORITY.fullmatch(authority)
        host = _host(match[1]) if match else None
        if default is None or match is None or host is None:
            return None
        port = int(match[2] or default)
        return cls(scheme.lower(), host, port) if 0 < port < 65536 else None

    def __str__(self) -> str:
        port = "" if self.port == _PORTS[self.scheme] else f":{self.port}"
        return f"{self.scheme}://{self.host}{port}"


def _host(text: str) -> str | None:
    if text.startswith("["):
        try:
            return f"[{IPv6Address(text[1:-1])}]"
        except ValueError:
            return None
    labels = text.removesuffix(".").split(".")
    return text.lower() if all(0 < len(label) < 64 for label in labels) else None
