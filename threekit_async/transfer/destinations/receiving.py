"""One file that is received into a folder."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Mapping
from contextlib import suppress
from functools import partial
from time import perf_counter
from types import TracebackType
from typing import Self, TypeVar

from attrs import define, field

from ...errors import DiskFullError, DownloadError, IntegrityError
from ...session.reply import Reply
from ...session.wire.beside import Beside, Outcome
from ..cleaning import NOTES_SUFFIX
from ..partial import PartFile
from ..resume import Notes, arriving, asked_headers, check_length, check_most
from .haste import Haste
from .place import Arrived, PageError, Wish, refuse_page

__all__ = ("Receiving",)

T = TypeVar("T")

_BATCH = 512 * 1024


@define(kw_only=True)
class Receiving:
    """Collect the bytes of one file, and have them written in batches by the disk's thread.

    A small file is written in one go, when all of it is there: in place, while the disk is quick.
    Of a larger one, a batch of 512 KiB is written and hashed while the next one arrives; at most
    two are held. Bytes that arrive together are not parted, so that a batch may be longer, by less
    than 1 MiB.

    What breaks off is asked for again from there, in this run and in the next one, as long as the
    server says by an etag that it is the same content. Else it is fetched from zero.
    """

    wish: Wish
    final: str
    disk: Beside
    haste: Haste
    durable: bool
    #: Received so far: what is written, being written, and in the batch.
    size: int = field(default=0, init=False)
    resumed: bool = field(default=False, init=False)
    _asked: int = field(default=0, init=False)
    _etag: str | None = field(default=None, init=False)
    _length: int | None = field(default=None, init=False)
    _bounded: bool = field(default=True, init=False)
    _batch: list[bytes] = field(factory=list[bytes], init=False, repr=False)
    _batched: int = field(default=0, init=False)
    _part: PartFile | None = field(default=None, init=False)
    _writing: asyncio.Future[Outcome[None]] | None = field(default=None, init=False, repr=False)
    _finished: bool = field(default=False, init=False)
    #: Bytes that were left for the next run.
    _left: int = field(default=0, init=False)

    async def __aenter__(self) -> Self:
        # Nearly always nothing is there: one look, and no hop to the thread.
        if os.path.exists(self.final + NOTES_SUFFIX):  # noqa: PTH110, ASYNC240
            try:
                await self._done(self._continue)
            except BaseException:  # who is cancelled here never comes to the exit
                await self._done(partial(self._leave, keep=True, full=False))
                raise
            self._moved(self.size)
        return self

    async def __aexit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        # What is being written may be about to make the part.
        begun = self._part is not None or self._writing is not None
        if not self._finished and (begun or (self._batch and self._etag)):
            keep = isinstance(exc, PageError) or not isinstance(exc, IntegrityError)
            await self._done(partial(self._leave, keep=keep, full=isinstance(exc, DiskFullError)))
        if not self._finished:
            self._moved(self._left - self.size)
            self._batch.clear()

    @property
    def kept(self) -> int:
        """How many bytes need not be fetched again when it breaks off now."""
        return self.size if self._etag is not None else 0

    @property
    def uncertain(self) -> bool:
        """Only the file's record can say whether this is all of it."""
        return not self._bounded and self._length is None

    @property
    def whole(self) -> bool:
        """Nothing is left to be asked for."""
        return self._length is not None and self.size == self._length

    @property
    def lacking(self) -> bool:
        """The rest is to be asked for: the server has sent less of it than there is."""
        return self._length is not None and self.size < self._length

    def headers(self) -> Mapping[str, str]:
        """Ask for what is missing."""
        self._asked = self.size if self._etag is not None else 0
        return asked_headers(have=self._asked, etag=self._etag)

    async def take(self, reply: Reply) -> None:
        """Receive an open body, behind what is there or from zero."""
        came = arriving(
            reply.status,
            reply.headers,
            name=self.final,
            have=self._asked,
            etag=self._etag,
            length=self._length,
        )
        refuse_page(reply, self.final)
        if not came.at:
            await self.restart()
        self._etag = came.etag
        self._bounded = came.bounded
        self._length = self._length if came.length is None else came.length
        if reply.open_body is not None:
            async for chunk in reply.open_body.chunks():
                await self._add(chunk)
        length = self._length if came.until is None else came.until
        check_length(self.final, size=self.size, length=length)

    async def restart(self) -> None:
        """Forget what is there: progress goes back."""
        await self._settled()
        self._moved(-self.size)
        self._batch, self._batched, self.size = [], 0, 0
        self._etag = self._length = None
        self.resumed = False
        if self._part is not None:
            await self._done(self._part.empty)

    async def complete(self) -> Arrived:
        """Write what is held, and compare all of it with what was promised.

        :raises IntegrityError: when it is something else.
        :raises DiskFullError: when there is no space left.
        :raises DownloadError: when the system refuses to write.
        """
        await self._settled()
        work = partial(self._complete, self._taken())
        new = self._part is None and not self.durable
        if not (new and self.haste.allows(self.size)):
            return await self._done(work)
        began = perf_counter()
        try:
            return work()
        finally:
            self.haste.took(perf_counter() - began)

    def finish(self) -> None:
        """Give it its name, replacing what is there, in one step.

        :raises DownloadError: when the system refuses.
        """
        assert self._part is not None  # noqa: S101  # it is complete
        self._part.finish(replace=self.wish.replace or not self.wish.shared)
        self._finished = True

    async def _add(self, chunk: bytes) -> None:
        self.size += len(chunk)
        most = self.wish.size if self._length is None else self._length
        check_most(self.final, size=self.size, most=most)
        self._batch.append(chunk)
        self._batched += len(chunk)
        self._moved(len(chunk))
        if self._batched >= _BATCH:
            await self._settled()
            self._writing = self.disk.begin(partial(self._write, self._taken()))

    def _moved(self, size: int) -> None:
        if self.wish.moved is not None and size:
            self.wish.moved(size)

    def _taken(self) -> bytes:
        batch, self._batch, self._batched = b"".join(self._batch), [], 0
        return batch

    async def _settled(self) -> None:
        """Wait for the batch that is being written."""
        if self._writing is not None:
            writing, self._writing = await self._writing, None
            writing.get()

    async def _done(self, work: Callable[[], T]) -> T:
        """Have the thread do something; who is cancelled waits until it is done."""
        return await self.disk.run(work)

    # From here on, everything blocks, and is called by the disk's thread but for small files.

    def _continue(self) -> None:
        part = PartFile.continued(self.final, file_id=self.wish.file_id, hash=self.wish.hash)
        if part is None:
            return
        self._part, notes = part, part.notes
        if notes is not None:
            self.size, self.resumed = part.size, True
            self._etag, self._length = notes.etag, notes.length

    def _opened(self) -> PartFile:
        if self._part is None:
            self._part = PartFile.begun(self.final)
        return self._part

    def _write(self, batch: bytes) -> None:
        self._opened().write(batch, noted=self._notes if self._etag else None)

    def _complete(self, batch: bytes) -> Arrived:
        part = self._opened()
        part.write(batch)
        self.wish.check(part.size, part.sha256)
        return Arrived(part.size, part.sha256, part.modified(durable=self.durable))

    def _notes(self, size: int, sha256: str) -> Notes:
        return Notes(
            file_id=self.wish.file_id,
            etag=self._etag or "",
            written=size,
            sha256=sha256,
            length=self._length,
            hash=self.wish.hash,
        )

    def _leave(self, *, keep: bool, full: bool) -> None:
        keep = keep and self._etag is not None
        if keep and self._batch and not full:
            with suppress(DownloadError):  # what was written before is kept all the same
                self._opened().write(self._taken())
        if self._part is not None:
            part = self._part
            part.leave(self._notes(part.size, part.sha256) if keep and part.size else None)
            self._left = part.notes.written if part.notes is not None else 0
