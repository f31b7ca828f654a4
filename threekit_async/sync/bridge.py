"""The hand-written piece under the synchronous client: calls that cross to an event loop.

A client's coroutines run on an event loop in a thread of its own (anyio's blocking portal keeps
it). A call starts a task there and waits; when the waiting is interrupted, by Ctrl-C for instance,
the task is cancelled and its end awaited before the interruption goes on, so that nothing runs on
unseen.
"""

from __future__ import annotations

import asyncio
import atexit
import os
import threading
import weakref
from collections.abc import AsyncIterator, Awaitable, Callable, Generator, Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from contextvars import copy_context
from typing import Any, Generic, TypeVar

import anyio
from anyio.from_thread import BlockingPortal

from ..errors import ThreekitError, UsageError
from ..place import place_of_caller, warn_of_forgotten

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
        self._thread = _LoopThread(place_of_caller())
        self._finalizer = weakref.finalize(self, self._thread.stop, last)
        # At the interpreter's exit the loop would be waited for in vain. What is registered later
        # runs earlier: the client is closed before the finalizers of what it holds complain.
        self._finalizer.atexit = False
        atexit.register(self._thread.stop, last)

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

        with self._thread.holding(close):
            try:
                while got := self.call(step):
                    yield got[0]
            finally:
                # A client that was closed meanwhile has closed its iterators first.
                if self._thread.state != "closed":
                    self.call(close)

    def close(self) -> None:
        """End the client and the thread; harmless when done before.

        :raises UsageError: on the loop's own thread, as in a hook: it would wait for itself.
        """
        self._thread.refuse_own_thread()
        self._thread.expect_end()
        self._finalizer()

    def __repr__(self) -> str:
        return f"<Bridge {self._thread.state}>"


class _LoopThread:
    """An event loop on a thread of its own, and the process it lives in."""

    def __init__(self, made_at: str) -> None:
        self._made_at = made_at
        self._expects_end = False
        self._ending = False
        self._starting = threading.Lock()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._portal: BlockingPortal | None = None
        self._thread: threading.Thread | None = None
        self._process = 0
        self._stopped = False
        self._open: list[Callable[[], Awaitable[None]]] = []

    @property
    def state(self) -> str:
        return "closed" if self._stopped else "running" if self._loop else "not started"

    def run(self, start: Callable[[], Awaitable[T]]) -> T:
        crossing = _Crossing(start, self._ready())
        try:
            crossing.begin()
            crossing.wait()
        except BaseException:
            crossing.cancel()
            raise
        try:
            return crossing.outcome()
        except asyncio.CancelledError:
            if self._ending:
                raise UsageError(
                    "The client was closed while this call ran. It may have been carried out: "
                    "look before you make it again."
                ) from None
            raise

    @contextmanager
    def holding(self, close: Callable[[], Awaitable[None]]) -> Generator[None]:
        """Remember how to close what is open, until it is."""
        self._open.append(close)
        try:
            yield
        finally:
            self._open.remove(close)

    def expect_end(self) -> None:
        """Take note that the end is meant, and nobody has forgotten anything."""
        self._expects_end = True

    def stop(self, last: Callable[[], Awaitable[None]]) -> None:
        """Close what is open, await `last()`, end loop and thread. A forked child has none."""
        atexit.unregister(self.stop)
        self._ending = True
        if self._loop is not None and self._process != os.getpid():
            # The child's copies of open connections are the parent's affair: no word about them.
            self._loop.set_exception_handler(lambda _loop, _context: None)
        if self._loop is not None and self._process == os.getpid():
            try:
                for close in [*self._open, last]:
                    self.run(close)
            finally:
                self._stopped = True
                self._end_thread()
            self._complain()
        self._stopped = True

    def _complain(self) -> None:
        if not self._expects_end:
            message = (
                f"A synchronous client was forgotten: it was made at {self._made_at} and is closed "
                "only now. Use `with Threekit(...) as tk:`, or call close()."
            )
            warn_of_forgotten(message, self._made_at)

    def _end_thread(self) -> None:
        if self._portal is not None and self._thread is not None:
            self._portal.start_task_soon(self._portal.stop)
            self._thread.join()

    def _ready(self) -> asyncio.AbstractEventLoop:
        if self._stopped:
            raise UsageError("This client is closed. Make a new one; nothing was sent.")
        with self._starting:
            if self._loop is None:
                self._loop, self._portal, self._thread = _started()
                self._process = os.getpid()
        if self._process != os.getpid():
            raise UsageError(
                "This client was used before the process forked, and its thread did not come "
                "along. Make a new client in the child; nothing was sent."
            )
        self.refuse_own_thread()
        return self._loop

    def refuse_own_thread(self) -> None:
        """Refuse what would wait for the thread it runs on.

        :raises UsageError: on the loop's own thread.
        """
        if self._thread is threading.current_thread():
            raise UsageError(
                "The synchronous client was called on its own event loop, for instance from a "
                "progress callback; waiting there would never end. Use another thread."
            )


def _started() -> tuple[asyncio.AbstractEventLoop, BlockingPortal, threading.Thread]:
    """Start a loop on a thread of its own, kept alive by a portal.

    Not by `start_blocking_portal`: what that leaves open is ended when it is collected, and in a
    forked child it would wait for a thread that is not there.
    """
    ready: Future[tuple[asyncio.AbstractEventLoop, BlockingPortal]] = Future()

    async def stay() -> None:
        async with BlockingPortal() as portal:
            ready.set_result((asyncio.get_running_loop(), portal))
            await portal.sleep_until_stopped()

    # A daemon: the interpreter's exit must not wait for it before the finalizer can end it.
    def work() -> None:
        try:
            anyio.run(stay)
        except BaseException as error:  # noqa: BLE001  # a thread that cannot start must say so
            if not ready.done():
                ready.set_exception(error)

    thread = threading.Thread(target=work, name="threekit", daemon=True)
    thread.start()
    try:
        loop, portal = ready.result()
    except OSError as error:
        raise ThreekitError(
            f"The event loop of the synchronous client cannot start: {error.strerror or error}. "
            "The process may have too many files open; nothing was sent."
        ) from error
    return loop, portal, thread


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
        self._done = False

    def begin(self) -> None:
        # The caller's context variables are seen on the loop.
        self._loop.call_soon_threadsafe(self._start_task, context=copy_context())

    def wait(self) -> None:
        while not self._ended.acquire(timeout=_SLICE):
            pass

    def cancel(self) -> None:
        """End the task, and wait until it has ended."""
        if not self._done:
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

    def _start_task(self) -> None:
        if self._done:
            return
        self._task = self._loop.create_task(self._run())
        # Not in _run: a task cancelled before its first step never gets there.
        self._task.add_done_callback(self._finish)

    def _stop(self) -> None:
        if self._task is not None:
            self._task.cancel()
        elif not self._done:
            # Interrupted before the task was begun: it never will be.
            self._done = True
            self._ended.release()

    def _finish(self, task: asyncio.Task[None]) -> None:
        if task.cancelled() and self._error is None:
            self._error = asyncio.CancelledError()
        self._done = True
        self._ended.release()

    async def _run(self) -> None:
        try:
            self._value.append(await self._start())
        except BaseException as error:  # noqa: BLE001  # carried over; it must not end the loop
            self._error = error
