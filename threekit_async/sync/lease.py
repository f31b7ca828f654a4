"""One synchronous client's share of the loop: from its first call to its end."""

from __future__ import annotations

import asyncio
import atexit
import os
import threading
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack, suppress
from typing import NoReturn, TypeAlias, TypeVar

from ..errors import UsageError
from ..place import place_of_caller, warn_at
from .crossing import Calls, Crossing
from .latch import Latch
from .loop_thread import SECONDS_TO_END, LoopThread, loop_of_process

__all__ = ("Lease",)

T = TypeVar("T")

Closing: TypeAlias = Callable[[], Awaitable[None]]


class Lease:
    """What a client has on the loop: its calls, its open iterators, and how it ends.

    :param last: awaited on the loop when everything else of the client has ended.
    :param made_at: where the client was made, for the warning that it was forgotten.
    """

    def __init__(self, last: Closing, made_at: str) -> None:
        self._last = last
        self._made_at = made_at
        self._thread: LoopThread | None = None
        self._process = 0
        self._closed = False
        self._calls = Calls()
        self._open: list[Closing] = []
        self._end_task: asyncio.Task[None] | None = None
        self._ended = Latch()

    def watch_exit(self) -> None:
        """End with the interpreter, when nobody has ended it before.

        After the loop's thread was frozen, it would be waited for in vain. What is registered
        later runs earlier: the client is closed before finalizers that were known before, and
        after what its maker has registered since.
        """
        atexit.register(self.at_exit)

    @property
    def state(self) -> str:
        """In one or two words, for a `repr`."""
        return "closed" if self._closed else "running" if self._thread else "not started"

    def run(self, start: Callable[[], Awaitable[T]]) -> T:
        """Await `start()` on the loop; see `Bridge.call`."""
        thread = self._ready()
        try:
            return Crossing(start, thread, self._calls).result()
        except (asyncio.CancelledError, RuntimeError) as error:
            lost = isinstance(error, asyncio.CancelledError) or thread.loop.is_closed()
            if self._closed and lost:
                raise UsageError(
                    "The client was closed while this call ran. It may have been carried out: "
                    "look before you make it again."
                ) from None
            raise

    def hold(self, close: Closing) -> None:
        """Remember how to close what is open; the end of the client does it, unless `release`."""
        self._open.append(close)

    def release(self, close: Closing) -> None:
        """Forget what has been closed; harmless when done before."""
        with suppress(ValueError):
            self._open.remove(close)

    def close(self) -> None:
        """End the client, and the thread when nobody else has a share of it.

        An interruption does not stop the ending: another `close()` waits for it, and so does the
        exit of the interpreter. Where a callback holds up the loop, it is not waited for without
        end, but a RuntimeWarning says so; the client ends when the loop goes on.

        :raises UsageError: on the loop's own thread: it would wait for itself.
        """
        loop_of_process().refuse_own_thread()
        with loop_of_process().changing:  # no first call is just beginning
            self._closed = True
        thread = self._leave()
        if thread is None:
            self._join()
            return
        if not self._has_ended(thread):
            self._warn_of_standstill()
            return
        thread.join()
        self._tell_failure()

    def _join(self) -> None:
        """Wait for the thread's end as well, where somebody else has closed the client."""
        thread = self._thread
        if thread is not None and self._process == os.getpid() and not thread.is_current:
            thread.join()

    def _has_ended(self, thread: LoopThread) -> bool:
        """Wait for the end for as long as the loop turns; tell whether it has come."""
        while True:
            turned = Latch()
            with suppress(RuntimeError):  # it has just ended, and the loop is closed
                thread.soon(turned.set)
            if self._ended.wait(SECONDS_TO_END):
                return True
            if not turned.is_set:
                return False

    def forget(self) -> None:
        """End a client that nobody holds any more, and say that it was forgotten.

        The garbage may be collected anywhere, also on the loop's own thread or where a lock is
        held: it waits for nothing. The exit of the interpreter does.
        """
        if not self._closed and self._leave() is not None:
            self._complain()

    def at_exit(self) -> None:
        """End a client that is still open when the interpreter ends, and say so.

        Whoever waits for a call of it, or makes another one, is a daemon thread now, and ends with
        the interpreter: it hears no more.
        """
        self._calls.abandoned = True
        forgotten, thread = not self._closed, self._leave()
        if thread is not None:
            self._ended.wait(SECONDS_TO_END)
            thread.join()
            if forgotten:
                self._complain()

    def drop(self, close: Closing) -> None:
        """Close what is left early; a client that was closed has closed it first.

        It is waited for, so that nothing of it runs on, but not on the loop's own thread, and not
        for ever: what is left may be dropped by a collection of garbage.
        """
        thread = self._thread
        if thread is None or self._closed or self._process != os.getpid():
            return
        closing = Crossing(close, thread, self._calls)
        with suppress(RuntimeError):  # the client was closed meanwhile, and the loop with it
            closing.start()
            if not thread.is_current and closing.wait(SECONDS_TO_END):
                self._tell(closing)

    def _tell(self, closing: Crossing[None]) -> None:
        try:
            closing.outcome()
        except asyncio.CancelledError:
            if not self._closed:
                raise

    def _ready(self) -> LoopThread:
        if self._closed:
            self._refuse()
        thread = self._thread or self._begin()
        if self._process != os.getpid():
            raise UsageError(
                "This client was used before the process forked, and its thread did not come "
                "along. Make a new client in the child; nothing was sent."
            )
        loop_of_process().refuse_own_thread()
        return thread

    def _begin(self) -> LoopThread:
        shared = loop_of_process()
        with shared.changing:
            if self._closed:
                self._refuse()
            self._process = os.getpid()
            self._thread = shared.share(self)
            return self._thread

    def _refuse(self) -> NoReturn:
        if self._calls.abandoned and threading.current_thread() is not threading.main_thread():
            Latch().wait()
        raise UsageError("This client is closed. Make a new one; nothing was sent.")

    def _leave(self) -> LoopThread | None:
        """Take no more calls, and begin to end unless that is under way; None: nothing to end."""
        self._closed = True
        if self._thread is None:
            self._give_back()
        elif self._process != os.getpid():
            # A child's copies of open connections are the parent's affair: no word about them.
            self._thread.loop.set_exception_handler(_say_nothing)
        elif not self._ended.is_set:
            with suppress(RuntimeError):  # it has just ended, and the loop is closed
                self._thread.soon(self._begin_end)
            return self._thread
        return None

    def _begin_end(self) -> None:
        if self._end_task is None:
            self._end_task = asyncio.get_running_loop().create_task(self._end())
            self._end_task.add_done_callback(self._finish_end)

    def _finish_end(self, _task: asyncio.Task[None]) -> None:
        self._give_back()
        self._ended.set()

    def _tell_failure(self) -> None:
        """Raise what went wrong at the end."""
        if self._end_task is not None and self._end_task.done():
            self._end_task.result()

    def _complain(self) -> None:
        message = (
            f"A synchronous client was forgotten: it was made at {self._made_at} and is closed "
            "only now. Use `with Threekit(...) as tk:`, or call close(); what its with_options() "
            "returns closes nothing."
        )
        warn_at(self._made_at, message, ResourceWarning)

    def _warn_of_standstill(self) -> None:
        message = (
            f"The synchronous client made at {self._made_at} is not closed yet: for "
            f"{SECONDS_TO_END:g} s something has held up its event loop, as a callback does that "
            "waits. It is closed when that ends."
        )
        warn_at(place_of_caller(), message, RuntimeWarning)

    async def _end(self) -> None:
        async with AsyncExitStack() as stack:
            stack.push_async_callback(self._calls.end)
            stack.push_async_callback(self._last)
            for close in list(self._open):
                stack.push_async_callback(close)

    def _give_back(self) -> None:
        atexit.unregister(self.at_exit)
        loop_of_process().give_back(self)


def _say_nothing(_loop: asyncio.AbstractEventLoop, _context: dict[str, object]) -> None:
    pass
