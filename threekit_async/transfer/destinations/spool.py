"""A file on its way to a file system that takes it in one piece only. Blocking."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import IO, Any, TypeVar

from .base import PART_SIZE

__all__ = ("GivenUp", "Spool")

Value = TypeVar("Value")

_BATCH = 1024 * 1024


class GivenUp(Exception):  # noqa: N818  # the caller was cancelled, and has its own error
    """Ends a write whose caller no longer waits."""


class Spool:
    """Collects a file: in memory up to 8 MiB, in a temporary file of this machine beyond."""

    def __init__(self) -> None:
        self.given_up: bool = False
        self.in_use: bool = False
        self._held: list[bytes] = []
        self._size = 0
        self._file: IO[bytes] | None = None

    def add(self, chunk: bytes) -> None:
        """Hold some bytes."""
        self._held.append(chunk)
        self._size += len(chunk)

    @property
    def is_full(self) -> bool:
        """Whether what is held must be written before more is added."""
        return self._size > (_BATCH if self._file else PART_SIZE)

    def write(self) -> None:
        """Write what is held into the temporary file.

        :raises OSError: when there is no space for it.
        """
        if self._file is None:
            # Named, as file systems take a path; closed and removed by `close`.
            self._file = tempfile.NamedTemporaryFile(prefix="threekit-", delete=False)  # noqa: SIM115
        self._file.write(b"".join(self._held))
        self._held, self._size = [], 0

    def send(self, system: Any, path: str) -> None:
        """Write the whole file under a path of a file system."""
        if self._file is None:
            system.pipe_file(path, b"".join(self._held))
            return
        self.write()
        self._file.flush()
        system.put_file(self._file.name, path)

    def used_by(self, work: Callable[[], Value]) -> Value:
        """Do some work in a thread; what nobody waits for any more is closed there."""
        self.in_use = True
        try:
            self.check()
            return work()
        finally:
            self.in_use = False
            if self.given_up:
                self.close()

    def check(self) -> None:
        """Go on only while somebody waits.

        :raises GivenUp: when nobody does.
        """
        if self.given_up:
            raise GivenUp

    def close(self) -> None:
        """Forget the bytes; harmless twice."""
        self._held = []
        if self._file is not None:
            self._file.close()
            with suppress(OSError):
                Path(self._file.name).unlink()
