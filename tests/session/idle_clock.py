"""A loop whose clock jumps ahead whenever there is nothing to do: hours pass in no time."""

from __future__ import annotations

import asyncio
import selectors
from collections.abc import Coroutine
from typing import Any, TypeVar

T = TypeVar("T")


class _Selector(selectors.SelectSelector):
    """Looks at files without waiting, and passes the time it would have waited."""

    passed = 0.0

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        assert timeout is not None, "everything waits, and nothing will ever happen"
        self.passed += timeout
        return super().select(0)


class IdleClockLoop(asyncio.SelectorEventLoop):
    """The loop; nothing in it may wait for files or threads."""

    def __init__(self) -> None:
        self._idle = _Selector()
        super().__init__(self._idle)

    def time(self) -> float:
        return 1000.0 + self._idle.passed

    def oversleep(self, seconds: float) -> None:
        """Let time pass in which nothing runs, as on a machine that was busy."""
        self._idle.passed += seconds


def in_no_time(work: Coroutine[Any, Any, T]) -> T:
    """Run work on a loop of its own, without waiting for its waits."""
    with asyncio.Runner(loop_factory=IdleClockLoop) as runner:
        return runner.run(work)
