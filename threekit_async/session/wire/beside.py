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
_Ended: TypeAlias = tuple["asyncio.Future[Outcome[Any]]", Outcome[Any]]

_TOGETHER = 16
"""So many steps that wait are told of together."""


class _ToItsEnd(asyncio.Future[T]):
    """Cannot be cancelled: a task that waits for it is cancelled once it is done."""

    def cancel(self, msg: Any | None = None) -> bool:  # noqa: ARG002
        return False


class Beside:
    """One thread of its own, for functions that are called one after another.

    It begins with the first of them, and ends with `end()` or with this object. All are called from
    one loop.

    :param name: of the thread.
    :param patient: who is cancelled while a step is waited for, is cancelled when it has ended.
        For steps that must not go on behind the caller's back, and that end soon.
    """

    def __init__(self, name: str, *, patient: bool = False) -> None:
        self._name = name
        self._patient = patient
        self._steps: SimpleQueue[_Step | None] = SimpleQueue()
        self._end = finalize(self, self._steps.put, None)
        self._end.atexit = False
        self.begun: bool = False

    def begin(self, work: Callable[[], T]) -> asyncio.Future[Outcome[T]]:
        """Call a function in the thread, with the context variables of here.

        A future that is cancelled, or whose loop is closed, is not told; the work goes on.
        """
        loop = asyncio.get_running_loop()
        future: asyncio.Future[Outcome[T]]
        future = _ToItsEnd(loop=loop) if self._patient else loop.create_future()
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
        loop = step[2].get_loop()
        ended = [_ended(step)]
        # Waking the loop costs more than a small step: what waits already is done before.
        while step is not None and len(ended) < _TOGETHER and not steps.empty():
            step = steps.get()
            if step is not None:
                ended.append(_ended(step))
        with suppress(RuntimeError):  # the loop was closed meanwhile
            loop.call_soon_threadsafe(_tell, ended)
        del ended
        if step is None:
            return
        del step


def _ended(step: _Step) -> _Ended:
    context, work, future = step
    return future, _called(context, work)


def _called(context: Context, work: Callable[[], T]) -> Outcome[T]:
    try:
        return Outcome(value=context.run(work))
    except BaseException as error:  # noqa: BLE001  # carried over to whoever waits
        return Outcome(error=error)


def _tell(ended: list[_Ended]) -> None:
    for future, outcome in ended:
        if not future.done():
            future.set_result(outcome)
