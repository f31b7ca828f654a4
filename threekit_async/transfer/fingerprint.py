"""Which bytes a source gives: known before it is sent, or counted on their way."""

from __future__ import annotations

import hashlib
import os
import weakref
from collections.abc import (
    AsyncGenerator,
    AsyncIterable,
    AsyncIterator,
    Generator,
    Iterable,
    Iterator,
)
from pathlib import Path
from typing import IO, Any, cast

from attrs import define, evolve, field, frozen

from ..errors import UsageError
from ..session.request import FilePart

__all__ = (
    "Fingerprint",
    "Tally",
    "Used",
    "counted",
    "fingerprint_of",
    "is_as_it_was",
    "modified_of",
)

_PIECE = 256 * 1024


@frozen(kw_only=True)
class Fingerprint:
    """Length in bytes, sha256 as 64 hexadecimal digits, and when a file was changed last.

    `modified` is in nanoseconds, and 0 for what is no file on disk.
    """

    size: int
    sha256: str
    modified: int = 0


@define
class Used:
    """The open files and iterators of a run: their bytes can be read once.

    They are not kept alive, but for those that cannot be referred to otherwise.
    """

    _seen: dict[int, object] = field(factory=dict[int, object], init=False)

    def add(self, source: object, name: str) -> None:
        """Note a source that is read from now on; a path, bytes or a list may come again.

        :param name: of the file it is for.
        :raises UsageError: when it was used in this run already.
        """
        if not any(hasattr(source, way) for way in ("read", "__next__", "__anext__")):
            return
        key = id(source)
        if key in self._seen:
            raise UsageError(
                f"{name}: this open file or iterator was used for another file of this run "
                "already, and its bytes can be read once. Open it anew for each file; nothing was "
                "sent."
            )
        try:
            self._seen[key] = weakref.ref(source, lambda _: self._seen.pop(key, None))
        except TypeError:
            self._seen[key] = source


def modified_of(found: os.stat_result) -> int:
    """Return when a file was changed, in nanoseconds, as 64 bits hold it: until the year 2262."""
    return (found.st_mtime_ns + 2**63) % 2**64 - 2**63


def fingerprint_of(part: FilePart) -> Fingerprint | None:
    """Read a source that can be read twice; None for one that cannot. Blocking.

    :raises UsageError: when its path cannot be read, or it was read to its end before.
    """
    source = part.source
    if isinstance(source, bytes):
        return Fingerprint(size=len(source), sha256=hashlib.sha256(source).hexdigest())
    if isinstance(source, Path):
        return _of_path(source)
    return None if part.start is None else _of_opened(cast("IO[bytes]", source), part.start)


def is_as_it_was(part: FilePart, found: Fingerprint | None) -> bool:
    """Tell whether a file on disk still has the length and the time it had when it was read."""
    if found is None or not isinstance(part.source, Path):
        return True
    try:
        now = part.source.stat()
    except OSError:
        return False
    return (now.st_size, modified_of(now)) == (found.size, found.modified)


def _of_path(path: Path) -> Fingerprint:
    try:
        # The time first: what is written while it is read shows afterwards.
        before = path.stat()
        with path.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise UsageError(
            f"{path} cannot be read: {error.strerror or error}; nothing was sent."
        ) from error
    return Fingerprint(size=before.st_size, sha256=digest, modified=modified_of(before))


def _of_opened(file: IO[bytes], start: int) -> Fingerprint | None:
    tally = Tally()
    try:
        file.seek(start)
        for piece in _pieces(file):
            if not isinstance(piece, bytes):  # sending it says what is wrong
                file.seek(start)
                return None
            tally.add(piece)
    except (OSError, ValueError) as error:
        raise UsageError(
            f"The source cannot be read: {getattr(error, 'strerror', None) or error}. Open files "
            "with mode 'rb', and close them after the upload; nothing was sent."
        ) from error
    if start and not tally.size:
        raise _nothing_left()
    return tally.fingerprint()


def _nothing_left() -> UsageError:
    return UsageError(
        "The source gave no bytes: it was read to its end before, or is empty. Open it anew, or "
        "pass b'' for an empty file."
    )


def _pieces(file: IO[bytes]) -> Iterator[Any]:
    while piece := file.read(_PIECE):
        yield piece


@define
class Tally:
    """Counts and hashes bytes as they go by."""

    size: int = field(default=0, init=False)
    _digest: Any = field(factory=hashlib.sha256, init=False)

    def add(self, piece: object) -> None:
        """Count one more piece; what is no bytes is refused by whoever sends it."""
        if isinstance(piece, (bytes, bytearray, memoryview)):
            held = memoryview(cast("bytes", piece))
            self.size += held.nbytes
            self._digest.update(held)

    def fingerprint(self) -> Fingerprint:
        """Return what has gone by."""
        return Fingerprint(size=self.size, sha256=self._digest.hexdigest())


def counted(part: FilePart, tally: Tally) -> FilePart:
    """Return the part of a source that can be read once, with its bytes counted on their way.

    One that gives none raises UsageError in place of its end, so that nothing is sent complete.
    """
    source = part.source
    if isinstance(source, AsyncIterable):
        return evolve(part, source=_counted_later(source, tally))
    if hasattr(source, "read"):
        return evolve(part, source=_counted(_pieces(cast("IO[bytes]", source)), tally))
    return evolve(part, source=_counted(cast("Iterable[bytes]", source), tally))


def _counted(source: Iterable[bytes], tally: Tally) -> Generator[bytes]:
    iterator = iter(source)
    try:
        for piece in iterator:
            tally.add(piece)
            yield piece
        if not tally.size:
            raise _nothing_left()
    finally:
        if isinstance(iterator, Generator):
            iterator.close()


async def _counted_later(source: AsyncIterable[bytes], tally: Tally) -> AsyncIterator[bytes]:
    iterator = aiter(source)
    try:
        async for piece in iterator:
            tally.add(piece)
            yield piece
        if not tally.size:
            raise _nothing_left()
    finally:
        if isinstance(iterator, AsyncGenerator):
            await iterator.aclose()
