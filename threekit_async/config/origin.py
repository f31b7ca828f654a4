"""Which server is asked: a host as people write it, and the origin it means. Pure."""

from __future__ import annotations

from urllib.parse import urlsplit

from ..errors import ConfigError

__all__ = ("DEFAULT_HOST", "origin_of")

DEFAULT_HOST = "admin.threekit.com"
"""The host of the vendor's examples; `preview.threekit.com` is the other public one."""


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
    return f"{parts.scheme}://{parts.netloc.lower().removesuffix(':')}"


def _problem(scheme: str, netloc: str, path: str, rest: str) -> str | None:
    if scheme not in {"http", "https"}:
        return "only http and https are spoken"
    if "@" in netloc:
        return "credentials do not belong in it"
    if not netloc or not _is_plain(netloc):
        return "it is not a host name"
    labels = netloc.partition(":")[0].removesuffix(".").split(".")
    if not netloc.startswith("[") and not all(0 < len(label) < 64 for label in labels):
        return "one of the names between its dots is empty or too long"
    if path.strip("/") or rest:
        return "it must not have a path or a query"
    return None


def _is_plain(netloc: str) -> bool:
    return netloc.isascii() and all(c.isalnum() or c in ".-:[]_" for c in netloc)


def _shown(host: str) -> str:
    # What was pasted may hold credentials, as user and password or as a token in the query.
    if "@" in host and ("?" in host or "#" in host):
        return "that was given"
    return repr(host.rpartition("@")[2].partition("?")[0].partition("#")[0])
