"""Locks on open files, which end with the process, however it ends."""

from __future__ import annotations

import errno

try:
    import fcntl
except ImportError:  # Windows has no such lock
    fcntl = None  # type: ignore[assignment]

__all__ = ("HAS_LOCKS", "NO_LOCKS", "locked")

HAS_LOCKS = fcntl is not None
"""Whether this system knows such locks at all."""

NO_LOCKS = frozenset({errno.ENOLCK, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOSYS})
"""What a file system says that has no locks."""


def locked(descriptor: int) -> bool:
    """Lock a file for this run alone, without waiting; False where there are no locks.

    :raises BlockingIOError: when another run has it.
    """
    if fcntl is None:
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        if error.errno not in NO_LOCKS:
            raise
        return False
    return True
