"""Every other destination, through fsspec: SFTP, SMB, HDFS, WebDAV, memory ..."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Generator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from importlib import import_module
from typing import Any, TypeVar

from ...errors import ConfigError, DownloadError
from .addresses import joined, readable
from .base import REACHED_WITHIN
from .files import Files
from .filesystem_errors import explained, short
from .spool import Spool

__all__ = ("FilesystemRemote",)

Value = TypeVar("Value")

_SETTLES_WITHIN = 10.0
_TEMPORARY = "The folder of temporary files of this machine"


class FilesystemRemote:
    """A folder of a file system that fsspec knows, or of one whose package is installed.

    Every call runs on a few threads of this destination's own: the asynchronous file systems keep
    a loop beside ours, and are safe so. Where nothing is known of a file system, it gets one call
    at a time.

    A file is collected here first: in memory up to 8 MiB, in a temporary file beyond. Then it is
    written, and how it is seen depends on the file system:

    - Those that rename (local, SFTP, SMB, FTP, HDFS, Databricks, and `dir::` over them): it is
      written under a temporary name, `.threekit-....part`, beside its own and renamed. It is
      seen in one step. A killed process leaves such a file.
    - The others (object stores, mostly): it is written under its own name. Object stores show it
      when it is complete; for others fsspec promises nothing, and a reader may see a part of it.
      What fails is removed again.

    With `replace=False` the file system is asked what is there, before the chunks and again before
    the last step: of two writers at one moment, the last one stays.
    """

    def __init__(self, address: str, files: Files) -> None:
        self.address = address
        self._files = files
        self._threads = ThreadPoolExecutor(files.calls_at_once, thread_name_prefix="threekit-files")

    @classmethod
    def at(cls, to: str) -> FilesystemRemote:
        """Choose the file system of an address.

        :raises UsageError: when the address holds a password or a query.
        :raises ConfigError: when fsspec, or the package of that file system, is not installed.
        """
        address = readable(to)
        try:
            fsspec: Any = import_module("fsspec")
        except ImportError:
            raise ConfigError(
                f"{address} needs fsspec, which is not installed. "
                "Install threekit-async[fsspec] and run again."
            ) from None
        try:
            system, root = fsspec.url_to_fs(to)
        except ImportError as error:
            raise ConfigError(f"{address} needs another package: {short(error)}.") from None
        except Exception as error:  # noqa: BLE001  # each file system has its own
            raise ConfigError(f"{address} cannot be used by fsspec: {short(error)}.") from None
        return cls(address, Files(system, root))

    async def prepare(self) -> None:
        """Make the folder, write an empty file, `.threekit-....part`, and remove it.

        :raises DownloadError: when that fails, or takes more than 20 seconds.
        """
        try:
            async with asyncio.timeout(REACHED_WITHIN):
                await self._call("", self._files.prove)
        except TimeoutError:
            raise DownloadError(
                f"{self.address} did not answer within {REACHED_WITHIN:.0f} seconds. "
                "Look at the network, and run again."
            ) from None

    async def size(self, name: str) -> int | None:
        """Return how many bytes are there under a name; None when nothing is.

        :raises DownloadError: when the file system does not say.
        """
        return await self._call(name, lambda: self._files.size(name))

    async def digest(self, name: str) -> str | None:
        """Return the sha256 of what is there, read in pieces of 1 MiB; None when nothing is.

        :raises DownloadError: when it cannot be read.
        """
        return await self._call(name, lambda: self._files.digest(name))

    async def store(self, name: str, chunks: AsyncIterator[bytes], *, replace: bool) -> None:
        """Write a file; see the class and `Remote.store`."""
        if not replace and await self.size(name) is not None:
            raise self._taken(name)
        spool = Spool()
        try:
            async for chunk in chunks:
                spool.add(chunk)
                if spool.is_full:
                    await self._settled(_TEMPORARY, spool, spool.write)
            write = partial(self._files.write, name, spool, replace=replace)
            written = await self._settled(self._place(name), spool, write)
        finally:
            if not spool.in_use:
                spool.close()
        if not written:
            raise self._taken(name)

    async def copy(self, source: str, name: str) -> bool:
        """Copy a file within the file system; False when it cannot, or only through this machine.

        :raises FileExistsError: when something is there under the new name.
        :raises DownloadError: when the copy cannot be written.
        """
        copied = await self._call(name, lambda: self._files.copy(source, name))
        if copied is False:
            raise self._taken(name)
        return bool(copied)

    async def aclose(self) -> None:
        """Let the threads end."""
        self._threads.shutdown(wait=False, cancel_futures=True)

    async def _call(self, name: str, work: Callable[[], Value]) -> Value:
        loop = asyncio.get_running_loop()
        with _explaining(self._place(name)):
            return await loop.run_in_executor(self._threads, work)

    async def _settled(self, place: str, spool: Spool, work: Callable[[], Value]) -> Value:
        """Call in a thread; when cancelled, tell the thread so and wait some seconds for it."""
        future = asyncio.get_running_loop().run_in_executor(self._threads, spool.used_by, work)
        try:
            with _explaining(place):
                return await asyncio.shield(future)
        except asyncio.CancelledError:
            spool.given_up = True
            await asyncio.wait({future}, timeout=_SETTLES_WITHIN)
            if future.done() and not future.cancelled():
                # Looked at, so that nobody reports it as never retrieved.
                future.exception()
            raise

    def _taken(self, name: str) -> FileExistsError:
        return FileExistsError(f"{self._place(name)} is there already, and was kept.")

    def _place(self, name: str) -> str:
        return joined(self.address, name) if name else self.address


@contextmanager
def _explaining(place: str) -> Generator[None]:
    try:
        yield
    except Exception as error:  # noqa: BLE001  # each file system has its own
        raise explained(place, error) from None
