"""Work that may block for ever, in a thread beside the loop that nobody waits for at the exit.

The threads of `asyncio.to_thread` and of executors are joined when the loop or the interpreter
ends, however long that takes.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from contextlib import suppress
from contextvars import Context, copy_context
from queue import SimpleQueue
from typing import Any, Generic, TypeAlias, TypeVar, cast
from weakref import finalize

from attrs import field, frozen

__all__ = ("Beside", "Outcome")

T = TypeVar("T")


@frozen
class Outcome(Generic[T]):
    """How work ended. It shows nothing of that: what was returned may be a secret."""

    value: T | None = field(default=None, repr=False)
    error: BaseException | None = field(default=None, repr=False)

    def get(self) -> T:
        """Return what the work returned, or raise what it raised."""
        if self.error is not None:
            raise self.error
        return cast("T", self.value)


_Step: TypeAlias = tuple[Context, Callable[[], Any], "asyncio.Future[Outcome[Any]]"]


class Beside:
    """One thread of its own, for functions that are called one after another.

    It begins with the first of them, and ends with `end()` or with this object.

    :param name: of the thread.
    """

    def __init__(self, name: str) -> None:
        self._name = name
        self._steps: SimpleQueue[_Step | None] = SimpleQueue()
        self._end = finalize(self, self._steps.put, None)
        self._end.atexit = False
        self.begun = False

    def begin(self, work: Callable[[], T]) -> asyncio.Future[Outcome[T]]:
        """Call a function in the thread, with the context variables of here.

        A future that is cancelled, or whose loop is closed, is not told; the work goes on.
        """
        future: asyncio.Future[Outcome[T]] = asyncio.get_running_loop().create_future()
        self._steps.put((copy_context(), work, future))
        if not self.begun:
            # The thread must not hold this object, or it would never end by itself.
            threading.Thread(
                target=_work, args=(self._steps,), name=self._name, daemon=True
            ).start()
            self.begun = True
        return future

    async def run(self, work: Callable[[], T]) -> T:
        """Call a function in the thread and wait for what it returns, or raises.

        A StopIteration arrives as the cause of a RuntimeError, as it leaves any coroutine.
        """
        outcome = await self.begin(work)
        try:
            return outcome.get()
        finally:
            del outcome  # the error's traceback holds this frame

    def end(self) -> None:
        """End the thread after the step at hand; harmless when done before."""
        self._end()


def _work(steps: SimpleQueue[_Step | None]) -> None:
    while (step := steps.get()) is not None:
        context, work, future = step
        outcome = _called(context, work)
        with suppress(RuntimeError):  # the loop was closed meanwhile
            future.get_loop().call_soon_threadsafe(_tell, future, outcome)
        del step, context, work, future, outcome


def _called(context: Context, work: Callable[[], T]) -> Outcome[T]:
    try:
        return Outcome(value=context.run(work))
    except BaseException as error:  # noqa: BLE001  # carried over to whoever waits
        return Outcome(error=error)


def _tell(future: asyncio.Future[Outcome[T]], outcome: Outcome[T]) -> None:
    if not future.done():
        future.set_result(outcome)
