"""A bridge for the example: an event loop that runs while a call does."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Generator, Iterator
from contextlib import AbstractAsyncContextManager, AbstractContextManager, contextmanager
from typing import Any, TypeVar

T = TypeVar("T")


class Bridge:
    """Run coroutines on a loop of its own."""

    def __init__(self, last: Callable[[], Awaitable[None]]) -> None:
        self._last = last
        self._loop = asyncio.new_event_loop()
        #: What crossed, by the name of the crossing.
        self.crossed: list[str] = []

    def call(self, start: Callable[[], Awaitable[T]]) -> T:
        self.crossed.append("call")
        return self._awaited(start)

    def iterate(self, start: Callable[[], AsyncIterator[T]]) -> Iterator[T]:
        self.crossed.append("iterate")
        return self._stepped(start)

    def enter(
        self, start: Callable[[], AbstractAsyncContextManager[T]]
    ) -> AbstractContextManager[T]:
        self.crossed.append("enter")
        return self._entered(start)

    def close(self) -> None:
        self._awaited(self._last)
        self._loop.close()

    def _awaited(self, start: Callable[[], Awaitable[T]]) -> T:
        async def awaited() -> T:
            return await start()

        return self._loop.run_until_complete(awaited())

    def _stepped(self, start: Callable[[], AsyncIterator[T]]) -> Generator[T]:
        source: Any = start()
        try:
            while True:
                try:
                    yield self._awaited(source.__anext__)
                except StopAsyncIteration:
                    return
        finally:
            if hasattr(source, "aclose"):
                self._awaited(source.aclose)

    @contextmanager
    def _entered(self, start: Callable[[], AbstractAsyncContextManager[T]]) -> Generator[T]:
        manager = start()
        value = self._awaited(manager.__aenter__)
        try:
            yield value
        finally:
            self._awaited(lambda: manager.__aexit__(None, None, None))
