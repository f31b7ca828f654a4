"""The unfinished file: written beside its final name, renamed when it is complete."""

from __future__ import annotations

import asyncio
import errno
import hashlib
import os
import tempfile
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Self

from ..errors import DiskFullError, DownloadError
from .names import PART_SUFFIX

try:
    import fcntl
except ImportError:  # Windows has no such lock
    fcntl = None  # type: ignore[assignment]

__all__ = ("PartFile", "digest_of", "explained", "opened", "prepare_folder")

_BATCH = 512 * 1024
_FLAGS = (
    os.O_CREAT
    | os.O_WRONLY
    | getattr(os, "O_BINARY", 0)
    # A link planted at the part's name must not lead the bytes elsewhere.
    | getattr(os, "O_NOFOLLOW", 0)
)


class PartFile:
    """Collect the bytes of one file in `<name>.part`.

    Small files are written at once, on the loop: a hop to a thread costs more than the write.
    Beyond 512 KiB, full batches are written and hashed by a thread while the next one arrives; at
    most two batches are held. Call `complete()`, then `finish()`; leaving the context
    without that removes the part.
    """

    def __init__(self, final: str, *, hashing: bool) -> None:
        self.final = final
        self.part = final + PART_SUFFIX
        self.size = 0
        self._digest = hashlib.sha256() if hashing else None
        self._batch: list[bytes] = []
        self._batched = 0
        self._writing: asyncio.Future[None] | None = None
        self._descriptor = -1
        self._finished = False

    async def __aenter__(self) -> Self:
        try:
            self._descriptor = opened(self.part)
        except OSError as error:
            raise explained(self.final, error) from error
        return self

    async def __aexit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if self._finished:
            return
        if self._writing is not None:
            # The thread must be out of the descriptor before it is closed.
            await asyncio.wait({self._writing})
        if fcntl is None:
            self._close()
        with suppress(OSError):
            os.unlink(self.part)  # noqa: PTH108  # paths are text here: thousands are made
        self._close()

    async def write(self, chunk: bytes) -> None:
        """Add bytes.

        :raises DiskFullError: when there is no space left.
        :raises DownloadError: when the system refuses to write.
        """
        self.size += len(chunk)
        self._batch.append(chunk)
        self._batched += len(chunk)
        if self._batched >= _BATCH:
            batch = self._taken()
            await self._settled()
            loop = asyncio.get_running_loop()
            self._writing = loop.run_in_executor(None, self._store, batch)

    async def complete(self) -> str | None:
        """Write what is held; return the sha256 of everything, or None when it was not asked for.

        Raises as `write` does.
        """
        await self._settled()
        try:
            self._store(self._taken())
        except OSError as error:
            raise explained(self.final, error) from error
        return self._digest.hexdigest() if self._digest else None

    def finish(self) -> None:
        """Give the complete file its final name, replacing what is there, in one step."""
        try:
            # The lock is held until the name has changed. Windows locks nothing here, and does not
            # rename what is open.
            if fcntl is None:
                self._close()
            os.replace(self.part, self.final)  # noqa: PTH105
            self._finished = True
            self._close()
        except OSError as error:
            raise explained(self.final, error) from error

    def _taken(self) -> bytes:
        batch, self._batch, self._batched = b"".join(self._batch), [], 0
        return batch

    async def _settled(self) -> None:
        if self._writing is not None:
            # wait() leaves the future alone when this task is cancelled; await would not.
            await asyncio.wait({self._writing})
            try:
                self._writing.result()
            except OSError as error:
                raise explained(self.final, error) from error

    def _store(self, batch: bytes) -> None:
        left = memoryview(batch)
        while left:
            left = left[os.write(self._descriptor, left) :]
        if self._digest:
            self._digest.update(batch)

    def _close(self) -> None:
        descriptor, self._descriptor = self._descriptor, -1
        if descriptor >= 0:
            os.close(descriptor)


def opened(part: str) -> int:
    """Open an unfinished file, empty, for this writer alone.

    Two runs into one folder would otherwise write into each other's file, and one would give the
    mixture its final name. The lock ends with the process, however it ends.

    :raises DownloadError: when somebody else is writing it.
    """
    while True:
        descriptor = _created(part)
        try:
            if _locked(descriptor, part):
                # Only when there is something: some file systems flush on close what was truncated.
                if os.fstat(descriptor).st_size:
                    os.ftruncate(descriptor, 0)
                return descriptor
        except BaseException:
            os.close(descriptor)
            raise
        os.close(descriptor)


def _created(part: str) -> int:
    try:
        return os.open(part, _FLAGS, 0o666)
    except FileNotFoundError:
        Path(part).parent.mkdir(parents=True, exist_ok=True)
        return os.open(part, _FLAGS, 0o666)


def _locked(descriptor: int, part: str) -> bool:
    """Lock the file; False when it was renamed or removed before the lock was had."""
    if fcntl is None:
        return True
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise DownloadError(
            f"{part} is being written by another run. Let it end, then run again."
        ) from None
    try:
        return os.path.samestat(os.fstat(descriptor), os.stat(part))  # noqa: PTH116
    except FileNotFoundError:
        return False


def digest_of(path: str) -> str:
    """Return the sha256 of a file on disk; blocking."""
    with Path(path).open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def prepare_folder(folder: Path) -> None:
    """Make the target folder and prove that it can be written, before anything is sent.

    :raises DownloadError: when it cannot.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        raise explained(str(folder), error) from error


def explained(path: str, error: OSError) -> DownloadError:
    """Turn what the system says into what to do."""
    if error.errno in {errno.ENOSPC, errno.EDQUOT}:
        return DiskFullError(
            f"There is no space left to write {path}. Free some and run again: "
            "finished files are kept."
        )
    return DownloadError(
        f"{path} cannot be written: {error.strerror or error}. Choose another folder, "
        "or change its permissions."
    )
