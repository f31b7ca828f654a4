"""What may be shown. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import urlsplit, urlunsplit

__all__ = ("MASK", "shown_headers", "shown_url")

MASK = "***"

_SHOWN_HEADERS = frozenset(
    {
        "accept",
        "accept-encoding",
        "accept-language",
        "accept-ranges",
        "age",
        "allow",
        "cache-control",
        "connection",
        "content-encoding",
        "content-language",
        "content-length",
        "content-range",
        "content-type",
        "date",
        "etag",
        "expires",
        "if-match",
        "if-modified-since",
        "if-none-match",
        "if-range",
        "if-unmodified-since",
        "last-modified",
        "pragma",
        "range",
        "retry-after",
        "server",
        "transfer-encoding",
        "user-agent",
        "vary",
    }
)


def shown_headers(headers: Mapping[str, str]) -> dict[str, str]:
    """Mask every header that is not known to be harmless."""
    return {
        name: value if name.lower() in _SHOWN_HEADERS else MASK for name, value in headers.items()
    }


def shown_url(url: str) -> str:
    """Drop user, query and fragment: the API documents tokens in the query (`bearer_token`).

    What cannot be read as an address is masked altogether.
    """
    try:
        parts = urlsplit(url)
        host = parts.netloc.rpartition("@")[2]
        return urlunsplit((parts.scheme, host, parts.path, "", ""))
    except ValueError:
        return MASK
