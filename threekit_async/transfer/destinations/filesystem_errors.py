"""What file systems behind fsspec raise, told as sentences. Pure."""

from __future__ import annotations

import errno
import re

from ...errors import DiskFullError, DownloadError

__all__ = ("explained", "short")

_FULL = re.compile(r"no space left|quota|disk full|insufficient storage", re.IGNORECASE)
_SECRETS = re.compile(r"\?\S*|(?<=://)[^/\s]*@")


def explained(address: str, error: Exception) -> DownloadError:
    """Turn what a file system raised into what to do; `address` holds no credentials."""
    if _is_full(error):
        return DiskFullError(
            f"{address} takes no more: there is no space, or a quota is used up ({short(error)}). "
            "Make room and run again: finished files are kept."
        )
    return DownloadError(f"{address} cannot be used: {_remedy(error)} ({short(error)}).")


def short(error: Exception) -> str:
    """Say in a line what was raised, without queries, users and passwords of addresses."""
    lines = str(error).strip().splitlines()
    said = _SECRETS.sub("", lines[0])[:200].rstrip(" .:") if lines else ""
    return said or type(error).__name__


def _is_full(error: Exception) -> bool:
    if isinstance(error, OSError) and error.errno in {errno.ENOSPC, errno.EDQUOT}:
        return True
    return _FULL.search(str(error)) is not None


def _remedy(error: Exception) -> str:
    if isinstance(error, PermissionError):
        return "access was denied. Choose another folder, or change its permissions"
    if isinstance(error, FileNotFoundError):
        return "there is no such place. Make it, or correct the address"
    if isinstance(error, NotImplementedError):
        return "this file system cannot be written. Choose another"
    if isinstance(error, (ConnectionError, TimeoutError)):
        return "it did not answer. Look at the network, and run again"
    return "the file system refused. Correct what it names, or run again"
