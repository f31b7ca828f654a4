"""One call on its way to the loop and back."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any, Generic, TypeVar

from attrs import define, field

from .latch import SLICE
from .loop_thread import SECONDS_TO_END, LoopThread

__all__ = ("Calls", "Crossing")

T = TypeVar("T")


@define(eq=False)
class Calls:
    """The calls of one client that are under way."""

    #: Touched on the loop only.
    running: set[Crossing[Any]] = field(factory=set["Crossing[Any]"])
    #: No other begins.
    over: bool = False
    #: Whoever waits for one hears no more of it, whatever becomes of it.
    abandoned: bool = False

    async def end(self) -> None:
        """Cancel all of them, wait until they have ended, and let no other begin."""
        self.over = True
        tasks = [call.cancelled() for call in list(self.running)]
        await asyncio.gather(*tasks, return_exceptions=True)


class Crossing(Generic[T]):
    """A task on the loop, and the lock its caller waits for.

    :param make: makes what is awaited, on the loop: a coroutine that is never begun would warn.
    :param calls: those it is one of while it runs.
    """

    def __init__(
        self,
        make: Callable[[], Awaitable[T]],
        thread: LoopThread,
        calls: Calls,
    ) -> None:
        self._make = make
        self.thread = thread
        self._calls = calls
        self._ended = threading.Lock()
        self._ended.acquire()
        self._task: asyncio.Task[None] | None = None
        self._value: list[T] = []
        self._error: BaseException | None = None
        self._done = False

    def result(self) -> T:
        """Run it to its end; when the caller is interrupted, its end is awaited first."""
        try:
            self.start()
            self.wait()
        except BaseException:
            self._cancel()
            raise
        return self.outcome()

    def start(self) -> None:
        """Set it going, without waiting. The caller's context variables are seen on the loop."""
        self.thread.loop.call_soon_threadsafe(self._begin)

    def wait(self, seconds: float | None = None) -> bool:
        """Wait for its end, but no longer than so many seconds; tell whether it has ended."""
        if seconds is not None:
            return self._ended.acquire(timeout=seconds)
        while not self._ended.acquire(timeout=SLICE):
            if not self.thread.is_alive and not self._calls.abandoned:
                if not self._ended.acquire(blocking=False):
                    # It came when the loop was about to be closed, and is not heard any more.
                    self._error = asyncio.CancelledError()
                break
        return True

    def outcome(self) -> T:
        """Return what it returned, or raise what it raised; it has ended."""
        if self._error is not None:
            try:
                raise self._error
            finally:
                # The traceback holds this frame: do not hold the error from here as well.
                self._error = None
        return self._value.pop()

    def _cancel(self) -> None:
        if not self._done:
            with suppress(RuntimeError):  # the loop is closed
                self.thread.soon(self._stop)
                self._ended.acquire(timeout=SECONDS_TO_END)

    # What follows runs on the loop.

    def cancelled(self) -> asyncio.Future[None]:
        """Cancel it; return what is done when it has ended."""
        assert self._task is not None  # noqa: S101  # it runs
        self._task.cancel()
        return self._task

    def _begin(self) -> None:
        if self._done:
            return
        if self._calls.over:
            self._end(asyncio.CancelledError())
            return
        self._task = self.thread.loop.create_task(self._run())
        self._calls.running.add(self)
        # A task that is cancelled before its first step never gets to the end of _run.
        self._task.add_done_callback(self._finish)

    def _stop(self) -> None:
        if self._task is not None:
            self._task.cancel()
        elif not self._done:
            # Interrupted before the task was begun: it never will be.
            self._end(None)

    def _finish(self, _task: asyncio.Task[None]) -> None:
        # Freed in the caller's thread, its finalizers would swallow an interruption.
        self._task = None
        self._calls.running.discard(self)
        if not self._done:
            self._end(asyncio.CancelledError())

    def _end(self, error: BaseException | None) -> None:
        self._error = error
        self._done = True
        if not self._calls.abandoned:
            self._ended.release()

    async def _run(self) -> None:
        try:
            self._value.append(await self._make())
        except BaseException as error:  # noqa: BLE001  # carried over; it must not leave the loop
            self._error = error
        # The caller is told here, a turn of the loop before the task counts as done.
        self._end(self._error)
