"""What a destination away from this machine must be able to do."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Protocol

__all__ = ("PART_SIZE", "REACHED_WITHIN", "Remote")

PART_SIZE = 8 * 1024 * 1024
"""Bytes: what is no larger is kept in memory, and sent in one piece."""

REACHED_WITHIN = 20.0
"""Seconds a destination has to prove that it can be reached and written."""


class Remote(Protocol):
    """A place that takes files under relative names, with `/` between folders."""

    @property
    def address(self) -> str:
        """Where it is, as `s3://bucket/prefix`, for messages; never with credentials."""
        ...

    async def prepare(self) -> None:
        """Prove that it can be reached and written, before anything is asked of the API.

        :raises DownloadError: when it cannot, saying what to do.
        """
        ...

    async def size(self, name: str) -> int | None:
        """Return how many bytes are there under a name; None when nothing is.

        :raises DownloadError: when the destination does not say.
        """
        ...

    async def digest(self, name: str) -> str | None:
        """Return the sha256 of what is there, read in pieces; None when nothing is.

        :raises DownloadError: when it cannot be read.
        """
        ...

    async def store(self, name: str, chunks: AsyncIterator[bytes], *, replace: bool) -> None:
        """Write a file, which is seen under its name in one step, after `chunks` have ended.

        What `chunks` raise comes out as it is, and nothing is seen under the name. The same holds
        when the caller is cancelled, unless the last step was on its way: then the file may be
        there, whole.

        :raises FileExistsError: when other bytes are there, and `replace` is False.
        :raises DiskFullError: when the destination says that it has no space left.
        :raises DownloadError: when it cannot be written.
        """
        ...

    async def copy(self, source: str, name: str) -> bool:
        """Copy a file within the destination; False when that cannot be done.

        The bytes do not come here.

        :raises FileExistsError: when something is there under the new name.
        """
        ...

    async def aclose(self) -> None:
        """Let go of threads and connections; harmless twice."""
        ...
