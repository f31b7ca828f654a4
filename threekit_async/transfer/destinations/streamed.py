"""Another destination than a folder: what comes is passed on, and kept nowhere in between."""

from __future__ import annotations

import hashlib
from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from attrs import define, field

from ...errors import DownloadError
from ...session.reply import Reply
from ...session.wire.beside import Beside
from ..resume import Arriving, arriving, check_length, check_most
from .base import Remote
from .place import Arrived, Held, Wish, check_announced, refuse_page

__all__ = ("Streamed",)

_BATCH = 512 * 1024


@define(kw_only=True)
class Streamed:
    """Files below an address, each seen under its name only when it is complete.

    What breaks off is fetched from zero: a destination shows nothing of an unfinished file.
    """

    remote: Remote
    _hashing: Beside = field(factory=partial(Beside, "threekit-hash"), init=False, repr=False)

    @property
    def address(self) -> str:
        """Where it is."""
        return self.remote.address

    @property
    def near(self) -> bool:
        """It is not: what is read comes over the network."""
        return False

    async def prepare(self) -> None:
        """Prove that it can be reached and written.

        :raises DownloadError: when it cannot.
        """
        await self.remote.prepare()

    async def held(self, name: str) -> Held | None:
        """Say what is there under a name; None when nothing is."""
        size = await self.remote.size(name)
        return None if size is None else Held(size)

    async def digest(self, name: str) -> str | None:
        """Read what is there, and return its sha256; None when nothing is."""
        return await self.remote.digest(name)

    async def copied(
        self,
        source: str,
        name: str,
        *,
        sha256: str,
        link: bool,  # noqa: ARG002  # there are none
        replace: bool,  # noqa: ARG002  # never done: what is there is compared, and fetched
    ) -> Arrived | None:
        """Copy within the destination; None when the bytes must be fetched."""
        try:
            if not await self.remote.copy(source, name):
                return None
        except FileExistsError:
            return None
        size = await self.remote.size(name)
        return None if size is None else Arrived(size, sha256)

    def incoming(self, wish: Wish) -> Passing:
        """Begin to receive a file."""
        return Passing(wish=wish, remote=self.remote, hashing=self._hashing)

    def path(self, name: str) -> Path | None:  # noqa: ARG002
        """Nothing is on this machine."""
        return None

    async def aclose(self) -> None:
        """Let go of everything; harmless twice."""
        self._hashing.end()
        await self.remote.aclose()


@define(kw_only=True)
class Passing:
    """One file that is passed on while it comes; it is there when its last byte was right."""

    wish: Wish
    remote: Remote
    hashing: Beside
    size: int = field(default=0, init=False)
    _arrived: Arrived | None = field(default=None, init=False)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Leave nothing: what was not complete was never seen."""
        if self._arrived is None:
            await self.restart()

    @property
    def kept(self) -> int:
        """None: it is fetched from zero."""
        return 0

    @property
    def uncertain(self) -> bool:
        """Never: what cannot be checked is refused before it is seen."""
        return False

    @property
    def whole(self) -> bool:
        """Nothing is left to be asked for."""
        return self._arrived is not None

    @property
    def lacking(self) -> bool:
        """Never: nothing less than the whole is asked for."""
        return False

    @property
    def resumed(self) -> bool:
        """Never: an unfinished file is not continued."""
        return False

    def headers(self) -> Mapping[str, str]:
        """Ask for the whole."""
        return {}

    async def take(self, reply: Reply) -> None:
        """Pass an open body on."""
        name = f"{self.remote.address}/{self.wish.name}"
        came = arriving(reply.status, reply.headers, name=name, have=0, etag=None)
        refuse_page(reply, name)
        await self.restart()
        try:
            async with aclosing(self._checked(reply, came, name)) as chunks:
                await self.remote.store(self.wish.name, chunks, replace=self.wish.replace)
        except FileExistsError as error:
            raise DownloadError(
                f"{name} is there already: another run has written it meanwhile. Run again, and it "
                "is compared with what it should be."
            ) from error

    async def restart(self) -> None:
        """Forget what came: progress goes back."""
        if self.wish.moved is not None and self.size:
            self.wish.moved(-self.size)
        self.size, self._arrived = 0, None

    async def complete(self) -> Arrived:
        """Say what came."""
        if self._arrived is None:
            raise DownloadError(
                f"{self.remote.address}/{self.wish.name}: the destination did not take all bytes, "
                "and said nothing of it. Whether something is there is not known."
            )
        return self._arrived

    def finish(self) -> None:
        """Do nothing: it has its name already."""

    async def _checked(
        self, reply: Reply, came: Arriving, name: str
    ) -> AsyncGenerator[bytes, None]:
        """Hand on what comes in batches, and end only when all of it is right."""
        digest: Any = hashlib.sha256()
        batch = bytearray()
        if reply.open_body is not None:
            async for chunk in reply.open_body.chunks():
                self._count(len(chunk))
                batch += chunk
                if len(batch) >= _BATCH:
                    full, batch = bytes(batch), bytearray()
                    await self.hashing.run(partial(digest.update, full))
                    yield full
        digest.update(batch)
        check_length(name, size=self.size, length=came.length)
        check_announced(name, bounded=came.bounded, wish=self.wish)
        self.wish.check(self.size, digest.hexdigest())
        self._arrived = Arrived(self.size, digest.hexdigest())
        if batch:
            yield bytes(batch)

    def _count(self, size: int) -> None:
        self.size += size
        check_most(self.wish.name, size=self.size, most=self.wish.size)
        if self.wish.moved is not None:
            self.wish.moved(size)
