"""Whether a small file is worth a hop to the disk's thread. Pure."""

from __future__ import annotations

from typing import Final

from attrs import define, field

__all__ = ("Haste",)

SMALL: Final = 128 * 1024
"""Bytes a file may have that is written in place."""

_LONG: Final = 0.005
"""Seconds that are too long to hold up an event loop ..."""

_LEFT: Final = 256
"""... so that as many files after it are left to the thread, until it is tried again."""


@define
class Haste:
    """Have small files written in place, for as long as the disk takes them at once.

    The hop to a thread and back costs more than such a file, and both threads wait for each other
    at every call of the system. On a disk that takes long, the loop must not wait.
    """

    _left: int = field(default=0, init=False)

    def allows(self, size: int) -> bool:
        """Tell whether a file of this size is to be written in place."""
        if size > SMALL:
            return False
        if self._left:
            self._left -= 1
            return False
        return True

    def took(self, seconds: float) -> None:
        """Note how long one took that was written in place."""
        if seconds > _LONG:
            self._left = _LEFT
