"""What the services are about."""

from __future__ import annotations

from collections.abc import AsyncIterator, Generator
from contextlib import contextmanager
from typing import Generic, ParamSpec, TypeVar

from attrs import define, field, frozen

P = ParamSpec("P")
T = TypeVar("T")


@frozen
class Thing:
    """One thing."""

    id: str
    deep: bool = False


@define
class Session:
    """What the services share: it notes what happens."""

    token: object = None
    deadline: float | None = None
    log: list[str] = field(factory=list[str])


class AsyncPager(Generic[T]):
    """A listing."""

    def __init__(self, items: list[T]) -> None:
        self._items = items

    async def all(self) -> list[T]:
        return self._items


class AsyncThorough(AsyncPager[T]):
    """A listing that is read twice."""


@frozen
class Raw(Generic[T]):
    """A value and its answers."""

    value: T
    replies: int


@contextmanager
def recording() -> Generator[int]:
    yield 1


def raw_of(value: T, replies: int) -> Raw[T]:
    return Raw(value, replies)


def veiled(token: T) -> T:
    return token


class Chunks:
    """An async iterator that is no generator."""

    def __init__(self, chunks: list[bytes]) -> None:
        self._chunks = iter(chunks)

    def __aiter__(self) -> AsyncIterator[bytes]:
        return self

    async def __anext__(self) -> bytes:
        for chunk in self._chunks:
            return chunk
        raise StopAsyncIteration
