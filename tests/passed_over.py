"""What a test passes to a client, as a caller of the synchronous one would pass it.

A synchronous caller has plain functions and plain iterators. Those of an asynchronous test become
such ones: each step of them runs on the test's own event loop, while whoever asked waits elsewhere.
"""

from __future__ import annotations

import asyncio
from collections.abc import (
    AsyncIterable,
    AsyncIterator,
    Awaitable,
    Callable,
    Coroutine,
    Iterable,
    Iterator,
)
from inspect import iscoroutine, iscoroutinefunction
from typing import Any

from attrs import evolve, field, frozen

from threekit_async import Network
from threekit_async.transfer.upload import Upload

__all__ = ("Home", "NotTranslated", "Shown")

_END = object()


class NotTranslated(AssertionError):  # noqa: N818  # it fails a test, as other assertions do
    """A test asks for what the other world has no word for."""


class Shown:
    """What a test was given in the place of something synchronous."""

    inner: Any


@frozen
class Home:
    """The event loop a test runs on."""

    loop: asyncio.AbstractEventLoop
    _turned: dict[int, _Plainly] = field(factory=dict[int, "_Plainly"], init=False)

    def plain(self, value: Any) -> Any:
        """Turn an argument into what a synchronous caller has; most things stay as they are.

        :raises NotTranslated: when there is nothing like it.
        """
        match value:
            case Shown():
                return value.inner
            case list() | tuple() as items if type(items) in {list, tuple}:
                return type(items)(map(self.plain, items))
            case dict():
                return {key: self.plain(item) for key, item in value.items()}
            case Upload():
                return evolve(value, source=self.plain(value.source))
            case AsyncIterable() if not isinstance(value, Iterable):
                return self._stepped(value)
        _refuse(value)
        return value

    def _stepped(self, source: AsyncIterable[Any]) -> _Plainly:
        """What is given twice stays one thing; what can be walked again is walked anew."""
        if not isinstance(source, AsyncIterator):
            return _Plainly(self, source)
        return self._turned.setdefault(id(source), _Plainly(self, source))

    def function(self, value: Any) -> Any:
        """Turn an async function into a plain one, where the asynchronous client awaits it."""
        if not iscoroutinefunction(value):
            return self.plain(value)

        def plainly(*args: Any, **kwargs: Any) -> Any:
            return self.wait(lambda: value(*args, **kwargs))

        return plainly

    def wait(self, start: Callable[[], Awaitable[Any]]) -> Any:
        """Run something of the test to its end, on the test's loop.

        :raises NotTranslated: on that very loop: it would wait for itself.
        """
        if _running_loop() is self.loop:
            raise NotTranslated("Something of the test is waited for on the test's own loop.")
        return asyncio.run_coroutine_threadsafe(_awaited(start), self.loop).result()


class _Plainly(Iterator[Any]):
    """A plain iterator over what an asynchronous one of the test gives."""

    def __init__(self, home: Home, source: AsyncIterable[Any]) -> None:
        self._home = home
        self._source = aiter(source)

    def __next__(self) -> Any:
        item = self._home.wait(lambda: anext(self._source, _END))
        if item is _END:
            raise StopIteration
        return item

    def close(self) -> None:
        ending: Callable[[], Coroutine[Any, Any, None]] | None
        ending = getattr(self._source, "aclose", None)
        if ending is not None:
            self._home.wait(ending)


async def _awaited(start: Callable[[], Awaitable[Any]]) -> Any:
    return await start()


def _running_loop() -> asyncio.AbstractEventLoop | None:
    try:
        return asyncio.get_running_loop()
    except RuntimeError:
        return None


def _refuse(value: Any) -> None:
    if iscoroutine(value) or isinstance(value, asyncio.Future):
        raise NotTranslated("A synchronous caller has nothing to await: pass the function itself.")
    if isinstance(value, Network) and value.http_session is not None:
        raise NotTranslated("An aiohttp session belongs to the loop of the test that made it.")
