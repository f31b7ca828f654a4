"""Lets one asynchronous test body drive the synchronous client as well.

What `made(Threekit, ...)` returns looks like an `AsyncThreekit`, and has what that class has: its
methods can be awaited and its listings iterated with `async for`, while underneath the synchronous
client blocks a worker thread, as its callers do. What is passed in is turned the other way, see
`passed_over.py`.

What the adapter does not know fails the test: private parts, cancelling a call, whatever a method
returns that is neither a record, a listing, a walk, an iterator, a service nor a client. Such a
test belongs to one world.
"""

from __future__ import annotations

import asyncio
from collections.abc import (
    AsyncGenerator,
    AsyncIterable,
    AsyncIterator,
    Awaitable,
    Callable,
    Coroutine,
    Iterator,
)
from contextlib import AbstractContextManager
from functools import cache, cached_property
from importlib import import_module
from inspect import getattr_static, iscoroutinefunction
from typing import Any, Self

from tests.passed_over import Home, NotTranslated, Shown
from threekit_async import AsyncPager, AsyncThreekit, Pager, Threekit
from threekit_async.paging.thorough import AsyncThorough
from threekit_async.sync.pager import Thorough

__all__ = ("Home", "NotTranslated", "made", "twins")

_END = object()
_RENAMED = {"aclose": "close"}


def made(make: Callable[..., Any], home: Home, **settings: Any) -> Any:
    """Make a client, and show a synchronous one as if it were asynchronous.

    :param make: a client's class, or a class method of it.
    """
    # Of all settings, only a token may be a function that is awaited.
    turned = {"token": home.function}
    if getattr(make, "__self__", make) is AsyncThreekit:
        return make(**settings)
    client = make(**{name: turned.get(name, home.plain)(settings[name]) for name in settings})
    return _ClientFace(client, home)


@cache
def twins() -> dict[type[Any], type[Any]]:
    """Return each public class of the synchronous side with its asynchronous one."""
    names = [name for name, part in vars(Threekit).items() if isinstance(part, cached_property)]
    services = {_service("sync.services", name): _service("services", name) for name in names}
    return {Threekit: AsyncThreekit, Pager: AsyncPager, Thorough: AsyncThorough, **services}


def _service(package: str, name: str) -> type[Any]:
    found: type[Any] = getattr(
        import_module(f"threekit_async.{package}.{name}"), name.title().replace("_", "")
    )
    return found


class _Face(Shown):
    """One synchronous object, with the names of its asynchronous twin."""

    def __init__(self, inner: Any, home: Home) -> None:
        self.inner = inner
        self._home = home

    def __getattr__(self, name: str) -> Any:
        shown = self.inner.__class__.__name__
        if name.startswith("__"):
            raise AttributeError(name)
        if name.startswith("_"):
            raise NotTranslated(f"{shown}.{name} is private: a test of it belongs to one world.")
        theirs = getattr_static(twins()[type(self.inner)], name)  # or the AttributeError it raises
        ours = getattr(self.inner, _RENAMED.get(name, name), _END)
        if ours is _END:
            raise NotTranslated(f"The synchronous {shown} has no {name}.")
        if isinstance(theirs, cached_property):
            return vars(self).setdefault(name, self._shown(ours))
        if isinstance(theirs, property):
            return self._shown(ours)
        function = getattr(theirs, "__func__", theirs)
        return _Call(ours, self._home, self._shown, waits=iscoroutinefunction(function))

    def _shown(self, value: Any) -> Any:
        if type(value) in twins():
            return _FACES.get(type(value), _Face)(value, self._home)
        return _stepped(value) if isinstance(value, Iterator) else _known(value)

    def __repr__(self) -> str:
        return repr(self.inner)


class _Call(Shown):
    """A method of the synchronous side, to be awaited where its twin is."""

    def __init__(self, inner: Any, home: Home, shown: Callable[[Any], Any], *, waits: bool) -> None:
        self.inner = inner
        self._home = home
        self._shown = shown
        self._waits = waits

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        args, kwargs = self._home.plain(args), self._home.plain(kwargs)
        if self._waits:
            return _elsewhere(self.inner, *args, **kwargs)
        return self._shown(self.inner(*args, **kwargs))


class _ClientFace(_Face):
    async def raw(self, method: Any, /, *args: Any, **kwargs: Any) -> Any:
        plain = self._home.function(method)
        args, kwargs = self._home.plain(args), self._home.plain(kwargs)
        return await _elsewhere(self.inner.raw, plain, *args, **kwargs)

    async def __aenter__(self) -> Self:
        await asyncio.to_thread(self.inner.__enter__)
        return self

    async def __aexit__(self, *error: object) -> None:
        await asyncio.to_thread(self.inner.__exit__, *error)


class _PagerFace(_Face):
    def __aiter__(self) -> AsyncIterator[Any]:
        return _stepped(iter(self.inner))


class _ThoroughFace(_Face):
    def __init__(self, inner: Any, home: Home) -> None:
        super().__init__(inner, home)
        # Ends the walk when it is dropped, and not on the test's loop.
        self._rows = _stepped(inner)

    def __aiter__(self) -> Self:
        return self

    def __anext__(self) -> Coroutine[Any, Any, Any]:
        return self._rows.__anext__()


_FACES: dict[type[Any], type[_Face]] = {
    Threekit: _ClientFace,
    Pager: _PagerFace,
    Thorough: _ThoroughFace,
}


async def _stepped(items: Any) -> AsyncGenerator[Any, None]:
    try:
        while (item := await _elsewhere(next, items, _END)) is not _END:
            yield item
    finally:
        await asyncio.to_thread(items.close)


async def _elsewhere(function: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
    """Call from a worker thread: the caller of the synchronous client has no event loop."""
    try:
        return _known(await asyncio.to_thread(function, *args, **kwargs))
    except asyncio.CancelledError:
        task = asyncio.current_task()
        if task is None or not task.cancelling():
            raise
        raise NotTranslated(
            "Nobody can cancel a synchronous call: it goes on in its thread."
        ) from None


def _known(value: Any) -> Any:
    odd = (Awaitable, AsyncIterable, Iterator, AbstractContextManager)
    if isinstance(value, odd) or callable(value) or type(value) in twins():
        raise NotTranslated(f"Nobody knows yet what {value!r} is in an asynchronous test.")
    return value
