"""What is finished: in this run, and in those before it into the same folder."""

from __future__ import annotations

import asyncio
import logging
from contextlib import suppress
from functools import partial
from pathlib import Path

from attrs import define, field

from ..errors import DownloadError
from .cleaning import same_name
from .durable import Surface
from .entries import Entry, Gone, Mark
from .index import Index, row
from .loading import load
from .manifest import Manifest
from .refusals import explained

__all__ = ("Entry", "Ledger")

_logger = logging.getLogger("threekit_async")

_BATCH = 512
"""After so many files they are brought to the disk's surface ..."""

_SECONDS = 5.0
"""... or so long after the first of them."""


@define(kw_only=True)
class Ledger:
    """Remembers finished files, and finds them again: by what was asked for, and by their bytes.

    Call everything but `opened` on the event loop; nothing but `aclose` waits. Where there is no
    manifest, only this run is remembered.

    What is lost when a run ends without `aclose`:

    - The process is killed: nothing. A line is with the system before its file gets its name, so
      that every file with a final name is remembered. At most one line is torn; it is cut off by
      the next run, and the file it was about had no name yet. Files of the last batch are not
      `sure`: the next run reads them once before it believes them.
    - The power is cut, or the system crashes: whatever had not come to the disk's surface. That
      is, the bytes, names and lines of files finished since the last mark: those of the last five
      seconds or 512 files, and of the time a sync took beyond that. A file whose line is lost is
      there without an entry. One whose bytes are lost has an entry that is not `sure`, or whose
      size or time differ. Either way it is found by reading it, and fetched again.
    - Files that a mark covers lose nothing, as far as the disk keeps what it says it has written.

    Where the system cannot write back (a worn disk, a quota), the batch stays unsure, which is
    logged once, and the run goes on.
    """

    _manifest: Manifest | None = field(default=None, init=False)
    _surface: Surface | None = field(default=None, alias="surface")
    _index: Index = field(factory=Index, init=False)
    #: Where the lines begin that no sync has tried to cover, and how many files they are about.
    _since: int = field(default=0, init=False)
    _fresh: int = field(default=0, init=False)
    _at: int = field(default=0, init=False)
    _timer: asyncio.TimerHandle | None = field(default=None, init=False)
    _syncing: asyncio.Task[None] | None = field(default=None, init=False)
    _warned: bool = field(default=False, init=False)
    _closed: bool = field(default=False, init=False)

    @classmethod
    def opened(cls, path: Path | None, *, template: str, sync: Path | None) -> Ledger:
        """Read what earlier runs have finished; blocking.

        :param path: of the manifest; made when it is not there. None remembers this run only.
        :param template: the text of the name template; `done` knows no entries of other ones.
        :param sync: the folder whose files are brought to the disk's surface. None when what is
            finished cannot be lost any more, as in an object store: all entries are `sure` then.
        :raises DownloadError: when another run has the manifest, when the file is none or a newer
            version's, or when it cannot be read or written.
        """
        surface = None if sync is None or path is None else _opened_surface(sync)
        ledger = cls(surface=surface)
        try:
            if path is not None:
                ledger._remember(path, template.encode("utf-8", "replace").decode())
            ledger._index.build()
        except BaseException:
            ledger.close()
            raise
        return ledger

    def _remember(self, path: Path, template: str) -> None:
        self._manifest = manifest = Manifest.opened(path)
        load(manifest, self._index, template=template, sure=self._surface is None)
        manifest.begin(template)
        self._since = manifest.size

    def done(self, id: str, file_id: str) -> Entry | None:  # noqa: A002
        """Return the newest entry for a layer's file that was named by the same template."""
        try:
            return self._index.done(id, file_id)
        except UnicodeEncodeError:  # half of a surrogate pair: such are never remembered
            return None

    def named(self, name: str) -> Entry | None:
        """Return the entry of a name, whatever template and layer it came from."""
        try:
            return self._index.named(name)
        except UnicodeEncodeError:
            return None

    def like(self, *, file_id: str | None = None, sha256: str | None = None) -> Entry | None:
        """Return the newest entry with the same bytes, whatever template named it.

        :param file_id: asked first; equal file ids are equal bytes.
        :param sha256: 64 hexadecimal digits, in lower case as in entries.
        """
        try:
            found = self._index.with_file(file_id) if file_id else None
            return found or (self._index.with_sha256(sha256) if sha256 else None)
        except UnicodeEncodeError:
            return None

    def claim(self, name: str, owner: str) -> str:
        """Return who has a name in this run; the first who claims it has it.

        Names are the same when they differ only in case or in how accents are composed: some file
        systems keep one file for them.

        :param name: without halves of surrogate pairs, as every name that was cleaned.
        """
        return self._index.claim(same_name(name), owner)

    def add(self, entry: Entry) -> None:
        """Remember a finished file. Call it right before the file gets its name, without waiting.

        An older entry of the same name is forgotten. An entry of an earlier run that was not
        `sure`, and has been read and found right, is added again: that makes it sure for the next.
        One with an id that is no text in UTF-8 is not remembered.

        :raises DiskFullError: when there is no space left for the line.
        :raises DownloadError: when it cannot be written.
        """
        # Before the line: all the files of the lines so far have their names by now.
        self._grown()
        with suppress(UnicodeEncodeError):
            at = self._written(entry)
            self._index.put(row(entry, at=at, mine=True, sure=True))

    def forget(self, entry: Entry) -> None:
        """Take back what was said of a name: its file is not there, or is another.

        :raises DiskFullError: when there is no space left for the line. This run has forgotten
            the entry even so.
        :raises DownloadError: when it cannot be written.
        """
        self._index.drop(entry.name)
        self._grown()
        self._written(Gone(entry.name))

    async def aclose(self) -> None:
        """Bring what is left to the disk's surface, say so in the manifest, and close it.

        Harmless twice. Who is cancelled here leaves the last batch unsure.
        """
        if self._closed:
            return
        self._closed = True
        try:
            if self._syncing is not None:
                await asyncio.wait({self._syncing})
            if self._fresh and self._manifest is not None:
                await asyncio.wait({self._begun(self._manifest)})
        finally:
            if self._syncing is not None:
                self._syncing.cancel()
            self.close()

    def close(self) -> None:
        """Close everything as it is; harmless twice."""
        self._closed = True
        self._disarm()
        if self._manifest is not None:
            self._manifest.close()
        if self._surface is not None:
            self._surface.close()
        self._index.close()

    def _written(self, line: Entry | Gone) -> int:
        if self._manifest is None:
            self._at += 1
            return self._at
        at = self._manifest.append(line)
        self._fresh += 1
        return at

    def _grown(self) -> None:
        """Begin a sync when it is time, unless one is under way."""
        if self._manifest is None or self._syncing is not None or self._closed:
            return
        if self._fresh >= _BATCH:
            self._begun(self._manifest)
        elif self._timer is None:
            self._arm(self._manifest)

    def _arm(self, manifest: Manifest) -> None:
        loop = asyncio.get_running_loop()
        self._timer = loop.call_later(_SECONDS, self._begun, manifest)

    def _disarm(self) -> None:
        timer, self._timer = self._timer, None
        if timer is not None:
            timer.cancel()

    def _begun(self, manifest: Manifest) -> asyncio.Task[None]:
        self._disarm()
        since, until = self._since, manifest.size
        self._since, self._fresh = until, 0
        self._syncing = asyncio.get_running_loop().create_task(self._sync(manifest, since, until))
        self._syncing.add_done_callback(self._synced)
        return self._syncing

    def _synced(self, _task: asyncio.Task[None]) -> None:
        self._syncing = None
        if self._fresh and self._manifest is not None and not self._closed:
            self._arm(self._manifest)

    async def _sync(self, manifest: Manifest, since: int, until: int) -> None:
        """Bring the files of some lines to the surface, then say so; lines may be added meanwhile.

        In this order: a mark on the disk promises that the bytes came before it.
        """
        loop = asyncio.get_running_loop()
        try:
            if self._surface is not None:
                await self._surfaced(self._surface, since, until)
            manifest.expect_alone()
            manifest.append(Mark(since, until))
            await loop.run_in_executor(None, manifest.flush)
        except (OSError, RuntimeError, DownloadError) as error:
            self._failed(error, manifest.path)

    async def _surfaced(self, surface: Surface, since: int, until: int) -> None:
        loop = asyncio.get_running_loop()
        if await loop.run_in_executor(None, surface.everything):
            return
        while names := self._index.names(since, until, most=_BATCH):
            since = names[-1][0]
            work = partial(surface.files, [name for _, name in names])
            await loop.run_in_executor(None, work)

    def _failed(self, error: Exception, path: Path) -> None:
        if self._warned:
            return
        self._warned = True
        _logger.warning(
            "Finished files could not be brought to the disk's surface, or not noted in %s: %s. "
            "The run goes on; the next one reads them again before it believes them.",
            path,
            error,
        )


def _opened_surface(folder: Path) -> Surface:
    try:
        return Surface.opened(folder)
    except OSError as error:
        raise explained(str(folder), error) from error
