"""The bytes of one file, from the API to their final name."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from attrs import define

from ..errors import DeadlineError, IntegrityError, RedirectError, StatusError, TransportError
from ..models.files import File
from ..session.request import Request
from .books import Books
from .destinations.folder import Folder
from .destinations.place import (
    Arrived,
    Incoming,
    PageError,
    Place,
    UnannouncedError,
    Wish,
    check_announced,
)
from .promise import check, promised_digest
from .results import FileStatus
from .resume import OtherBytesError
from .wanted import Wanted

__all__ = ("Fetching",)

# A call that failed, but brought so many bytes, is made again for the rest.
_PROGRESS = 64 * 1024
_NOT_THE_REST = frozenset({412, 416})


@define(kw_only=True)
class Fetching:
    """Fetch files into one destination.

    :param content: the request for a file's bytes.
    :param shared: names do not say whose they are: what appears under one meanwhile stays.
    :param moved: hears of bytes that came.
    """

    books: Books
    place: Place
    content: Callable[[str], Request[bytes]]
    shared: bool = False
    moved: Callable[[int], object] | None = None
    #: This server does not say how long files are: their records do.
    _silent: bool = False

    async def fetched(
        self, wanted: Wanted, name: str, *, replace: bool
    ) -> tuple[FileStatus, Arrived]:
        """Fetch a file and give it its name.

        :raises ThreekitError: when it cannot be had; nothing is under its name then.
        """
        if self._silent:
            wanted = await self.books.described(wanted)
        try:
            return await self._brought(wanted, name, replace=replace)
        except UnannouncedError:
            if wanted.record is not None:
                raise
            self._silent = True
            wanted = await self.books.described(wanted)
            return await self._brought(wanted, name, replace=replace)

    async def _brought(
        self, wanted: Wanted, name: str, *, replace: bool
    ) -> tuple[FileStatus, Arrived]:
        wish = self._wish(wanted, name, replace=replace)
        async with self.place.incoming(wish) as incoming:
            had = incoming.size
            arrived = await self._received(incoming, wanted)
            wish = incoming.wish
            # The ledger first: whatever has a name is known, also to who comes after a crash.
            entry = self.books.enter(wanted, name, arrived, checked=wish.hash is not None)
            try:
                incoming.finish()
            except BaseException:
                if entry is not None:
                    self.books.ledger.forget(entry)
                raise
        self.books.session.stats.bytes_received += arrived.size - (had if incoming.resumed else 0)
        await self._keep(wish, name)
        return "resumed" if incoming.resumed else "downloaded", arrived

    def _wish(self, wanted: Wanted, name: str, *, replace: bool) -> Wish:
        return Wish(
            file_id=wanted.file_id or "",
            name=name,
            hash=promised_digest(wanted.record),
            size=wanted.record.size if wanted.record else None,
            described=wanted.record is not None,
            check=partial(_check, f"{self.place.address}/{name}", wanted.record),
            replace=replace,
            shared=self.shared,
            moved=self.moved,
        )

    async def _received(self, incoming: Incoming, wanted: Wanted) -> Arrived:
        """Ask until all of it is there: for the rest after a break, from zero after a mistake."""
        request, anew = self.content(incoming.wish.file_id), False
        while True:
            before = incoming.kept
            try:
                if not incoming.whole:
                    await self.books.session.stream(request, incoming, self.books.options)
                if not incoming.lacking:
                    return await self._certain(incoming, wanted)
            except TransportError as error:
                if not _goes_on(error, brought=incoming.kept - before):
                    raise
            except (OtherBytesError, IntegrityError, StatusError) as error:
                # Once: what an earlier run has left may be to blame, or the way of one answer.
                if anew or not _passes(error, incoming):
                    raise
                anew = True
                if not isinstance(error, PageError):
                    await incoming.restart()

    async def _certain(self, incoming: Incoming, wanted: Wanted) -> Arrived:
        """Complete it; what its answers leave open, its record must tell."""
        arrived, wish = await incoming.complete(), incoming.wish
        if incoming.uncertain:
            if not wish.described:
                described = await self.books.described(wanted)
                incoming.wish = wish = self._wish(described, wish.name, replace=wish.replace)
                wish.check(arrived.size, arrived.sha256)
            check_announced(wish.name, bounded=False, wish=wish)
        return arrived

    async def _keep(self, wish: Wish, name: str) -> None:
        """Keep the bytes for later runs elsewhere, once they are known to be what was promised."""
        store = self.books.session.files
        if store is not None and wish.hash is not None and isinstance(self.place, Folder):
            await self.place.keep(store, sha256=wish.hash, name=name)


def _check(name: str, record: File | None, size: int, sha256: str) -> None:
    check(name, size=size, digest=sha256, record=record)


def _goes_on(error: TransportError, *, brought: int) -> bool:
    return brought >= _PROGRESS and not isinstance(error, (DeadlineError, RedirectError))


def _passes(error: Exception, incoming: Incoming) -> bool:
    """Tell whether all may come right when it is asked for from its beginning."""
    if isinstance(error, StatusError):
        return incoming.size > 0 and error.status in _NOT_THE_REST
    return not isinstance(error, UnannouncedError)
