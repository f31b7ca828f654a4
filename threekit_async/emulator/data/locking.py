"""One folder of data belongs to one emulator at a time."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, BinaryIO

from threekit_async.emulator.errors import EmulatorError

if TYPE_CHECKING:
    from pathlib import Path

LOCK = "lock"
"""Name of the file that is locked; it stays behind, unlocked and empty."""


def lock_folder(folder: Path) -> BinaryIO:
    """Make the folder one's own until the file is closed; a process that ends lets go, too.

    :raises EmulatorError: when another emulator uses the folder.
    :raises OSError: when the folder cannot be written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    file = (folder / LOCK).open("ab")
    try:
        _lock(file)
    except BlockingIOError:
        file.close()
        raise EmulatorError(
            f"Another emulator uses {folder}: stop it or choose another folder."
        ) from None
    except OSError:
        file.close()
        raise
    return file


if sys.platform == "win32":
    import msvcrt

    def _lock(file: BinaryIO) -> None:
        try:
            msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
        except PermissionError as error:
            # Windows has no word of its own for a file that somebody else has locked.
            raise BlockingIOError(*error.args) from None

else:
    import fcntl

    def _lock(file: BinaryIO) -> None:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
