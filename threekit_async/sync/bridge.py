"""The hand-written piece under the synchronous client: calls that cross to an event loop.

All clients of a process share one loop, in a thread of its own (`loop_thread`). A call starts a
task there and waits (`crossing`); when the waiting is interrupted, by Ctrl-C for instance, the task
is cancelled and its end awaited before the interruption goes on, so that nothing runs on unseen.
What a client has on the loop, and how that ends, is its `lease`.
"""

from __future__ import annotations

import weakref
from collections.abc import AsyncIterator, Awaitable, Callable, Generator
from contextlib import AbstractAsyncContextManager, AbstractContextManager
from typing import TypeVar

from ..place import place_of_caller
from .blocking import warn_of_blocking
from .lease import Lease
from .loop_thread import loop_of_process
from .owned import Owned
from .stepping import stepped

__all__ = ("Bridge",)

T = TypeVar("T")


class Bridge:
    """Run coroutines for callers that have no event loop.

    The loop's thread starts with the first call and ends with the last client: when that is closed,
    when nothing uses it any more, or with the interpreter. Any thread may call.

    :param last: awaited on the loop when the client ends.
    """

    def __init__(self, last: Callable[[], Awaitable[None]]) -> None:
        self._lease = Lease(last, place_of_caller())
        self._forgotten = weakref.finalize(self, self._lease.forget)
        self._forgotten.atexit = False
        self._lease.watch_exit()

    def call(self, start: Callable[[], Awaitable[T]]) -> T:
        """Await `start()` on the loop and return what it returns, or raise what it raises.

        :raises UsageError: after `close()`, in a forked child, or on the loop's own thread.
        """
        loop_of_process().refuse_own_thread()
        warn_of_blocking()
        return self._lease.run(start)

    def iterate(self, start: Callable[[], AsyncIterator[T]]) -> Generator[T]:
        """Step an async iterator, one crossing for each item: many small items cross as pages.

        The source is closed when the iteration ends, fails, or is left early.
        """
        return stepped(start, self._lease, self)

    def enter(
        self, start: Callable[[], AbstractAsyncContextManager[T]]
    ) -> AbstractContextManager[T]:
        """Hold an async context manager open for a `with` block.

        One task enters and leaves it. An error of the block is raised inside it, an interruption
        cancels it.
        """
        return Owned(start, self._lease, self)

    def close(self) -> None:
        """End the client, and the thread if nobody else uses it; harmless when done before.

        :raises UsageError: on the loop's own thread, as in a hook: it would wait for itself.
        """
        self._lease.close()
        self._forgotten.detach()

    def __repr__(self) -> str:
        return f"<Bridge {self._lease.state}>"
