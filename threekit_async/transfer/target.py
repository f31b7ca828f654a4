"""Where a run puts its files, and what it remembers of them."""

from __future__ import annotations

import asyncio
import logging
import re
from collections.abc import Callable
from functools import partial
from os import PathLike, fspath
from pathlib import Path
from typing import Any

from attrs import frozen

from ..errors import UsageError
from ..models.files import File
from ..options import Options
from ..session.request import Request
from ..session.session import Session
from .books import Books
from .cleaning import MANIFEST_NAME
from .destinations.base import Remote
from .destinations.chosen import is_remote, remote_of
from .destinations.folder import Folder
from .destinations.place import Place
from .destinations.streamed import Streamed
from .download import Downloader
from .fetching import Fetching
from .ledger import Ledger
from .manifest import ManifestInUseError
from .names import NameTemplate
from .standing import Standing

__all__ = ("Target",)

_TYPING_SLIP = re.compile(r"(s3|gs|az):(?!//)|~", re.IGNORECASE)

_logger = logging.getLogger("threekit_async")


@frozen(kw_only=True)
class Target:
    """A destination, proved to be writable, and the ledger of what is finished there.

    :param trusting: what has its final name is believed to be finished, because the caller wants
        nothing remembered.
    """

    place: Place
    ledger: Ledger
    trusting: bool

    @classmethod
    async def opened(
        cls,
        to: str | PathLike[str] | Remote,
        *,
        template: str,
        manifest: bool | str | PathLike[str],
        durable: bool = False,
    ) -> Target:
        """Open a destination.

        :param template: the text of the name template.
        :param manifest: True keeps it in the folder, where there is one; False keeps none; a path
            says where.
        :param durable: for a single file: bring it to the disk's surface before it gets its name,
            and compare what is there already with its record.
        :raises DownloadError: when the destination cannot be written, or the manifest not used.
        """
        place = _place_of(to, durable=durable)
        path = _manifest_path(place, manifest)
        try:
            await place.prepare()
            ledger = await _ledger(place, path, template, insist=not isinstance(manifest, bool))
        except BaseException:
            await place.aclose()
            raise
        return cls(place=place, ledger=ledger, trusting=manifest is False and not durable)

    def downloader(
        self,
        session: Session,
        *,
        template: NameTemplate,
        content: Callable[[str], Request[bytes]],
        describe: Callable[[str], Request[File]],
        verify: bool,
        link: bool = False,
        options: Options | None = None,
    ) -> Downloader:
        """Make what brings files here.

        :param content: the request for a file's bytes, and `describe` that for its record.
        :param verify: compare length and sha256 with the record, also of what is there.
        :param link: give one file several names, instead of copying it.
        """
        books = Books(session=session, ledger=self.ledger, describe=describe, options=options)
        standing = Standing(
            books=books,
            place=self.place,
            verify=verify,
            trusting=self.trusting,
            tells_apart=template.tells_apart,
            link=link,
        )
        return Downloader(
            books=books,
            place=self.place,
            template=template,
            standing=standing,
            fetching=Fetching(
                books=books, place=self.place, content=content, shared=not template.tells_apart
            ),
            verify=verify,
        )

    async def aclose(self) -> None:
        """Write down what is finished, and let go of everything."""
        try:
            await self.ledger.aclose()
        finally:
            await self.place.aclose()


def _place_of(to: object, *, durable: bool) -> Place:
    if isinstance(to, str) and is_remote(to):
        return Streamed(remote=remote_of(to))
    if isinstance(to, str) and _TYPING_SLIP.match(to):
        raise UsageError(
            f"to={to!r} would make a folder of that name. Write a bucket as 's3://bucket/prefix', "
            "and a home folder as Path('~/renders').expanduser()."
        )
    if isinstance(to, (str, PathLike)):
        return Folder(root=fspath(Path(to)), durable=durable)  # pyright: ignore[reportUnknownArgumentType]
    if hasattr(to, "store") and hasattr(to, "prepare"):
        remote: Any = to
        return Streamed(remote=remote)
    raise UsageError(
        f"to= must be a folder, an address as 's3://bucket/prefix', or a destination, not {to!r}."
    )


def _manifest_path(place: Place, manifest: bool | str | PathLike[str]) -> Path | None:
    if isinstance(manifest, bool):
        return Path(place.root, MANIFEST_NAME) if manifest and isinstance(place, Folder) else None
    if not isinstance(manifest, (str, PathLike)):  # pyright: ignore[reportUnnecessaryIsInstance]
        raise UsageError(f"manifest= must be True, False, or a path, not {manifest!r}.")
    return Path(manifest)


async def _opened(open_it: Callable[[], Ledger]) -> Ledger:
    """Open a ledger in a thread; who is cancelled waits, and nothing stays locked."""
    opening = asyncio.ensure_future(asyncio.to_thread(open_it))
    try:
        return await asyncio.shield(opening)
    except asyncio.CancelledError:
        await asyncio.wait({opening})
        if opening.exception() is None:
            opening.result().close()
        raise


async def _ledger(place: Place, path: Path | None, template: str, *, insist: bool) -> Ledger:
    sync = Path(place.root) if isinstance(place, Folder) else None
    opened = partial(Ledger.opened, path, template=template, sync=sync)
    try:
        return await _opened(opened)
    except ManifestInUseError:
        if insist:
            raise
        _logger.warning(
            "%s is in use by another run: this one remembers nothing for those to come.", path
        )
        return Ledger.opened(None, template=template, sync=None)
