"""The hand-written piece under the synchronous client: calls that cross to an event loop.

A client's coroutines run on an event loop in a thread of its own (anyio's blocking portal keeps
it). A call starts a task there and waits; when the waiting is interrupted, by Ctrl-C for instance,
the task is cancelled and its end awaited before the interruption goes on, so that nothing runs on
unseen.
"""

from __future__ import annotations

import asyncio
import os
import threading
import weakref
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import ExitStack
from contextvars import copy_context
from typing import Any, Generic, TypeVar

from anyio.from_thread import start_blocking_portal

from ..errors import UsageError

__all__ = ("Bridge",)

T = TypeVar("T")

# Windows does not interrupt a lock that is waited for without a bound.
_SLICE = 0.1 if os.name == "nt" else -1
_SECONDS_TO_END = 5.0


class Bridge:
    """Run coroutines for callers that have no event loop.

    Its thread starts with the first call and ends with `close()`, when nothing uses the bridge any
    more, or with the interpreter. Any thread may call.

    :param last: awaited on the loop before the thread ends.
    """

    def __init__(self, last: Callable[[], Awaitable[None]]) -> None:
        self._thread = _LoopThread()
        # The finalizer runs at interpreter exit too, where the loop would be waited for in vain.
        self._finalizer = weakref.finalize(self, self._thread.stop, last)

    def call(self, start: Callable[[], Awaitable[T]]) -> T:
        """Await `start()` on the loop and return what it returns, or raise what it raises.

        :raises UsageError: after `close()`, in a forked child, or on the loop's own thread.
        """
        return self._thread.run(start)

    def iterate(self, start: Callable[[], AsyncIterator[T]]) -> Iterator[T]:
        """Step an async iterator, one crossing for each item: many small items cross as pages.

        The source is closed when the iteration ends, fails, or is left early.
        """
        source: list[AsyncIterator[T]] = []

        async def step() -> tuple[T, ...]:
            if not source:
                source.append(start())
            try:
                return (await anext(source[0]),)
            except StopAsyncIteration:
                return ()

        async def close() -> None:
            for iterator in source:
                ending: Any = getattr(iterator, "aclose", None)
                if ending is not None:
                    await ending()

        try:
            while got := self.call(step):
                yield got[0]
        finally:
            # A closed client has ended its generators with its loop.
            if self._finalizer.alive:
                self.call(close)

    def close(self) -> None:
        """End the client and the thread; harmless when done before."""
        self._finalizer()

    def __repr__(self) -> str:
        return f"<Bridge {self._thread.state}>"


class _LoopThread:
    """An event loop on a thread of its own, and the process it lives in."""

    def __init__(self) -> None:
        self._starting = threading.Lock()
        self._stack = ExitStack()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread_id = 0
        self._process = 0
        self._stopped = False

    @property
    def state(self) -> str:
        return "closed" if self._stopped else "running" if self._loop else "not started"

    def run(self, start: Callable[[], Awaitable[T]]) -> T:
        crossing = _Crossing(start, self._ready())
        try:
            crossing.wait()
        except BaseException:
            crossing.cancel()
            raise
        return crossing.outcome()

    def stop(self, last: Callable[[], Awaitable[None]]) -> None:
        """Await `last()`, then end loop and thread. A forked child has neither."""
        if self._loop is not None and self._process == os.getpid():
            try:
                self.run(last)
            finally:
                self._stopped = True
                self._stack.close()
        self._stopped = True

    def _ready(self) -> asyncio.AbstractEventLoop:
        if self._stopped:
            raise UsageError("This client is closed. Make a new one; nothing was sent.")
        with self._starting:
            if self._loop is None:
                portal = self._stack.enter_context(start_blocking_portal())
                self._loop = portal.call(_running_loop)
                self._thread_id = portal.call(threading.get_ident)
                self._process = os.getpid()
        if self._process != os.getpid():
            raise UsageError(
                "This client was used before the process forked, and its thread did not come "
                "along. Make a new client in the child; nothing was sent."
            )
        if self._thread_id == threading.get_ident():
            raise UsageError(
                "The synchronous client was called on its own event loop, for instance from a "
                "progress callback; waiting there would never end. Use another thread."
            )
        return self._loop


async def _running_loop() -> asyncio.AbstractEventLoop:
    return asyncio.get_running_loop()


class _Crossing(Generic[T]):
    """One call on its way: a task on the loop, and the lock its caller waits for."""

    def __init__(self, start: Callable[[], Awaitable[T]], loop: asyncio.AbstractEventLoop) -> None:
        self._start = start
        self._loop = loop
        self._ended = threading.Lock()
        self._ended.acquire()
        self._task: asyncio.Task[None] | None = None
        self._value: list[T] = []
        self._error: BaseException | None = None
        # The caller's context variables are seen on the loop.
        loop.call_soon_threadsafe(self._begin, context=copy_context())

    def wait(self) -> None:
        while not self._ended.acquire(timeout=_SLICE):
            pass

    def cancel(self) -> None:
        """End the task, and wait until it has ended."""
        self._loop.call_soon_threadsafe(self._stop)
        self._ended.acquire(timeout=_SECONDS_TO_END)

    def outcome(self) -> T:
        if self._error is not None:
            try:
                raise self._error
            finally:
                # The traceback holds this frame: do not hold the error from here as well.
                self._error = None
        return self._value[0]

    def _begin(self) -> None:
        self._task = self._loop.create_task(self._run())

    def _stop(self) -> None:
        if self._task is not None:
            self._task.cancel()

    async def _run(self) -> None:
        try:
            self._value.append(await self._start())
        except BaseException as error:  # noqa: BLE001  # carried over; it must not end the loop
            self._error = error
        finally:
            self._ended.release()
