"""One more file with the same bytes, without fetching them. All blocks."""

from __future__ import annotations

import io
import os
import shutil
from contextlib import suppress
from pathlib import Path

from ..errors import DownloadError
from .cleaning import NOTES_SUFFIX, PART_SUFFIX
from .disk import digest_of
from .naming import claimed, give_name
from .opening import begun, opened
from .refusals import NO_LINKS

__all__ = ("copied", "copy_bytes", "linked")

_PIECE = 1024 * 1024


def copied(source: str, final: str, *, sha256: str, replace: bool) -> bool:
    """Copy a file to its final name, in one step; False when the copy has another hash.

    The copy grows in `<final>.part`, under the same lock as a download.

    :param replace: what is there under the name; else that stays.
    :raises OSError: when the system refuses.
    :raises UnsafeNameError: when something is there that stays.
    :raises DownloadError: when another run is writing this file.
    """
    descriptor, part = begun(final)
    finished = False
    with open(descriptor, "wb") as target:  # noqa: PTH123  # it is open already
        try:
            copy_bytes(source, target)
            if digest_of(part) == sha256:
                if os.name == "nt":  # where what is open cannot be renamed
                    target.close()
                give_name(part, final, replace=replace)
                finished = True
            return finished
        finally:
            # Before it is closed: afterwards another run may have begun this part.
            if not finished:
                with suppress(OSError):
                    Path(part).unlink()


def linked(source: str, final: str, *, replace: bool) -> bool:
    """Give a file one more name, in one step; False when the file system has no such links.

    Neither is there one more name for a symbolic link: elsewhere it would mean another file.

    :param replace: what is there under the name; else that stays.
    :raises UnsafeNameError: when something is there that stays.
    :raises OSError: when the system refuses for another reason.
    """
    Path(final).parent.mkdir(parents=True, exist_ok=True)
    if Path(source).is_symlink():
        return False
    made = _replaced(source, final) if replace else claimed(source, final)
    if made:
        _tidy(final)
    return made


def _replaced(source: str, final: str) -> bool:
    # A part of the common name may be what another run is writing. Nobody writes to this one, and
    # what a killed run has left of it is found again.
    part = Path(f"{final}.link{PART_SUFFIX}")
    part.unlink(missing_ok=True)
    try:
        part.hardlink_to(source)
    except OSError as error:
        if error.errno in NO_LINKS:
            return False
        raise
    try:
        part.replace(final)
    finally:
        # Where both are links to one file already, renaming does nothing.
        part.unlink(missing_ok=True)
    return True


def _tidy(final: str) -> None:
    """Remove what an earlier run has left unfinished, unless somebody is at it."""
    notes = Path(final + NOTES_SUFFIX)
    if not notes.exists():
        return
    with suppress(OSError, DownloadError):
        descriptor = opened(final + PART_SUFFIX, keep=True)
        try:
            notes.unlink()
            Path(final + PART_SUFFIX).unlink()
        finally:
            os.close(descriptor)


def copy_bytes(source: str | Path, target: io.BufferedWriter) -> None:
    """Copy a file's bytes, sharing the blocks where the file system can."""
    with Path(source).open("rb", buffering=0) as file:
        share = getattr(os, "copy_file_range", None)
        with suppress(OSError):
            while share and share(file.fileno(), target.fileno(), _PIECE):
                pass
        # Whatever is left: where blocks cannot be shared, everything.
        shutil.copyfileobj(file, target, _PIECE)
    target.flush()
