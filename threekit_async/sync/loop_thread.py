"""The event loop all synchronous clients of a process share, on a thread of its own.

It starts with the first call of the first client, and ends with the last client. Nothing that a
call raises ends it, not even `SystemExit`: the others go on.
"""

from __future__ import annotations

import asyncio
import os
import selectors
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import Any, Final

from ..errors import ThreekitError, UsageError
from .latch import Latch
from .workers import Workers

__all__ = ("SECONDS_TO_END", "LoopThread", "loop_of_process")

SECONDS_TO_END: Final = 5.0
"""How long the end of a call, a client or the thread is waited for before it is given up."""


class LoopThread:
    """An event loop and the daemon thread that turns it.

    What the loop's thread shares with others is guarded by locks of the interpreter only: an
    interruption inside one that is written in Python, as `threading.Event` is, may leave it locked.
    """

    def __init__(self) -> None:
        self._loop: asyncio.AbstractEventLoop | None = None
        self._failure: OSError | None = None
        self._begun = Latch()
        self._ending = asyncio.Event()
        self._told_to_end = False
        # A daemon: the exit of the interpreter must not wait for it before it can be ended.
        self._thread = threading.Thread(target=self._work, name="threekit", daemon=True)

    def start(self) -> None:
        """Start the thread, and wait until its loop turns.

        :raises OSError: when the process may open no more files.
        :raises RuntimeError: when it may start no more threads.
        """
        self._thread.start()
        self._begun.wait()
        if self._failure is not None:
            raise self._failure

    @property
    def loop(self) -> asyncio.AbstractEventLoop:
        """The loop; the thread was started."""
        assert self._loop is not None  # noqa: S101
        return self._loop

    @property
    def is_alive(self) -> bool:
        """It was started, and has not ended."""
        return self._thread.is_alive()

    @property
    def is_current(self) -> bool:
        """The caller runs on this very thread."""
        return self._thread.ident == threading.get_ident()

    def soon(self, work: Callable[..., object], *arguments: Any) -> None:
        """Run something on the loop; waits for nothing, and takes no lock."""
        self.loop.call_soon_threadsafe(work, *arguments)

    def end(self) -> None:
        """Let the thread come to its end, without waiting."""
        self._told_to_end = True
        if self._loop is not None:
            self.soon(self._ending.set)

    def join(self) -> None:
        """Wait until the thread has ended, when it was told to, but not for ever."""
        if self._told_to_end:
            self._thread.join(SECONDS_TO_END)

    def _work(self) -> None:
        try:
            self._loop = loop = _new_loop()
        except OSError as error:
            self._failure = error
            self._begun.set()
            return
        loop.set_default_executor(Workers())
        with asyncio.Runner(loop_factory=lambda: loop):
            # anyio's worker threads belong to the task a loop runs until complete.
            staying = loop.create_task(self._stay())
            while not staying.done():
                # SystemExit and KeyboardInterrupt leave a loop; the task that raised them keeps
                # them for whoever waits for it.
                with suppress(BaseException):
                    loop.run_until_complete(staying)

    async def _stay(self) -> None:
        self._begun.set()
        if not self._told_to_end:
            await self._ending.wait()


def _new_loop() -> asyncio.AbstractEventLoop:
    if hasattr(os, "fork"):
        return asyncio.SelectorEventLoop(_Selector())
    return asyncio.new_event_loop()


class _Selector(selectors.DefaultSelector):
    """Leaves alone, in a forked child, what the parent's loop listens to.

    The child has copies of the open connections, and lets go of them some day. With epoll both
    processes speak to one set of the kernel, and the parent would never hear of them again.
    """

    def __init__(self) -> None:
        super().__init__()
        self._process = os.getpid()

    def unregister(self, fileobj: Any) -> selectors.SelectorKey:
        if self._process != os.getpid():
            return self.get_key(fileobj)
        return super().unregister(fileobj)

    def modify(self, fileobj: Any, events: int, data: Any = None) -> selectors.SelectorKey:
        if self._process != os.getpid():
            return self.get_key(fileobj)
        return super().modify(fileobj, events, data)


class SharedLoop:
    """The loop thread of this process, for as long as anybody has a share of it.

    `changing` is held while a client begins to use it, or ends.
    """

    def __init__(self) -> None:
        self.changing: Final = threading.RLock()
        self._sharers: set[object] = set()
        self._running: LoopThread | None = None

    def share(self, sharer: object) -> LoopThread:
        """Return the loop thread, started if need be, until the sharer gives it back.

        :raises ThreekitError: when the process may open no more files, or start no more threads.
        """
        with self.changing:
            # It may be there and not begun: after an interruption in between.
            if self._running is None or not self._running.is_alive:
                self._start()
            assert self._running is not None  # noqa: S101
            # An interruption in between is made good by the sharer's next call, or its end.
            self._sharers.add(sharer)
            return self._running

    def give_back(self, sharer: object) -> None:
        """End a share, and with the last one the thread, without waiting; harmless when done."""
        if sharer not in self._sharers:  # who collects garbage waits for nobody
            return
        with self.changing:
            self._sharers.discard(sharer)
            if not self._sharers and self._running is not None:
                ending, self._running = self._running, None
                ending.end()

    def refuse_own_thread(self) -> None:
        """Refuse what would wait for the thread it runs on.

        :raises UsageError: on the loop's own thread.
        """
        if self._running is not None and self._running.is_current:
            raise UsageError(
                "The synchronous client was called on its own event loop, for instance from a "
                "progress callback; waiting there would never end. Use another thread."
            )

    def _start(self) -> None:
        self._running = made = LoopThread()
        try:
            made.start()
        except BaseException as error:
            self._running = None
            made.end()
            # What is written in Python may fail on its way out of an interruption.
            if isinstance(error.__context__, KeyboardInterrupt):
                raise error.__context__ from None
            if not isinstance(error, (OSError, RuntimeError)):
                raise
            reason = getattr(error, "strerror", None) or str(error)
            raise ThreekitError(
                f"The event loop of the synchronous client cannot start: {reason}. The process "
                "may have too many files open, or too many threads; nothing was sent."
            ) from error


# One for each process: a forked child finds its parent's here, and must make its own.
_OF_PROCESS: Final[dict[int, SharedLoop]] = {}


def loop_of_process() -> SharedLoop:
    """Return what the synchronous clients of this process share."""
    process = os.getpid()
    return _OF_PROCESS.get(process) or _OF_PROCESS.setdefault(process, SharedLoop())
