"""One file up: read, looked for, sent, compared with its record, imported."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Literal

from attrs import define, evolve, field, frozen

from ..errors import (
    AuthenticationError,
    DecodeError,
    IntegrityError,
    StatusError,
    TransportError,
    UnsafeNameError,
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
from .held import Look
from .promise import promised_digest
from .results import FileResult, without_frames
from .uploads_record import Known, UploadsRecord

__all__ = ("Sending", "Uploader", "opened_record")


@frozen(kw_only=True)
class Sending:
    """A file to be uploaded.

    :param id: where it comes from, as `chairs/oak.png` in a folder.
    :param part: makes its part of the form, or raises why there is none; must not wait.
    """

    id: str
    part: Callable[[], FilePart]


@define(kw_only=True)
class _Going:
    """How far a file is, and what is known of it."""

    id: str
    began: float
    span: Span
    part: FilePart | None = None
    status: Literal["uploaded", "skipped"] = "skipped"
    size: int = 0
    sha256: str | None = None
    file_id: str | None = None
    job_id: str | None = None

    def found(self, found: Fingerprint) -> None:
        """Note what its bytes are."""
        self.size, self.sha256 = found.size, found.sha256

    def ended(self, now: float, error: Exception | None) -> FileResult:
        """Return the result."""
        source = None if self.part is None else self.part.source
        return FileResult(
            id=self.id,
            status="failed" if error else self.status,
            file_id=self.file_id,
            job_id=self.job_id,
            name=None if self.part is None else self.part.filename,
            path=source if isinstance(source, Path) else None,
            size=self.size,
            sha256=self.sha256,
            seconds=now - self.began,
            error=without_frames(error),
        )


@define(kw_only=True)
class Uploader:
    """Upload files one by one, leaving out what the API holds already.

    An upload that may have arrived is not repeated by itself; when the run is made again, it is
    looked for before it is sent.

    :param send: the request that uploads a part.
    :param look: the request for the bytes of a sha256, of which only the length is read.
    :param import_: starts the import of a file by its id and name; None imports nothing.
    :param imported: how it imports, as text: what was imported otherwise is imported again.
    :param skip_held: look at the record, and ask the API, before sending.
    :param verify: read files whose length and time are those of the record as well.
    :param moved: is told how many bytes have arrived, file by file.
    """

    session: Session
    record: UploadsRecord
    send: Callable[[FilePart], Request[list[File]]]
    look: Callable[[str], Request[bytes]]
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
        going = _Going(
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

    async def _carry(self, sending: Sending, going: _Going) -> None:
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

    async def _carry_part(self, part: FilePart, rival: str | None, going: _Going) -> None:
        """Carry a file whose name is known.

        :param rival: who else in this run makes an asset of that name.
        """
        found = self._unchanged(part, going.id) or await asyncio.to_thread(fingerprint_of, part)
        if found is None:
            _refuse(rival, part, going.id)
            await self._import(await self._upload(part, None, going), going)
            return
        going.found(found)
        async with self._alone(found.sha256):
            known = self._known(part, found)
            if not self._is_imported(known):
                _refuse(rival, part, going.id)
            if known is not None:
                known = self._noted(known, going, found)
            elif await self._is_held(found, going.span):
                known = self._noted(_known_of(part, found), going, found)
            else:
                known = await self._upload(part, found, going)
            await self._import(known, going)

    def _unchanged(self, part: FilePart, id: str) -> Fingerprint | None:  # noqa: A002
        """Trust the record for a file with the length and the time it had then."""
        if self.verify or not self.skip_held or not isinstance(part.source, Path):
            return None
        try:
            # A hop to a thread costs more than the look.
            now = part.source.stat()
        except OSError:
            return None
        known = self.record.unchanged(id, size=now.st_size, modified=modified_of(now))
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

    def _noted(self, known: Known, going: _Going, found: Fingerprint) -> Known:
        """Note that a file is held, so that the next run need neither read nor ask."""
        going.file_id = known.file_id
        if (known.id, known.modified) != (going.id, found.modified):
            known = evolve(known, id=going.id, modified=found.modified)
            self.record.add(known)
        return known

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

    async def _is_held(self, found: Fingerprint, span: Span) -> bool:
        """Ask the API for bytes by their hash. A file to be imported needs an id, so is sent."""
        if not self.skip_held or self.import_ is not None or not found.size:
            return False
        options = span.options().uncached()
        try:
            return await self.session.stream(self.look(found.sha256), Look(found.size), options)
        except AuthenticationError:
            raise
        except StatusError:  # with which status what is not there is answered, nobody says
            return False

    async def _upload(self, part: FilePart, found: Fingerprint | None, going: _Going) -> Known:
        tally = Tally()
        try:
            file = await self._sent(counted(part, tally) if found is None else part, going.span)
        except TransportError as error:
            if is_as_it_was(part, found):
                raise
            raise _changed(going.id) from error
        found = found or tally.fingerprint()
        going.found(found)
        _check(going.id, part, file, found)
        going.status, going.file_id = "uploaded", file.id
        if self.moved is not None:
            self.moved(found.size)
        known = evolve(_known_of(part, found), id=going.id, file_id=file.id)
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

    async def _import(self, known: Known, going: _Going) -> None:
        if self.import_ is None or known.file_id is None:
            return
        if self._is_imported(known):
            going.job_id = known.job_id
            return
        job = await self.import_(known.file_id, known.name, going.span.options())
        going.job_id = job.job_id
        self.record.add(evolve(known, job_id=job.job_id, imported=self.imported))


def _refuse(rival: str | None, part: FilePart, id: str) -> None:  # noqa: A002
    if rival is not None:
        raise UnsafeNameError(
            f"{id} would be imported as {part.filename}, and so is {rival}: the second would "
            "replace what the first has made. Upload it under another name, with "
            "Upload(path, filename=...)."
        )


def _known_of(part: FilePart, found: Fingerprint) -> Known:
    return Known(
        id="", name=part.filename, size=found.size, sha256=found.sha256, modified=found.modified
    )


def _check(id: str, part: FilePart, file: File, found: Fingerprint) -> None:  # noqa: A002
    """Compare what the API says it has with what was read here.

    :raises IntegrityError: when length or sha256 differ.
    """
    promised = promised_digest(file)
    if promised is None and not is_as_it_was(part, found):
        raise _changed(id)
    if file.size not in {None, found.size} or promised not in {None, found.sha256}:
        raise IntegrityError(
            f"{id}: {found.size} bytes with sha256 {found.sha256[:12]}... were read here, and "
            f"record {file.id} says {file.size} with {(promised or 'none')[:12]}.... The file may "
            "have changed while it was uploaded: upload it again when it is complete, and do not "
            "use that record."
        )


def _changed(id: str) -> IntegrityError:  # noqa: A002
    return IntegrityError(
        f"{id} changed while it was uploaded, so that what has arrived may be neither the old nor "
        "the new. Upload it again when it is complete."
    )


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
