"""One file of many: what it is called, whether it is there already, and how it ended."""

from __future__ import annotations

import asyncio

from attrs import define, evolve, field

from ..errors import DeadlineError, DownloadError, UnsafeNameError
from ..events import FileEnded
from .books import Books
from .destinations.place import Arrived, Place
from .extensions import extension_of
from .fetching import Fetching
from .names import NameTemplate
from .results import FileResult, FileStatus, without_frames
from .standing import Standing
from .wanted import Wanted

__all__ = ("Downloader",)


@define(kw_only=True)
class Downloader:
    """Have files in one destination: kept, copied, or fetched.

    :param verify: compare length and sha256 with the file's record, also of what is there.
    """

    books: Books
    place: Place
    template: NameTemplate
    standing: Standing
    fetching: Fetching
    verify: bool
    #: Files that are being fetched now, and who waits for them.
    _coming: dict[str, asyncio.Event] = field(factory=dict[str, asyncio.Event], init=False)

    async def result(self, wanted: Wanted) -> FileResult:
        """Fetch a file; a failure is a result."""
        began = self._now()
        try:
            return await self.fetch(wanted)
        except Exception as error:  # noqa: BLE001  # one file must never end the others
            # Thousands of these may be kept.
            return self._failed(wanted, without_frames(error), began)

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
        self.books.session.stats.files += 1
        narrator = self.books.session.narrator
        if narrator.hears(FileEnded):
            narrator.tell(
                FileEnded(
                    id=result.id, status=result.status, size=result.size, seconds=result.seconds
                )
            )

    async def _in_time(self, wanted: Wanted) -> FileResult:
        deadline = self.books.session.deadline_for(self.books.options)
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

    async def _got(self, wanted: Wanted) -> FileResult:
        began = self._now()
        file_id = wanted.file_id
        if file_id is None:
            raise DownloadError(
                f"Layer {wanted.id} has no file: its render may not have ended, or failed."
            )
        wanted, name = await self._named(wanted, file_id)
        final = f"{self.place.address}/{name}"
        ended = await self._alone(final, file_id)
        try:
            status, arrived = await self._had(wanted, name)
        finally:
            del self.books.session.writing[final], self._coming[file_id]
            ended.set()
        return FileResult(
            id=wanted.id,
            file_id=file_id,
            status=status,
            name=name,
            path=self.place.path(name),
            size=arrived.size,
            sha256=arrived.sha256 or None,
            seconds=self._now() - began,
        )

    def _now(self) -> float:
        return asyncio.get_running_loop().time()

    async def _named(self, wanted: Wanted, file_id: str) -> tuple[Wanted, str]:
        """Find the name; where only the record tells the extension, an earlier run may have it."""
        if self._name_is_open(wanted):
            if done := self.books.ledger.done(wanted.id, file_id):
                return wanted, done.name
            self.template.check(wanted.fields)
            wanted = self._shared(wanted) or await self.books.described(wanted)
        return wanted, self._name(wanted)

    def _shared(self, wanted: Wanted) -> Wanted | None:
        """Know the extension when the name is that of the same file under another layer."""
        like = self.books.ledger.like(file_id=wanted.file_id)
        if like is None:
            return None
        ext = extension_of(None, None, told=like.name.rpartition(".")[2])
        name = self.template.render({**wanted.fields, "ext": ext})
        return evolve(wanted, ext=ext) if name == like.name else None

    def _name_is_open(self, wanted: Wanted) -> bool:
        return "ext" in self.template.fields and wanted.ext is None and wanted.record is None

    def _name(self, wanted: Wanted) -> str:
        ext = extension_of(wanted.record, None, told=wanted.ext)
        name = self.template.render({**wanted.fields, "ext": ext})
        if self.template.unique:
            return name
        # Layers that share a file may share its name, when that is all the name tells.
        of_file = self.template.tells_apart and "id" not in self.template.fields
        mine = wanted.file_id or "" if of_file else wanted.id
        owner = self.books.ledger.claim(name, mine)
        if owner != mine:
            raise UnsafeNameError(
                f"{wanted.id} would be called {name}, and {owner} has that name already. "
                "Put {id} into the name template."
            )
        return name

    async def _alone(self, final: str, file_id: str) -> asyncio.Event:
        """Wait for whoever in this client writes the name, or in this run fetches the file."""
        writing = self.books.session.writing
        while other := writing.get(final) or self._coming.get(file_id):
            await other.wait()
        writing[final] = self._coming[file_id] = ended = asyncio.Event()
        return ended

    async def _had(self, wanted: Wanted, name: str) -> tuple[FileStatus, Arrived]:
        held = await self.place.held(name)
        if held is not None and (kept := await self.standing.kept(wanted, name, held)):
            return "skipped", kept
        if self.verify:
            wanted = await self.books.described(wanted)
        replace = held is not None
        if copied := await self.standing.copied(wanted, name, replace=replace):
            return "copied", copied
        return await self.fetching.fetched(wanted, name, replace=replace)
