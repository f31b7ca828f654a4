"""Which proxy a request goes through. Pure: the environment's variables are given to it."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Mapping
from ipaddress import ip_address
from typing import Any, Final
from urllib.parse import SplitResult, unquote, urlsplit

from attrs import define, field, frozen

from ...errors import ConfigError
from ..redact import MASK

__all__ = ("Proxies", "Proxy")

_MOST_KEPT: Final = 64


@frozen(kw_only=True)
class Proxy:
    """Where a proxy is, as `http://host:port`; `authorization` is for nobody but the proxy."""

    url: str
    authorization: str | None = field(default=None, repr=lambda value: repr(value and MASK))

    @classmethod
    def parse(cls, text: str, *, source: str) -> Proxy:
        """Read `host:port`, `http://host:port` or `http://user:password@host:port`.

        :param source: how a message calls it, as `HTTPS_PROXY`; the text may hold a password.
        :raises ConfigError: when it is no address, or one of another kind of proxy.
        """
        parts = _split(text.strip(), source)
        if parts.scheme not in {"http", "https"}:
            raise ConfigError(
                f"{source} names a proxy of the kind {parts.scheme}. Only http:// and https:// "
                "proxies can be used."
            )
        host = parts.netloc.rpartition("@")[2]
        return cls(url=f"{parts.scheme}://{host}", authorization=_authorization(parts))


def _split(text: str, source: str) -> SplitResult:
    try:
        parts = urlsplit(text if "://" in text else f"http://{text}")
        plausible = bool(parts.hostname) and (parts.port is None or parts.port > 0)
    except ValueError:
        plausible = False
    else:
        if plausible and text.isprintable() and " " not in text:
            return parts
    raise ConfigError(
        f"{source} is not the address of a proxy. Give it as http://host:port, or as "
        "http://user:password@host:port with what is special in them percent-encoded."
    )


def _authorization(parts: SplitResult) -> str | None:
    if parts.username is None:
        return None
    pair = f"{unquote(parts.username)}:{unquote(parts.password or '')}"
    return f"Basic {b64encode(pair.encode()).decode()}"


@define(kw_only=True)
class Proxies:
    """Choose the proxy for each origin.

    :param chosen: takes every request, whatever the environment says.
    :param environment: what `urllib.request.getproxies_environment()` gives: addresses by scheme
        or `all`, and under `no` the hosts that are asked directly. Loopback always is.
    """

    chosen: Proxy | None = None
    environment: Mapping[str, str] = field(factory=dict[str, str], repr=False)
    _found: dict[str, Proxy | None] = field(factory=dict[str, "Proxy | None"], init=False)

    def of(self, url: str) -> Proxy | None:
        """Return the proxy for a URL; None asks its host directly.

        :raises ConfigError: when the environment names one that cannot be used.
        """
        if self.chosen is not None or not self.environment:
            return self.chosen
        origin = "/".join(url.split("/", 3)[:3])
        if origin not in self._found:
            if len(self._found) >= _MOST_KEPT:
                self._found.clear()
            self._found[origin] = _of_environment(urlsplit(origin), self.environment)
        return self._found[origin]


def _of_environment(origin: SplitResult, environment: Mapping[str, str]) -> Proxy | None:
    import urllib.request

    bypassed: Any = vars(urllib.request)["proxy_bypass_environment"]  # unknown to type checkers
    named = next((name for name in (origin.scheme, "all") if environment.get(name)), None)
    host = origin.netloc.rpartition("@")[2]
    if named is None or _is_loopback(origin.hostname or ""):
        return None
    if bypassed(host, dict(environment)):
        return None
    return Proxy.parse(environment[named], source=f"The variable {named.upper()}_PROXY")


def _is_loopback(host: str) -> bool:
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False
