"""Where a run puts its files: what the downloader asks of any destination."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Protocol, Self, TypeAlias

from attrs import frozen

from ...errors import IntegrityError
from ...session.reply import Reply, Taker

__all__ = (
    "Arrived",
    "Check",
    "Held",
    "Incoming",
    "PageError",
    "Place",
    "UnannouncedError",
    "Wish",
    "check_announced",
    "refuse_page",
)


Check: TypeAlias = Callable[[int, str], None]
"""Compares size and sha256 of what came with what was promised; raises IntegrityError."""


@frozen
class Held:
    """What is there under a name: its size, and when it was changed (0 when that is not known)."""

    size: int
    modified: int = 0


@frozen
class Arrived:
    """What was received, complete and right."""

    size: int
    sha256: str
    modified: int = 0


@frozen(kw_only=True)
class Wish:
    """A file on its way to a name.

    :param hash: that its record promises, when that is known, and `size`.
    :param described: its record is known, whatever that says.
    :param check: is called before the name is given.
    :param moved: hears of bytes that came, and of those that are fetched anew (negative).
    """

    file_id: str
    name: str
    hash: str | None
    check: Check
    size: int | None = None
    described: bool = False
    replace: bool = False
    #: Under its name may be somebody else's file, which appeared meanwhile: it stays.
    shared: bool = False
    moved: Callable[[int], object] | None = None


class Incoming(Taker[None], Protocol):
    """One file that is received; leaving it unfinished keeps what the next run can continue."""

    wish: Wish

    @property
    def size(self) -> int:
        """How many bytes are there."""
        ...

    @property
    def kept(self) -> int:
        """How many of them need not be fetched again when it breaks off now."""
        ...

    @property
    def uncertain(self) -> bool:
        """Only the file's record can say whether this is all of it."""
        ...

    @property
    def whole(self) -> bool:
        """Nothing is left to be asked for."""
        ...

    @property
    def lacking(self) -> bool:
        """The last answer was right, and brought less than there is: more is to be asked for."""
        ...

    @property
    def resumed(self) -> bool:
        """Some of the bytes were fetched by an earlier run."""
        ...

    async def restart(self) -> None:
        """Forget what is there."""
        ...

    async def complete(self) -> Arrived:
        """Say what came.

        :raises IntegrityError: when it is not what was promised.
        :raises DownloadError: when it cannot be written.
        """
        ...

    def finish(self) -> None:
        """Give it its name, in one step.

        :raises DownloadError: when that is refused.
        """
        ...

    async def __aenter__(self) -> Self: ...

    async def __aexit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None: ...


class Place(Protocol):
    """A destination: a folder of this machine, or another one by way of `Streamed`."""

    @property
    def address(self) -> str:
        """Where it is, for messages."""
        ...

    @property
    def near(self) -> bool:
        """Whether reading what is there costs no more than a disk does."""
        ...

    async def prepare(self) -> None:
        """Prove that it can be written, before anything is asked of the API.

        :raises DownloadError: when it cannot.
        """
        ...

    async def held(self, name: str) -> Held | None:
        """Say what is there under a name; None when nothing is.

        :raises DownloadError: when it is no file, or the destination does not say.
        """
        ...

    async def digest(self, name: str) -> str | None:
        """Read what is there, and return its sha256; None when nothing is."""
        ...

    async def copied(
        self, source: str, name: str, *, sha256: str, link: bool, replace: bool
    ) -> Arrived | None:
        """Give a name the bytes of another; None when they must be fetched.

        :param replace: what is there under the name; else that stays.
        :raises UnsafeNameError: when something is there that stays.
        """
        ...

    def incoming(self, wish: Wish) -> Incoming:
        """Begin to receive a file."""
        ...

    def path(self, name: str) -> Path | None:
        """Where a name is on this machine; None when it is elsewhere."""
        ...

    async def aclose(self) -> None:
        """Let go of everything; harmless twice."""
        ...


class PageError(IntegrityError):
    """Raised when a message came instead of a file: what is there of the file is still right."""


class UnannouncedError(IntegrityError):
    """Raised when nothing says how long a file is: one that broke off would look complete."""


def check_announced(name: str, *, bounded: bool, wish: Wish) -> None:
    """Refuse a file of which neither an answer nor its record says how long it is.

    :raises UnannouncedError: saying so.
    """
    if not bounded and wish.size is None and wish.hash is None:
        raise UnannouncedError(
            f"{name}: the answer does not say how long the file is, nor does its record, and it "
            "may have broken off. Nothing was written under its name."
        )


# What these hold is never JSON. Files come with the media type of their record.
_NO_JSON = tuple(
    f".{ext}"
    for ext in (
        *("avif", "bmp", "exr", "gif", "hdr", "jpeg", "jpg", "png", "psd", "tif", "tiff", "webp"),
        *("fbx", "glb", "mp4", "obj", "pdf", "stl", "stp", "step", "usdz", "zip"),
    )
)


def refuse_page(reply: Reply, name: str) -> None:
    """Refuse an HTML page, or a message in JSON, in place of a file.

    :raises PageError: saying so.
    """
    kind, suffixed = reply.content_type, name.lower().endswith
    page = kind == "text/html" and not suffixed((".html", ".htm"))
    if page or (kind == "application/json" and suffixed(_NO_JSON)):
        came = "an HTML page" if page else "JSON"
        raise PageError(
            f"{name}: {came} came instead of the file. Nothing was written. Something "
            "else than the API answers: check the host setting and any proxy between."
        )
