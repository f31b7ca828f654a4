"""Lets one asynchronous test body drive the synchronous client as well.

`awaited(Threekit(...))` looks like an `AsyncThreekit`: its methods can be awaited and its listings
iterated with `async for`, while underneath the synchronous client blocks a worker thread.
"""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import AsyncIterator, Iterator
from typing import Any, Self

from threekit_async import AsyncThreekit, Pager, Threekit


def awaited(client: AsyncThreekit | Threekit) -> Any:
    """Return the client itself, or the awaitable face of a synchronous one."""
    return _Client(client) if isinstance(client, Threekit) else client


class _Client:
    def __init__(self, client: Threekit) -> None:
        self.inner = client

    def __getattr__(self, name: str) -> Any:
        value = getattr(self.inner, name)
        twin = getattr(value, "_async", None)
        return _Service(value, type(twin)) if twin else value

    def with_options(self, **options: Any) -> _Client:
        return _Client(self.inner.with_options(**options))

    async def raw(self, method: Any, /, *args: Any, **kwargs: Any) -> Any:
        args = tuple(_unwrapped(arg) for arg in args)
        return await asyncio.to_thread(self.inner.raw, method.inner, *args, **kwargs)

    async def aclose(self) -> None:
        await asyncio.to_thread(self.inner.close)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.aclose()

    def __repr__(self) -> str:
        return repr(self.inner)


class _Service:
    def __init__(self, service: Any, twin: type[Any]) -> None:
        self._service = service
        self._twin = twin

    def __getattr__(self, name: str) -> Any:
        method = getattr(self._service, name)
        waits = inspect.iscoroutinefunction(getattr(self._twin, name))

        def call(*args: Any, **kwargs: Any) -> Any:
            args = tuple(_unwrapped(arg) for arg in args)
            if waits:
                return asyncio.to_thread(method, *args, **kwargs)
            made = method(*args, **kwargs)
            return _Service(made, self._twin) if name == "with_options" else _wrapped(made)

        call.inner = method  # type: ignore[attr-defined]
        return call


def _unwrapped(value: Any) -> Any:
    return value.inner if isinstance(value, _Listing) else value


def _wrapped(value: Any) -> Any:
    if isinstance(value, Pager):
        return _Listing(value)
    return _stepped(value) if isinstance(value, Iterator) else value


class _Listing:
    def __init__(self, pager: Pager[Any]) -> None:
        self.inner = pager

    def __aiter__(self) -> AsyncIterator[Any]:
        return _stepped(iter(self.inner))

    def pages(self) -> AsyncIterator[Any]:
        return _stepped(self.inner.pages())

    async def first(self) -> Any:
        return await asyncio.to_thread(self.inner.first)

    async def all(self, **kwargs: Any) -> Any:
        return await asyncio.to_thread(lambda: self.inner.all(**kwargs))

    def __repr__(self) -> str:
        return repr(self.inner)


async def _stepped(items: Iterator[Any]) -> AsyncIterator[Any]:
    nothing = object()
    try:
        while (item := await asyncio.to_thread(next, items, nothing)) is not nothing:
            yield item
    finally:
        closing = getattr(items, "close", None)
        if closing is not None:
            await asyncio.to_thread(closing)
