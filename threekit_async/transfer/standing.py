"""Whether what is there already can stand for a file, so that nothing is fetched."""

from __future__ import annotations

from attrs import evolve, frozen

from ..errors import DownloadError, UnsafeNameError
from .books import Books
from .destinations.folder import Folder
from .destinations.place import Arrived, Held, Place
from .ledger import Entry
from .promise import promised_digest, stands
from .wanted import Wanted

__all__ = ("Standing",)


@frozen(kw_only=True)
class Standing:
    """Look at what is under a name, and at what has the same bytes under another.

    :param verify: read what is there, and compare it with the file's record once.
    :param trusting: what is there under a name that says whose it is, is believed to be right.
    :param tells_apart: names say by an id whose they are. What else is there under such a name is
        in the way, and replaced; under another one it may be somebody's own.
    :param link: give one file several names, instead of copying it.
    """

    books: Books
    place: Place
    verify: bool
    trusting: bool
    tells_apart: bool
    link: bool

    async def kept(self, wanted: Wanted, name: str, held: Held) -> Arrived | None:
        """Keep what is there; None when it must be fetched in its place.

        :raises UnsafeNameError: when it is somebody else's.
        """
        entry = self.books.ledger.named(name)
        if entry is not None and entry.file_id == wanted.file_id:
            return await self._believed(wanted, entry, held)
        if entry is not None and entry.id == wanted.id:
            return None  # the layer has another file now
        return await self._compared(wanted, name, held)

    async def _believed(self, wanted: Wanted, entry: Entry, held: Held) -> Arrived | None:
        """Keep what an entry tells of; read it first when it may have changed since."""
        if entry.size != held.size:
            return None
        if not self.verify and entry.sure and entry.modified == held.modified:
            return Arrived(held.size, entry.sha256, held.modified)
        digest, checked = await self.place.digest(entry.name), entry.checked
        if self.verify and not checked:
            wanted = await self.books.described(wanted)
            checked = promised_digest(wanted.record) is not None
        right = stands(size=held.size, digest=digest, record=wanted.record)
        if digest is None or digest != entry.sha256 or not right:
            return None
        known = evolve(entry, modified=held.modified, checked=checked)
        if known != entry or not entry.sure:
            self.books.ledger.add(known)
        return Arrived(held.size, digest, held.modified)

    async def _compared(self, wanted: Wanted, name: str, held: Held) -> Arrived | None:
        """Keep what is there without an entry, when it is what the file's record promises."""
        if self.tells_apart and self.trusting and not self.verify:
            return Arrived(held.size, "", held.modified)
        wanted = await self.books.described(wanted)
        reads = self.verify or self.place.near
        promised = promised_digest(wanted.record)
        digest = await self.place.digest(name) if promised and reads else None
        told = self.trusting or not reads
        if stands(size=held.size, digest=digest, record=wanted.record) and (digest or told):
            arrived = Arrived(held.size, digest or "", held.modified)
            self.books.enter(wanted, name, arrived, checked=digest is not None)
            return arrived
        if not self.tells_apart:
            raise UnsafeNameError(
                f"{self.place.address}/{name} is there and is another file. Move it, or put {{id}} "
                "into the name."
            )
        return None

    async def copied(self, wanted: Wanted, name: str, *, replace: bool) -> Arrived | None:
        """Take the bytes from where they are already; None when they must be fetched.

        :param replace: what is there under the name is ours.
        :raises UnsafeNameError: when somebody else's file has appeared under it meanwhile.
        """
        replace = replace or self.tells_apart
        promised = promised_digest(wanted.record)
        like = self.books.ledger.like(file_id=wanted.file_id, sha256=promised)
        if like is not None and like.name != name and promised in {None, like.sha256}:
            copied = await self._copied(like, name, replace=replace)
            if copied is not None:
                checked = like.checked or promised is not None
                self.books.enter(wanted, name, copied, checked=checked)
                return copied
        return await self._lent(wanted, name, replace=replace)

    async def _copied(self, like: Entry, name: str, *, replace: bool) -> Arrived | None:
        held = await self._usable(like)
        if held is None:
            return None
        # A link is made without reading: only of what is as it was left.
        link = self.link and like.sure and like.modified == held.modified
        # So is a copy where the destination makes it.
        unread = link or not self.place.near
        if self.verify and unread and await self.place.digest(like.name) != like.sha256:
            return None
        return await self.place.copied(
            like.name, name, sha256=like.sha256, link=link, replace=replace
        )

    async def _usable(self, like: Entry) -> Held | None:
        try:
            held = await self.place.held(like.name)
        except DownloadError:  # what became of another file is no reason to fail with this one
            return None
        return held if held is not None and held.size == like.size else None

    async def _lent(self, wanted: Wanted, name: str, *, replace: bool) -> Arrived | None:
        """Take the bytes from the files the client keeps."""
        store, record = self.books.session.files, wanted.record
        digest = promised_digest(record)
        if store is None or record is None or digest is None or record.size is None:
            return None
        if not isinstance(self.place, Folder):
            return None
        lent = await self.place.lent(
            store, size=record.size, sha256=digest, name=name, replace=replace
        )
        if lent is not None:
            self.books.enter(wanted, name, lent, checked=True)
        return lent
