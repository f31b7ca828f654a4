"""Whether an answer comes fast enough. Pure: it is told how long was waited, and for how much."""

from __future__ import annotations

from typing import Final

from attrs import define

from ...options import Timeout

__all__ = ("Throughput", "throughput_of")

_WINDOW: Final = 60.0


@define
class Throughput:
    """Watch one body against `floor` bytes a second, averaged over `window` seconds of waiting.

    Only waiting counts: what the reader does between two pieces costs the server nothing.
    """

    floor: float
    window: float
    _waited: float = 0.0
    _received: int = 0

    def too_slow(self, seconds: float, size: int) -> bool:
        """Note a piece of `size` bytes that was waited for, and say when it all takes too long.

        Each window is judged by itself, so that a fast beginning excuses nothing later.
        """
        self._waited += seconds
        self._received += size
        if self._waited < self.window:
            return False
        slow = self._received < self.floor * self._waited
        self._waited, self._received = 0.0, 0
        return slow


def throughput_of(timeout: Timeout) -> Throughput | None:
    """Return what watches one body; None when any pace will do."""
    if timeout.floor is None:
        return None
    return Throughput(timeout.floor, timeout.read or _WINDOW)
