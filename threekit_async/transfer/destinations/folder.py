"""A folder of this machine."""

from __future__ import annotations

import asyncio
import os
import stat
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TypeVar

from attrs import define, field

from ...errors import DownloadError
from ...session.keeping.file_store import FileStore
from ...session.wire.beside import Beside
from ..copying import copied, linked
from ..disk import digest_of, prepare_folder
from ..refusals import explained
from .haste import Haste
from .place import Arrived, Held, Wish
from .receiving import Receiving

__all__ = ("Folder",)

T = TypeVar("T")


@define(kw_only=True)
class Folder:
    """Files below one folder, each under its final name only when it is complete.

    What writes is done by one thread, so that the loop is free meanwhile. Small files are written
    in place as long as the disk takes them at once; see `Haste`.

    :param durable: bring each file to the disk's surface before it gets its name. For single
        files; a run of many has its ledger do it for many at once.
    """

    root: str
    durable: bool = False
    _disk: Beside = field(
        factory=partial(Beside, "threekit-disk", patient=True), init=False, repr=False
    )
    _haste: Haste = field(factory=Haste, init=False, repr=False)

    @property
    def address(self) -> str:
        """The folder."""
        return self.root

    @property
    def near(self) -> bool:
        """It is: reading costs what a disk does."""
        return True

    async def prepare(self) -> None:
        """Make the folder and prove that it can be written.

        :raises DownloadError: when it cannot.
        """
        await self._disk.run(partial(prepare_folder, Path(self.root)))

    async def held(self, name: str) -> Held | None:
        """Say what is there under a name; None when nothing is.

        :raises DownloadError: when it is no file, or the system does not say.
        """
        path = self._at(name)
        try:
            found = os.stat(path)  # noqa: PTH116  # thousands of times, on the loop
        except (FileNotFoundError, NotADirectoryError):
            return None
        except OSError as error:
            raise explained(path, error) from error
        if not stat.S_ISREG(found.st_mode):
            raise DownloadError(f"{path} is there and is no file. Move it, or use another name.")
        return Held(found.st_size, found.st_mtime_ns)

    async def digest(self, name: str) -> str | None:
        """Read what is there, and return its sha256; None when nothing is.

        :raises DownloadError: when it cannot be read.
        """
        path = self._at(name)
        try:
            # Not by the thread that writes: reading uses all processors, and holds up nobody.
            return await asyncio.to_thread(digest_of, path)
        except FileNotFoundError:
            return None
        except OSError as error:
            raise explained(path, error, doing="read") from error

    async def copied(
        self, source: str, name: str, *, sha256: str, link: bool, replace: bool
    ) -> Arrived | None:
        """Give a name the bytes of another; None when they must be fetched.

        :param sha256: what they must be; what was changed since is not copied.
        :param link: make one file with two names of it, where the file system can.
        :param replace: what is there under the name; else that stays.
        :raises UnsafeNameError: when something is there that stays.
        """
        work = partial(_copied, self._at(source), self._at(name), sha256=sha256, replace=replace)
        return await self._written(partial(work, link=link))

    async def lent(
        self, store: FileStore, *, size: int, sha256: str, name: str, replace: bool
    ) -> Arrived | None:
        """Take the bytes from the files a client keeps; None when they must be fetched.

        :param replace: what is there under the name; else that stays, and they must be fetched.
        """
        kept, final = f"sha256-{sha256}", self._at(name)
        # A miss costs one look, and no hop to a thread.
        if store.find(kept, size) is None:
            return None
        lent = await self._written(partial(store.lend, kept, size, final, replace=replace))
        return _arrived(final, sha256) if lent else None

    async def keep(self, store: FileStore, *, sha256: str, name: str) -> None:
        """Keep a copy of a finished file in the files a client keeps."""
        await self._written(partial(store.keep, f"sha256-{sha256}", self._at(name)))

    def incoming(self, wish: Wish) -> Receiving:
        """Begin to receive a file."""
        return Receiving(
            wish=wish,
            final=self._at(wish.name),
            disk=self._disk,
            haste=self._haste,
            durable=self.durable,
        )

    def path(self, name: str) -> Path | None:
        """Where a name is on this machine."""
        return Path(self._at(name))

    async def aclose(self) -> None:
        """End the thread; harmless twice."""
        self._disk.end()

    async def _written(self, work: Callable[[], T]) -> T:
        """Have the thread do something; who is cancelled waits until it is done."""
        return await self._disk.run(work)

    def _at(self, name: str) -> str:
        return f"{self.root}{os.sep}{name}"


def _copied(source: str, final: str, *, sha256: str, link: bool, replace: bool) -> Arrived | None:
    try:
        if link and linked(source, final, replace=replace):
            return _arrived(final, sha256)
        done = copied(source, final, sha256=sha256, replace=replace)
        return _arrived(final, sha256) if done else None
    except FileNotFoundError:
        return None
    except OSError as error:
        raise explained(final, error) from error


def _arrived(final: str, sha256: str) -> Arrived:
    found = os.stat(final)  # noqa: PTH116
    return Arrived(found.st_size, sha256, found.st_mtime_ns)
