"""Iterators that cross from the loop to their caller."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Generator
from typing import Any, Generic, TypeVar

from attrs import define, field

from .blocking import warn_of_blocking
from .lease import Lease
from .loop_thread import loop_of_process

__all__ = ("stepped",)

T = TypeVar("T")


def stepped(start: Callable[[], AsyncIterator[T]], lease: Lease, client: object) -> Generator[T]:
    """Step an asynchronous iterator, one crossing for each item; see `Bridge.iterate`.

    :param client: kept for as long as the iterator is: it is not forgotten while that is used.
    """
    loop_of_process().refuse_own_thread()
    warn_of_blocking()
    source = _Source(start=start)
    lease.hold(source.close)
    try:
        while got := lease.run(source.step):
            yield got.pop()
    finally:
        lease.drop(source.close)
        lease.release(source.close)
        del client


@define(kw_only=True, eq=False)
class _Source(Generic[T]):
    """The iterator on the loop; begun with the first step, closed once."""

    start: Callable[[], AsyncIterator[T]]
    _iterator: AsyncIterator[T] | None = field(default=None, init=False)
    _stepping: asyncio.Task[Any] | None = field(default=None, init=False)
    _closed: bool = field(default=False, init=False)

    async def step(self) -> list[T]:
        """Return the next item, or nothing after the last one."""
        if self._closed:
            raise asyncio.CancelledError
        if self._iterator is None:
            self._iterator = self.start()
        self._stepping = asyncio.current_task()
        try:
            return [await anext(self._iterator)]
        except StopAsyncIteration:
            return []
        finally:
            self._stepping = None

    async def close(self) -> None:
        """Close it, and end a step another thread waits for first."""
        self._closed = True
        if self._stepping is not None:
            self._stepping.cancel()
            await asyncio.wait([self._stepping])
        iterator, self._iterator = self._iterator, None
        ending: Any = getattr(iterator, "aclose", None)
        if ending is not None:
            await ending()
