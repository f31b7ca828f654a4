"""One file up: read, looked for, sent, compared with its record, imported."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path

from attrs import define, evolve, field

from ..errors import (
    DecodeError,
    TransportError,
)
from ..events import FileEnded
from ..models.asset_jobs import AssetJob
from ..models.files import File
from ..options import Options
from ..session.request import FilePart, Request
from ..session.session import Session
from ..session.span import Span
from .fingerprint import (
    Fingerprint,
    Tally,
    Used,
    counted,
    fingerprint_of,
    is_as_it_was,
    modified_of,
)
from .going import Going, Sending
from .held import Looking
from .known import Known
from .results import FileResult
from .uploads_record import UploadsRecord
from .vetting import changed, check_record, known_of_part, path_of, refuse_rival

__all__ = ("Uploader", "opened_record")


@define(kw_only=True)
class Uploader:
    """Upload files one by one, leaving out what the API holds already.

    An upload that may have arrived is not repeated by itself; when the run is made again, it is
    looked for before it is sent.

    :param send: the request that uploads a part.
    :param looking: asks the API what it holds.
    :param import_: starts the import of a file by its id and name; None imports nothing.
    :param imported: how it imports, as text: what was imported otherwise is imported again.
    :param skip_held: look at the record, and ask the API, before sending.
    :param verify: read files whose length and time are those of the record as well.
    :param moved: is told how many bytes have arrived, file by file.
    """

    session: Session
    record: UploadsRecord
    send: Callable[[FilePart], Request[list[File]]]
    looking: Looking
    import_: Callable[[str, str, Options], Awaitable[AssetJob]] | None
    imported: str
    skip_held: bool
    verify: bool
    options: Options | None
    moved: Callable[[int], object] | None = None
    #: Which bytes and names somebody has now, and who waits for them.
    _busy: dict[str, asyncio.Event] = field(factory=dict[str, asyncio.Event], init=False)
    _used: Used = field(factory=Used, init=False)

    async def aclose(self) -> None:
        """Bring the record to the disk, and close it."""
        await asyncio.to_thread(self.record.close)

    async def result(self, sending: Sending) -> FileResult:
        """Upload a file; a failure is a result."""
        going = Going(
            id=sending.id, began=self.session.clock(), span=self.session.within(self.options)
        )
        try:
            await self._carry(sending, going)
        except Exception as error:  # noqa: BLE001  # one file must never end the others
            return self._told(going.ended(self.session.clock(), error))
        return self._told(going.ended(self.session.clock(), None))

    def _told(self, result: FileResult) -> FileResult:
        self.session.stats.files += 1
        narrator = self.session.narrator
        if narrator.hears(FileEnded):
            narrator.tell(
                FileEnded(
                    id=result.id, status=result.status, size=result.size, seconds=result.seconds
                )
            )
        return result

    async def _carry(self, sending: Sending, going: Going) -> None:
        part = going.part = sending.part()
        self._used.add(part.source, going.id)
        if self.import_ is None:
            await self._carry_part(part, None, going)
            return
        # An asset is called like its file. Nothing was waited for until here, so that of two
        # files with one name the first in order has it, and the others come after it.
        name = part.filename.casefold()
        owner = self.record.claim(name, going.id)
        async with self._alone(f"name {name}"):
            await self._carry_part(part, None if owner == going.id else owner, going)

    async def _carry_part(self, part: FilePart, rival: str | None, going: Going) -> None:
        """Carry a file whose name is known.

        :param rival: who else in this run makes an asset of that name.
        """
        unchanged = self._unchanged(part)
        found = unchanged or await asyncio.to_thread(fingerprint_of, part)
        if found is None:
            refuse_rival(rival, part, going.id)
            await self._import(await self._upload(part, None, going), going)
            return
        going.found(found)
        async with self._alone(found.sha256):
            known = self._known(part, found)
            if not self._is_imported(known):
                refuse_rival(rival, part, going.id)
            if known is None and await self._holds(found, going):
                known = known_of_part(part, found)
            if known is None:
                known = await self._upload(part, found, going)
            else:
                going.file_id = known.file_id
                known = evolve(known, id=going.id, modified=found.modified, path=path_of(part))
                if unchanged is None:  # the next run need neither read nor ask
                    self.record.add(known)
            await self._import(known, going)

    def _unchanged(self, part: FilePart) -> Fingerprint | None:
        """Trust the record for a file with the length and the time it had then."""
        path = path_of(part)
        if self.verify or not self.skip_held or path is None:
            return None
        try:
            # A hop to a thread costs more than the look.
            now = os.stat(path)  # noqa: PTH116
        except OSError:
            return None
        known = self.record.unchanged(path, size=now.st_size, modified=modified_of(now))
        if known is None:
            return None
        return Fingerprint(size=known.size, sha256=known.sha256, modified=known.modified)

    def _known(self, part: FilePart, found: Fingerprint) -> Known | None:
        if not self.skip_held:
            return None
        named = self.record.named(part.filename, found.sha256)
        # An asset is called like its file: a record with another name will not do.
        return named or (None if self.import_ else self.record.like(found.sha256))

    def _is_imported(self, known: Known | None) -> bool:
        return known is not None and known.job_id is not None and known.imported == self.imported

    @asynccontextmanager
    async def _alone(self, what: str) -> AsyncGenerator[None]:
        """Let nobody else of this run have the same bytes, or the same name, meanwhile."""
        while other := self._busy.get(what):
            await other.wait()
        self._busy[what] = asyncio.Event()
        try:
            yield
        finally:
            self._busy.pop(what).set()

    async def _holds(self, found: Fingerprint, going: Going) -> bool:
        """Ask the API for bytes. A file to be imported needs an id, so is sent."""
        if not self.skip_held or self.import_ is not None:
            return False
        return await self.looking.finds(found, going.span.options())

    async def _upload(self, part: FilePart, found: Fingerprint | None, going: Going) -> Known:
        tally = Tally()
        try:
            file = await self._sent(counted(part, tally) if found is None else part, going.span)
        except TransportError as error:
            if is_as_it_was(part, found):
                raise
            raise changed(going.id) from error
        found = found or tally.fingerprint()
        going.found(found)
        check_record(going.id, part, file, found)
        going.status, going.file_id = "uploaded", file.id
        if self.moved is not None:
            self.moved(found.size)
        known = evolve(known_of_part(part, found), id=going.id, file_id=file.id)
        self.record.add(known)
        return known

    async def _sent(self, part: FilePart, span: Span) -> File:
        request = self.send(part)
        reply = await self.session.fetch(request, span.options(), bulk=True)
        files = self.session.read(request, reply)
        if len(files) != 1:
            raise DecodeError(
                f"{request} succeeded, but its answer names {len(files)} files where one was "
                "sent. Run again: what has arrived is not sent twice.",
                path="files",
            )
        return files[0]

    async def _import(self, known: Known, going: Going) -> None:
        if self.import_ is None or known.file_id is None:
            return
        if self._is_imported(known):
            going.job_id = known.job_id
            return
        job = await self.import_(known.file_id, known.name, going.span.options())
        going.job_id = job.job_id
        self.record.add(evolve(known, job_id=job.job_id, imported=self.imported))


async def opened_record(path: Path | None, *, origin: str, org_id: str | None) -> UploadsRecord:
    """Open a record of uploads, in a thread where there is something to read.

    Raises as `UploadsRecord.opened` does.
    """
    if path is None:
        return UploadsRecord.opened(None, origin=origin, org_id=org_id)
    opening = asyncio.get_running_loop().run_in_executor(
        None, partial(UploadsRecord.opened, path, origin=origin, org_id=org_id)
    )
    try:
        return await asyncio.shield(opening)
    except asyncio.CancelledError:
        opening.add_done_callback(_closed)
        raise


def _closed(opening: asyncio.Future[UploadsRecord]) -> None:
    if opening.exception() is None:
        opening.result().close()
