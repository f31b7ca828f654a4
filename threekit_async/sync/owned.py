"""Context managers that cross to the loop: entered and left by one task there."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Generator
from contextlib import (
    AbstractAsyncContextManager,
    AbstractContextManager,
    contextmanager,
)
from types import TracebackType
from typing import Any, Generic, TypeVar

from attrs import define, field

from .blocking import warn_of_blocking
from .lease import Lease
from .loop_thread import loop_of_process

__all__ = ("Owned",)

T = TypeVar("T")


class Owned(AbstractContextManager[T]):
    """Hold an asynchronous context manager open for a `with` block.

    One task enters it, waits for the block's end, and leaves it: what a task group or a cancel
    scope inside asks for. A `with` block that is interrupted cancels that task.
    """

    def __init__(
        self,
        start: Callable[[], AbstractAsyncContextManager[T]],
        lease: Lease,
        client: object,
    ) -> None:
        self._owner = _Owner(start=start)
        self._lease = lease
        # It is not forgotten while the block runs.
        self._client = client

    def __enter__(self) -> T:
        loop_of_process().refuse_own_thread()
        warn_of_blocking()
        # Until it is left: an interruption between this and the block is made good by the
        # client's end.
        self._lease.hold(self._owner.cancel)
        with self._cancelled_by_errors():
            return self._lease.run(self._owner.enter)

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> bool:
        with self._cancelled_by_errors():
            kept = self._left(exc)
        self._lease.release(self._owner.cancel)
        return kept

    def _left(self, error: BaseException | None) -> bool:
        if isinstance(error, (KeyboardInterrupt, SystemExit)):
            self._lease.drop(self._owner.cancel)
        elif isinstance(error, GeneratorExit):
            self._lease.drop(self._owner.leave_quietly)
        else:
            return self._lease.run(lambda: self._owner.leave(error))
        return False

    @contextmanager
    def _cancelled_by_errors(self) -> Generator[None]:
        try:
            yield
        except BaseException:
            self._lease.drop(self._owner.cancel)
            self._lease.release(self._owner.cancel)
            raise


@define(kw_only=True, eq=False)
class _Owner(Generic[T]):
    """The task on the loop that is inside the context manager."""

    start: Callable[[], AbstractAsyncContextManager[T]]
    _entered: asyncio.Future[T] = field(init=False)
    _leaving: asyncio.Future[BaseException | None] = field(init=False)
    _task: asyncio.Task[Exception | None] | None = field(default=None, init=False)

    async def enter(self) -> T:
        """Return what the manager gives, or raise what it raises."""
        loop = asyncio.get_running_loop()
        self._entered, self._leaving = loop.create_future(), loop.create_future()
        self._task = task = loop.create_task(self._own())
        either: list[asyncio.Future[Any]] = [self._entered, task]
        try:
            await asyncio.wait(either, return_when=asyncio.FIRST_COMPLETED)
        except asyncio.CancelledError:
            await self.cancel()
            raise
        if self._entered.done():
            return self._entered.result()
        raise task.result() or RuntimeError("The context manager gave nothing.")

    async def leave(self, error: BaseException | None) -> bool:
        """Leave with what the block raised; tell whether the manager keeps it to itself."""
        self._leaving.set_result(error)
        assert self._task is not None  # noqa: S101  # entered before
        raised = await self._task
        if raised is not None and raised is not error:
            raise raised
        return raised is None and error is not None

    async def leave_quietly(self) -> None:
        """Leave as if the block had come to its end."""
        await self.leave(None)

    async def cancel(self) -> None:
        """End the task wherever it is, and wait for its end."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait([self._task])

    async def _own(self) -> Exception | None:
        try:
            async with self.start() as value:
                self._entered.set_result(value)
                error = await self._leaving
                if error is not None:
                    raise error  # noqa: TRY301  # inside the manager, as the block did
        except Exception as raised:  # noqa: BLE001  # carried to where the block stands
            return raised
        return None
