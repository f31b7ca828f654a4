"""How many files a process may have in flight."""

from __future__ import annotations

import os
import sys
from contextlib import suppress

__all__ = ("affordable",)

# A connection, an unfinished file, and for a moment its notes.
_FILES_EACH = 3
_OTHER_FILES = 32


def affordable() -> int:
    """Return how many files can be in flight: each needs a connection and a file."""
    try:
        import resource
    except ImportError:  # Windows bounds otherwise
        return sys.maxsize
    most, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    if most == resource.RLIM_INFINITY:
        return sys.maxsize
    return max(1, (most - _open_files() - _OTHER_FILES) // _FILES_EACH)


def _open_files() -> int:
    for folder in ("/proc/self/fd", "/dev/fd"):
        with suppress(OSError):
            return len(os.listdir(folder))  # noqa: PTH208
    return _OTHER_FILES
