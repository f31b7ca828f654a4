"""The unfinished file: written beside its final name, renamed when it is complete. All blocks."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from attrs import define, evolve, field

from .cleaning import PART_SUFFIX
from .locking import HAS_LOCKS, NO_LOCKS
from .naming import give_name
from .noting import notes_of, remove_notes, write_notes
from .opening import begun, opened, remove, write_all
from .refusals import FULL, Explained, explained
from .resume import Notes

__all__ = ("PartFile",)

_NOTED_EVERY = 4 * 1024 * 1024
_PIECE = 1024 * 1024
_ROOM = 64 * 1024


@define(kw_only=True)
class PartFile:
    """The bytes of one file so far, in `<name>.part`, and what they hash to.

    It is this writer's alone, by a lock that ends with the process, however it ends. Where the
    file system has no locks, the part gets a name of its own, and nobody continues it.
    Beside it, `<name>.part.json` holds its `Notes`: they are written with the first batch, every
    4 MiB after it, and when it is left unfinished. What they speak of is continued; whatever else
    is there is written anew.
    """

    final: str
    part: str
    shared: bool
    size: int = 0
    #: The notes it was continued from, or was last left with.
    notes: Notes | None = None
    _descriptor: int = field(default=-1, alias="descriptor")
    _digest: Any = field(factory=hashlib.sha256, init=False, repr=False)
    _noted: int = field(default=0, init=False)
    _failed: OSError | None = field(default=None, init=False, repr=False)

    @classmethod
    def begun(cls, final: str) -> PartFile:
        """Open it empty.

        :raises DownloadError: when another run is writing it, or the system refuses.
        """
        try:
            descriptor, part = begun(final)
        except OSError as error:
            raise explained(final, error) from error
        shared = part == final + PART_SUFFIX
        return cls(final=final, part=part, shared=shared, descriptor=descriptor)

    @classmethod
    def continued(cls, final: str, *, file_id: str, hash: str | None) -> PartFile | None:  # noqa: A002
        """Open what an earlier run has left; None when there is nothing to be continued.

        Its bytes are read, and must be those its notes speak of.

        :param file_id: of the file that is wanted, and `hash`, the one its record promises.
        :raises DownloadError: when another run is writing it, or the system refuses.
        """
        notes = notes_of(final)
        if notes is None or notes.file_id != file_id:
            return None
        if hash and notes.hash and hash != notes.hash:
            return None
        try:
            part = cls(
                final=final,
                part=final + PART_SUFFIX,
                shared=True,
                descriptor=opened(final + PART_SUFFIX, keep=True),
            )
        except OSError as error:
            if error.errno in NO_LOCKS:
                return None
            raise explained(final, error) from error
        try:
            part._take_up(notes)
        except BaseException as error:
            part._close()
            if isinstance(error, OSError):
                raise explained(final, error) from error
            raise
        return part

    def _take_up(self, notes: Notes) -> None:
        """Read what is there, and cut off what the notes do not speak of."""
        if self._read(notes.written) < notes.written or self.sha256 != notes.sha256:
            self.empty()
            return
        os.ftruncate(self._descriptor, notes.written)
        self.size = self._noted = notes.written
        self.notes = notes

    def _read(self, size: int) -> int:
        """Hash the first bytes, and stand behind them; return how many there were."""
        self._digest, left = hashlib.sha256(), size
        os.lseek(self._descriptor, 0, os.SEEK_SET)
        while left and (piece := os.read(self._descriptor, min(_PIECE, left))):
            self._digest.update(piece)
            left -= len(piece)
        return size - left

    @property
    def sha256(self) -> str:
        """The hash of the bytes so far."""
        digits: str = self._digest.hexdigest()
        return digits

    def empty(self) -> None:
        """Begin anew."""
        self.size, self.notes, self._digest = 0, None, hashlib.sha256()
        self._noted, self._failed = 0, None
        with self._explained():
            remove_notes(self.final)
            os.ftruncate(self._descriptor, 0)
            os.lseek(self._descriptor, 0, os.SEEK_SET)

    def write(self, batch: bytes, *, noted: Callable[[int, str], Notes] | None = None) -> None:
        """Add bytes.

        :param noted: makes the notes for a size and a hash; None when nobody could continue.
        :raises DiskFullError: when there is no space left.
        :raises DownloadError: when the system refuses to write.
        """
        with self._explained():
            self._append(batch)
            due = not self._noted or self.size - self._noted >= _NOTED_EVERY
            if noted is not None and due:
                self._note(noted(self.size, self.sha256))

    def _append(self, batch: bytes) -> None:
        """Write all of it; after a failure nothing more, or there would be a gap."""
        if self._failed is not None:
            raise self._failed
        try:
            write_all(self._descriptor, batch)
        except OSError as error:
            self._failed = error
            raise
        self._digest.update(batch)
        self.size += len(batch)

    def modified(self, *, durable: bool) -> int:
        """Return when it was last written, in nanoseconds since 1970.

        :param durable: bring its bytes to the disk's surface first.
        """
        with self._explained():
            if durable:
                os.fsync(self._descriptor)
            return os.fstat(self._descriptor).st_mtime_ns

    def finish(self, *, replace: bool = True) -> None:
        """Give the complete file its final name, in one step.

        :param replace: what is there under it; else that stays, where the file system has links.
        :raises UnsafeNameError: when something is there that stays.
        :raises DownloadError: when the system refuses; nothing has changed then.
        """
        with self._explained():
            # The lock is held until the name has changed. Windows locks nothing here, and does not
            # rename what is open.
            if not HAS_LOCKS:
                self._close()
            # First, or a process that is killed in between would leave them for ever.
            if self.notes is not None:
                remove_notes(self.final)
            give_name(self.part, self.final, replace=replace)
            self._close()

    def leave(self, notes: Notes | None) -> None:
        """Leave it unfinished, to be continued from these notes; without any, remove it.

        What cannot be noted is removed as well, unless earlier notes hold. Never raises.
        """
        if self._descriptor < 0:
            return
        if notes is None or not self.shared or not self._left_with(notes):
            self._drop()
        self._close()

    def _left_with(self, notes: Notes) -> bool:
        while self.size:
            try:
                # On a full disk, what is cut off makes room for the notes.
                os.ftruncate(self._descriptor, self.size)
                self._note(evolve(notes, written=self.size, sha256=self.sha256))
            except OSError as error:
                if self.notes is not None or error.errno not in FULL:
                    break
                self.size = self._read(max(0, self.size - _ROOM))
            else:
                break
        return self.notes is not None

    def _drop(self) -> None:
        self.notes = None
        # Before it is closed: afterwards another run may have begun this part.
        if not HAS_LOCKS:
            self._close()
        with suppress(OSError):
            remove_notes(self.final)
        with suppress(OSError):
            remove(self.part)

    def _note(self, notes: Notes) -> None:
        write_notes(self.final, notes)
        self._noted, self.notes = self.size, notes

    def _explained(self) -> Explained:
        return Explained(self.final)

    def _close(self) -> None:
        descriptor, self._descriptor = self._descriptor, -1
        if descriptor >= 0:
            os.close(descriptor)
