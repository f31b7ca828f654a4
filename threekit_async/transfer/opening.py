"""How an unfinished file is opened, for one writer alone. All blocks."""

from __future__ import annotations

import errno
import os
import secrets
import stat
from contextlib import suppress
from pathlib import Path

from ..errors import DownloadError
from .cleaning import NOTES_SUFFIX, PART_SUFFIX
from .locking import HAS_LOCKS, NO_LOCKS, locked

__all__ = ("FLAGS", "begun", "opened", "remove", "write_all")

FLAGS = (
    os.O_CREAT
    | os.O_RDWR
    | getattr(os, "O_BINARY", 0)
    # A link planted at the part's name must not lead the bytes elsewhere.
    | getattr(os, "O_NOFOLLOW", 0)
    # A pipe planted there must not be waited for.
    | getattr(os, "O_NONBLOCK", 0)
)


def begun(final: str) -> tuple[int, str]:
    """Open an empty unfinished file for this writer alone; return its descriptor and its name.

    :raises DownloadError: when somebody else is writing it.
    :raises OSError: when the system refuses.
    """
    part = final + PART_SUFFIX
    try:
        descriptor = opened(part)
    except OSError as error:
        if error.errno not in NO_LOCKS:
            raise
        part = _own_name(final)
        return _created(part, os.O_EXCL), part
    with suppress(OSError):  # of other bytes, or of none
        remove(final + NOTES_SUFFIX)
    return descriptor, part


def _own_name(final: str) -> str:
    """Return a name of its own for an unfinished file: nobody else opens it."""
    return f"{final}.{secrets.token_hex(4)}{PART_SUFFIX}"


def opened(part: str, *, keep: bool = False) -> int:
    """Open an unfinished file for this writer alone.

    Two runs into one folder would otherwise write into each other's file, and one would give the
    mixture its final name. The lock ends with the process, however it ends.

    :param keep: what is in it; else it is emptied.
    :raises DownloadError: when somebody else is writing it.
    :raises OSError: when the system refuses, or has no locks here.
    """
    while True:
        descriptor = _created(part)
        try:
            _expect_file(descriptor, part)
            if _is_ours(descriptor, part) and _unlinked(descriptor, part):
                # Only when there is something: some file systems flush on close what was truncated.
                if not keep and os.fstat(descriptor).st_size:
                    os.ftruncate(descriptor, 0)
                return descriptor
        except OSError as error:
            # It may have been made right now, for nobody.
            if error.errno in NO_LOCKS and not os.fstat(descriptor).st_size:
                remove(part)
            os.close(descriptor)
            raise
        except BaseException:
            os.close(descriptor)
            raise
        os.close(descriptor)


def _created(part: str, flags: int = 0) -> int:
    try:
        return os.open(part, FLAGS | flags, 0o666)
    except FileNotFoundError:
        Path(part).parent.mkdir(parents=True, exist_ok=True)
        return os.open(part, FLAGS | flags, 0o666)
    except OSError as error:
        if error.errno in {errno.EISDIR, errno.ELOOP, errno.ENXIO}:
            raise _in_the_way(part) from error
        raise


def _is_ours(descriptor: int, part: str) -> bool:
    """Lock the file; False when it was renamed or removed before the lock was had."""
    try:
        if not locked(descriptor):
            if HAS_LOCKS:
                raise OSError(errno.ENOLCK, os.strerror(errno.ENOLCK))
            return True
    except BlockingIOError:
        raise DownloadError(
            f"{part} is being written by another run. Let it end, then run again."
        ) from None
    try:
        return os.path.samestat(os.fstat(descriptor), os.stat(part))  # noqa: PTH116
    except FileNotFoundError:
        return False


def _expect_file(descriptor: int, part: str) -> None:
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        raise _in_the_way(part)


def _in_the_way(part: str) -> DownloadError:
    return DownloadError(
        f"{part}, where the unfinished file is kept, is there and is no file. Remove it, and run "
        "again."
    )


def _unlinked(descriptor: int, part: str) -> bool:
    """Tell whether it has this name alone; else take that away.

    A run that was killed while it gave a finished file one more name may have left it.
    """
    if os.fstat(descriptor).st_nlink < 2:
        return True
    remove(part)
    return False


def remove(path: str) -> None:
    """Remove a file; harmless when there is none."""
    with suppress(FileNotFoundError):
        os.unlink(path)  # noqa: PTH108  # paths are text here: thousands are made


def write_all(descriptor: int, data: bytes) -> None:
    """Write all of it, however often the system takes only a part.

    :raises OSError: when it takes no more.
    """
    left = memoryview(data)
    while left:
        left = left[os.write(descriptor, left) :]
