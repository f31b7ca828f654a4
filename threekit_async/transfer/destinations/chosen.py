"""Which destination an address means."""

from __future__ import annotations

from .addresses import is_address
from .base import Remote

__all__ = ("is_remote", "remote_of")


def is_remote(to: str) -> bool:
    """Tell an address, as `s3://bucket/prefix`, from a folder of this machine."""
    return is_address(to)


def remote_of(to: str) -> Remote:
    """Choose by the scheme of an address; nothing is asked of the destination yet.

    `s3://`, `gs://` and `az://` are object stores; any other scheme is left to fsspec.

    :raises UsageError: when the address cannot be read, or holds credentials or a query.
    :raises ConfigError: when a package is missing, naming the extra that brings it; when the
        environment lacks what the destination needs.
    """
    if to.lower().startswith(("s3://", "gs://", "az://")):
        from .objects import BucketRemote

        return BucketRemote.at(to)
    from .filesystems import FilesystemRemote

    return FilesystemRemote.at(to)
