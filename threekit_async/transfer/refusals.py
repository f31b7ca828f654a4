"""What the system refuses, as sentences."""

from __future__ import annotations

import errno

from attrs import define

from ..errors import DiskFullError, DownloadError

__all__ = ("FULL", "NO_LINKS", "Explained", "explained")

NO_LINKS = frozenset(
    {
        errno.EXDEV,
        errno.EPERM,
        errno.EMLINK,
        errno.ENOSYS,
        errno.ENOTSUP,
        errno.EOPNOTSUPP,
    }
)
"""What a file system says that cannot give a file one more name."""

FULL = frozenset({errno.ENOSPC, errno.EDQUOT})
"""What the system says when there is no space left."""


_IN_THE_WAY = frozenset({errno.ENOTDIR, errno.EEXIST, errno.EISDIR, errno.ELOOP})


@define
class Explained:
    """Turns what the system refuses into sentences about one file, when it is left."""

    path: str

    def __enter__(self) -> None:
        pass

    def __exit__(self, kind: object, error: object, traceback: object) -> None:
        if isinstance(error, OSError):
            raise explained(self.path, error) from error


def explained(path: str, error: OSError, *, doing: str = "written") -> DownloadError:
    """Turn what the system says into what to do.

    :param doing: what was to be done with it, as `read`.
    """
    if error.errno in FULL:
        return DiskFullError(
            f"There is no space left to write {path}. Free some and run again: "
            "finished files are kept, and unfinished ones are continued."
        )
    if error.errno in {errno.EMFILE, errno.ENFILE}:
        return DownloadError(
            f"{path} cannot be opened: this process may not open more files at once. Lower "
            "concurrency, or raise the limit (ulimit -n)."
        )
    what = f"{path} cannot be {doing}: {error.strerror or error}. Choose another folder, or"
    if error.errno in _IN_THE_WAY:
        return DownloadError(
            f"{what} move what is in its place, or in that of a folder it should be in."
        )
    return DownloadError(f"{what} change its permissions.")
