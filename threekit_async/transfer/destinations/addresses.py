"""Addresses of destinations, read and checked. Pure."""

from __future__ import annotations

import re

from attrs import frozen

from ...errors import UsageError

__all__ = ("BUCKETS", "Bucket", "is_address", "joined", "readable")

BUCKETS = {"s3": "AWS", "gs": "GOOGLE", "az": "AZURE"}
"""The schemes of object stores, and how the names of their environment variables begin."""

# fsspec chains protocols, as in `dir::memory://folder`.
_ADDRESS = re.compile(r"((?:[A-Za-z0-9_+.-]+::)*[A-Za-z][A-Za-z0-9_+.-]+)://(.*)", re.DOTALL)
_CREDENTIALS = re.compile(r"://[^@]*:[^@]*@")


@frozen(kw_only=True)
class Bucket:
    """A bucket of S3 or Google, or a container of Azure, and the prefix of the names in it."""

    scheme: str
    name: str
    prefix: str

    @classmethod
    def parse(cls, to: str) -> Bucket:
        """Read `s3://bucket/prefix`, `gs://bucket/prefix` or `az://container/prefix`.

        Doubled and closing slashes are dropped; the prefix may be empty.

        :raises UsageError: when it is none of these, or holds credentials or a query.
        """
        scheme, rest = _split(to)
        name, _, path = rest.partition("/")
        # A secret key may hold a slash: then what follows its `:` looks like a path.
        if scheme not in BUCKETS or "@" in name or ":" in name or "?" in rest:
            raise _refused(scheme)
        parts = [part for part in path.split("/") if part]
        if not name or {".", ".."} & set(parts):
            raise UsageError(
                f"The address {to!r} must name a bucket, and a prefix without dot parts, as "
                f"'{scheme}://bucket/renders'."
            )
        return cls(scheme=scheme, name=name, prefix="/".join(parts))

    def __str__(self) -> str:
        return f"{self.scheme}://{joined(self.name, self.prefix).rstrip('/')}"


def is_address(to: str) -> bool:
    """Tell an address with a scheme, as `s3://bucket`, from a path of this machine."""
    return _ADDRESS.fullmatch(to) is not None


def readable(to: str) -> str:
    """Return an address as it may be shown.

    :raises UsageError: when it holds a password or a query.
    """
    scheme, rest = _split(to)
    if "?" in rest or _CREDENTIALS.search(to):
        raise _refused(scheme)
    return to


def joined(prefix: str, name: str) -> str:
    """Put a name behind a prefix, which may be empty, with one slash between them."""
    prefix = prefix.rstrip("/")
    return f"{prefix}/{name}" if prefix else name


def _split(to: str) -> tuple[str, str]:
    found = _ADDRESS.fullmatch(to)
    if found is None:
        raise UsageError("A destination away from this machine is told as 's3://bucket/prefix'.")
    return found[1].lower(), found[2]


def _refused(scheme: str) -> UsageError:
    return UsageError(
        f"An address with {scheme}:// must hold neither credentials nor a query. Write it as "
        f"'{scheme}://bucket/prefix', and give credentials by the environment."
    )
