"""Listings for the example."""

from __future__ import annotations

from collections.abc import AsyncIterable, AsyncIterator, Iterable
from typing import Generic, TypeVar

from ..things import AsyncPager, AsyncThorough
from .bridge import Bridge

T = TypeVar("T")


class Pager(Generic[T]):
    """A listing."""

    def __init__(self, bridge: Bridge, source: AsyncPager[T]) -> None:
        self._bridge = bridge
        self.source = source

    def all(self) -> list[T]:
        return self._bridge.call(self.source.all)


class Thorough(Pager[T]):
    """A listing that is read twice."""

    def __init__(self, bridge: Bridge, source: AsyncThorough[T]) -> None:
        super().__init__(bridge, source)


async def asynchronous(items: Iterable[T], bridge: Bridge) -> AsyncIterator[T]:
    bridge.crossed.append("items")
    assert not isinstance(items, AsyncIterable)
    for item in items:
        yield item
