"""One file: from the API to its final name."""

from __future__ import annotations

import asyncio
import mimetypes
import os
import stat
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Literal, TypeAlias, TypeVar

from attrs import define, evolve, field, frozen

from ..errors import DeadlineError, DownloadError, IntegrityError, UnsafeNameError
from ..events import FileEnded
from ..models.files import File
from ..options import Options
from ..session.reply import Reply
from ..session.request import Request
from ..session.session import Session
from .names import NameTemplate
from .partial import PartFile, digest_of, explained
from .results import FileResult
from .resume import check, promised_digest, stands

__all__ = ("Downloader", "Wanted")

T = TypeVar("T")

_Held: TypeAlias = tuple[int, str | None]
"""What is on disk: its length, and its sha256 when that was computed."""


@frozen(kw_only=True)
class Wanted:
    """A file to be fetched.

    `fields` are the values its name may use; `record` is its file record, when it is known.
    """

    id: str
    file_id: str | None
    fields: Mapping[str, object]
    ext: str | None = None
    record: File | None = None


@define(kw_only=True)
class Downloader:
    """Fetch files into one folder.

    :param content: the request for a file's bytes.
    :param describe: the request for a file's record; sent when `verify` or the name needs it.
    :param verify: compare length and sha256 with the file record, also of what is on disk.
    """

    session: Session
    folder: str
    template: NameTemplate
    content: Callable[[str], Request[bytes]]
    describe: Callable[[str], Request[File]]
    verify: bool
    options: Options | None
    #: Who has each name in this run; kept only for templates that do not tell ids apart.
    _taken: dict[str, str] = field(factory=dict[str, str], init=False)

    async def result(self, wanted: Wanted) -> FileResult:
        """Fetch a file; a failure is a result."""
        began = self._now()
        try:
            return await self.fetch(wanted)
        except Exception as error:  # noqa: BLE001  # one file must never end the others
            return self._failed(wanted, error, began)

    async def fetch(self, wanted: Wanted) -> FileResult:
        """Fetch a file, or keep the one that is there.

        :raises ThreekitError: when it cannot be had; nothing is left under its name.
        """
        began = self._now()
        try:
            result = await self._in_time(wanted)
        except Exception as error:
            self._tell(self._failed(wanted, error, began))
            raise
        self._tell(result)
        return result

    def _failed(self, wanted: Wanted, error: Exception, began: float) -> FileResult:
        return FileResult(
            id=wanted.id,
            file_id=wanted.file_id,
            status="failed",
            error=error,
            seconds=self._now() - began,
        )

    def _tell(self, result: FileResult) -> None:
        self.session.stats.files += 1
        narrator = self.session.narrator
        if narrator.hears(FileEnded):
            narrator.tell(
                FileEnded(
                    id=result.id, status=result.status, size=result.size, seconds=result.seconds
                )
            )

    async def _in_time(self, wanted: Wanted) -> FileResult:
        deadline = self.session.deadline_for(self.options)
        if deadline is None:
            return await self._got(wanted)
        bound = asyncio.timeout(deadline)
        try:
            async with bound:
                return await self._got(wanted)
        except TimeoutError:
            if not bound.expired():
                raise
            raise DeadlineError(
                f"File {wanted.file_id} did not come within the deadline of {deadline:g} s. "
                "Try again, or allow more with Options(deadline=...).",
                sent=True,
            ) from None

    async def _described(self, file_id: str) -> File:
        request = self.describe(file_id)
        return self.session.read(
            request, await self.session.fetch(request, self.options, bulk=True)
        )

    async def _got(self, wanted: Wanted) -> FileResult:
        began = self._now()
        if wanted.file_id is None:
            raise DownloadError(
                f"Layer {wanted.id} has no file: its render may not have ended, or failed."
            )
        if wanted.record is None and (self.verify or self._needs_record(wanted)):
            wanted = evolve(wanted, record=await self._described(wanted.file_id))
        final = self._final(wanted)
        while other := self.session.writing.get(final):
            await other.wait()
        self.session.writing[final] = asyncio.Event()
        try:
            kept = await self._kept(wanted, final)
            status: Literal["skipped", "downloaded"] = "skipped" if kept else "downloaded"
            size, digest = (
                kept or await self._lent(wanted, final) or await self._fetched(wanted, final)
            )
        finally:
            self.session.writing.pop(final).set()
        return FileResult(
            id=wanted.id,
            file_id=wanted.file_id,
            status=status,
            path=Path(final),
            size=size,
            sha256=digest,
            seconds=self._now() - began,
        )

    def _now(self) -> float:
        return asyncio.get_running_loop().time()

    def _needs_record(self, wanted: Wanted) -> bool:
        return not self._by_id() or ("ext" in self.template.fields and wanted.ext is None)

    def _by_id(self) -> bool:
        """Tell whether names say whose they are; otherwise only the bytes do."""
        return not self.template.fields.isdisjoint({"id", "file_id", "hash"})

    def _final(self, wanted: Wanted) -> str:
        name = self.template.render({**wanted.fields, "ext": wanted.ext or _extension(wanted)})
        if not self._by_id():
            # File systems that ignore case would merge what differs only there.
            owner = self._taken.setdefault(name.casefold(), wanted.id)
            if owner != wanted.id:
                raise UnsafeNameError(
                    f"{wanted.id} would be called {name}, and {owner} has that name already. "
                    "Put {id} into the name template."
                )
        return f"{self.folder}{os.sep}{name}"

    async def _kept(self, wanted: Wanted, final: str) -> _Held | None:
        """Return what is on disk, if it can be kept."""
        try:
            found = os.stat(final)  # noqa: PTH116
        except (FileNotFoundError, NotADirectoryError):
            return None
        except OSError as error:
            raise explained(final, error) from error
        if not stat.S_ISREG(found.st_mode):
            raise DownloadError(f"{final} is there and is no file. Move it, or use another name.")
        size, digest = found.st_size, None
        if (self.verify or not self._by_id()) and promised_digest(wanted.record):
            try:
                digest = await asyncio.to_thread(digest_of, final)
            except OSError as error:
                raise explained(final, error) from error
        if stands(size=size, digest=digest, record=wanted.record):
            return size, digest
        if not self._by_id():
            raise UnsafeNameError(
                f"{final} is there and is another file. Move it, or put {{id}} into the name."
            )
        return None

    async def _lent(self, wanted: Wanted, final: str) -> _Held | None:
        """Take the bytes from the files kept earlier; None when they must be fetched."""
        files, record, digest = self.session.files, wanted.record, promised_digest(wanted.record)
        if files is None or record is None or digest is None or record.size is None:
            return None
        name = f"sha256-{digest}"
        # A miss costs one look, and no hop to a thread.
        if files.find(name, record.size) is None:
            return None
        lent = await _to_its_end(partial(files.lend, name, record.size, final))
        return (record.size, digest) if lent else None

    async def _fetched(self, wanted: Wanted, final: str) -> _Held:
        received = await self.session.stream(
            self.content(wanted.file_id or ""),
            partial(self._received, wanted, final),
            self.options,
        )
        self.session.stats.bytes_received += received[0]
        await self._keep(wanted, final, received[1])
        return received

    async def _keep(self, wanted: Wanted, final: str, digest: str | None) -> None:
        """Keep the bytes for later, once they are known to be what was promised."""
        files = self.session.files
        if files is not None and digest is not None and digest == promised_digest(wanted.record):
            await asyncio.to_thread(files.keep, f"sha256-{digest}", final)

    def _hashes(self, wanted: Wanted) -> bool:
        # Without a record nothing is kept: who asked for no checks pays for none.
        return self.verify or bool(self.session.files and promised_digest(wanted.record))

    async def _received(self, wanted: Wanted, final: str, reply: Reply) -> _Held:
        """Write an open answer to disk; of one that breaks off nothing stays there."""
        if reply.status != 200:
            raise DownloadError(
                f"The file for {final} was answered with status {reply.status} and no content. "
                "Try again; tell the vendor if it stays."
            )
        if reply.content_type == "text/html" and not final.lower().endswith((".html", ".htm")):
            raise IntegrityError(
                f"{final}: an HTML page came instead of the file. Nothing was written. Something "
                "else than the API answers: check the host setting and any proxy between."
            )
        async with PartFile(final, hashing=self._hashes(wanted)) as part:
            if reply.open_body is not None:
                async for chunk in reply.open_body.chunks():
                    await part.write(chunk)
            digest = await part.complete()
            checked = digest if self.verify else None
            check(final, size=part.size, digest=checked, record=wanted.record)
            part.finish()
        return part.size, digest


async def _to_its_end(work: Callable[[], T]) -> T:
    """Work in a thread; who is cancelled waits for it, so that no file appears afterwards."""
    working = asyncio.get_running_loop().run_in_executor(None, work)
    try:
        return await asyncio.shield(working)
    finally:
        await asyncio.wait({working})


def _extension(wanted: Wanted) -> str | None:
    """Find an extension: from the file record, or its media type; None when nothing tells."""
    record = wanted.record
    if record is None:
        return None
    if record.extension:
        return record.extension.lstrip(".")
    if record.filename and "." in record.filename:
        return record.filename.rpartition(".")[2]
    guessed = mimetypes.guess_extension(record.mime_type or "")
    return guessed.lstrip(".") if guessed else "bin"
