"""Waiting that an interruption leaves whole."""

from __future__ import annotations

import os
import threading
from time import monotonic

__all__ = ("SLICE", "Latch")

SLICE = 0.1 if os.name == "nt" else 1.0
"""Seconds a lock is waited for at a time: Windows does not interrupt the waiting."""


class Latch:
    """Set once. Each who waits has a lock of its own, of the interpreter.

    `threading.Event` has one lock for all, taken by code in Python: an interruption there may leave
    it locked, and then who sets it, here the loop of all clients, stands still.
    """

    def __init__(self) -> None:
        self.is_set: bool = False
        self._waiting: list[threading.Lock] = []

    def set(self) -> None:
        """Let go of everybody who waits, now and later."""
        self.is_set = True
        while self._waiting:
            self._waiting.pop().release()

    def wait(self, seconds: float | None = None) -> bool:
        """Wait until it is set, but no longer than so many seconds; tell whether it is."""
        until = None if seconds is None else monotonic() + seconds
        mine = threading.Lock()
        mine.acquire()
        self._waiting.append(mine)
        while not self.is_set and (until is None or monotonic() < until):
            left = SLICE if until is None else max(0.0, min(SLICE, until - monotonic()))
            mine.acquire(timeout=left)
        return self.is_set
