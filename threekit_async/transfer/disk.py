"""Files and folders of this machine, as a whole. All blocks."""

from __future__ import annotations

import hashlib
import tempfile
from pathlib import Path

from ..errors import UsageError
from .refusals import explained

__all__ = ("digest_of", "prepare_folder")


def digest_of(path: str) -> str:
    """Return the sha256 of a file."""
    with Path(path).open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def prepare_folder(folder: Path) -> None:
    """Make the target folder and prove that it can be written, before anything is sent.

    :raises DownloadError: when it cannot.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        raise explained(str(folder), error) from error
    except ValueError as error:  # a NUL, or half of a surrogate pair
        raise UsageError(f"{str(folder)!r} cannot be the name of a folder: {error}.") from error
