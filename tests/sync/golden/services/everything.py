"""Everything: each construct that is known, for `async with AsyncThreekit()`."""

from __future__ import annotations

import decimal
from collections.abc import (
    AsyncGenerator,
    AsyncIterable,
    AsyncIterator,
    Awaitable,
    Callable,
    Iterable,
    Sequence,
)
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from functools import cached_property
from os import PathLike as Path
from typing import TYPE_CHECKING, Any, Literal, Self, TypeAlias, cast, overload

from ..things import AsyncPager, AsyncThorough, Chunks, Thing
from . import wire
from .service import Service
from .wire import List

if TYPE_CHECKING:
    from .parts import Parts

__all__ = ("Everything",)

PER_PAGE = 50
Size: TypeAlias = Literal["small", "large"]

_PRIVATE = 1


class Everything(Service):
    """Every construct; see `AsyncPager`, and `aclose()` of `AsyncThreekit`.

    Half a sentence with "quotes", a path as `C:\\new`, and \"""three\""".

        async with AsyncThreekit(token="...") as tk:
            thing = await tk.everything.get("a")
            async for each in tk.everything.each([thing]):
                print(each)

    Close an iterator with `contextlib.aclosing`, or leave it to `async with`.
    """

    # Coroutines, and every kind of parameter and default.

    async def get(
        self, thing_id: str, *, deep: bool = False, at: decimal.Decimal | None = None
    ) -> Thing:
        """Read one.

        :param thing_id: its id, as in `await tk.everything.get("a")`,
            over two lines.
        """
        return Thing(f"{thing_id}{at or ''}", deep)

    async def healthcheck(self) -> None:
        """Return when this one is up: not what it inherits."""
        self._session.log.append("everything is up")

    async def first(self, thing_id: str, /, size: Size = "small", *, limit: int = PER_PAGE) -> str:
        """Take by position only what comes first."""
        return f"{thing_id} {size} {limit}"

    async def only(self, /, thing_id: str = 'it\'s "x"', ratio: float = -1.5) -> str:
        """Hold `self` by position only."""
        return f"{thing_id} {ratio}"

    async def tag(self, thing: Thing, *tags: str, deep: bool, **marks: int) -> List[str]:
        """Take any number."""
        return [thing.id, *tags, str(deep), *(f"{key}={value}" for key, value in marks.items())]

    async def names(self, folder: str | Path[str] = ".") -> wire.List[str]:
        """End with a "quote\""""
        return [str(folder)]

    async def undescribed(self, filter: Sequence[Any] = (1, *(2, 3))) -> int:  # noqa: A002
        return len(filter)

    # What a caller iterates over.

    async def save(self, things: Iterable[Thing] | AsyncIterable[Thing], *, to: str) -> str:
        """Save."""
        if not isinstance(things, AsyncIterable):
            raise TypeError(things)
        return to + "".join([thing.id async for thing in things])

    async def save_some(
        self, *, things: Iterable[Thing] | AsyncIterable[Thing] | None = None
    ) -> int:
        """Save, or do not."""
        return 0 if things is None else len(await self.save(cast("Iterable[Thing]", things), to=""))

    # Functions of the caller.

    async def watch(
        self,
        seen: Callable[[Thing], Awaitable[None]],
        *,
        ended: Callable[[int], Awaitable[bool] | bool] | None = None,
        told: Callable[[str], object] | None = None,
        asked: Callable[[], Awaitable[int]] | None = None,
    ) -> int:
        """Tell about things."""
        await seen(Thing("a"))
        if ended is not None and isinstance(end := ended(1), bool) and told is not None:
            told(str(end))
        return 0 if asked is None else await asked()

    # Listings, iterators, context managers.

    def list(self, *, name: str | None = None) -> AsyncPager[Thing]:
        """List; nothing is sent until the pager is used."""
        return AsyncPager([Thing(name or "all")])

    def walk(self, name: str) -> AsyncThorough[Thing]:
        """Walk."""
        return AsyncThorough([Thing(name)])

    async def searched(self, name: str) -> AsyncPager[Thing]:
        """Ask first, and list then."""
        self._session.log.append("searched")
        return AsyncPager([Thing(name)])

    async def each(self, things: Iterable[Thing] | AsyncIterable[Thing]) -> AsyncGenerator[Thing]:
        """Yield."""
        if isinstance(things, AsyncIterable):
            async for thing in things:
                yield thing

    async def numbers(self, start: int = 0) -> AsyncIterator[int]:
        """Yield for ever, and note the end."""
        try:
            while True:
                yield start
                start += 1
        finally:
            self._session.log.append("the numbers are closed")

    def chunks(self, *chunks: bytes) -> AsyncIterator[bytes]:
        """Return an iterator, which is no generator."""
        return Chunks([*chunks])

    @asynccontextmanager
    async def opened(self, thing_id: str, *, deep: bool = False) -> AsyncGenerator[Thing]:
        """Open one for a while."""
        self._session.log.append(f"open {thing_id}")
        try:
            yield Thing(thing_id, deep)
        finally:
            self._session.log.append(f"close {thing_id}")

    def held(self, thing_id: str) -> AbstractAsyncContextManager[Thing, bool | None]:
        """Return a context manager."""
        return self.opened(thing_id)

    # Overloads.

    @overload
    async def read(self, thing_id: str, *, raw: Literal[False] = ...) -> Thing: ...

    @overload
    async def read(self, thing_id: str, *, raw: Literal[True]) -> bytes: ...

    async def read(self, thing_id: str, *, raw: bool = False) -> Thing | bytes:
        """Read one, or its bytes."""
        return thing_id.encode() if raw else Thing(thing_id)

    @overload
    def listed(self, kind: Literal["thing"]) -> AsyncPager[Thing]: ...

    @overload
    def listed(self, kind: Literal["id"]) -> AsyncPager[str]: ...

    def listed(self, kind: str) -> AsyncPager[Any]:
        """List things, or their ids."""
        return AsyncPager([Thing("a") if kind == "thing" else "a"])

    @overload
    def rows(self, kind: Literal["int"]) -> AsyncIterator[int]:
        """Yield whole numbers."""

    @overload
    def rows(self, kind: str) -> AsyncIterator[int | str]: ...

    async def rows(self, kind: str) -> AsyncIterator[int | str]:
        """Yield numbers, or texts."""
        yield 1 if kind == "int" else "1"

    @overload
    def lent(self, thing: Thing) -> AbstractAsyncContextManager[Thing]: ...

    @overload
    def lent(self, thing: None = None) -> AbstractAsyncContextManager[None]: ...

    @asynccontextmanager
    async def lent(self, thing: Thing | None = None) -> AsyncGenerator[Any]:
        """Lend one, or none."""
        yield thing

    # What is read, and what needs no client.

    @property
    def deadline(self) -> float | None:
        """Seconds for each call."""
        return self._session.deadline

    @property
    def latest(self) -> AsyncPager[Thing]:
        """The latest ones."""
        return AsyncPager([Thing("latest")])

    @cached_property
    def label(self) -> str:
        """A label; it is made once."""
        self._session.log.append("labelled")
        return "label"

    @cached_property
    def parts(self) -> Parts:
        """Parts of things."""
        from .parts import Parts

        return Parts(self._session)

    @classmethod
    def fields(cls, *, deep: bool = False, most: int = PER_PAGE) -> tuple[str, ...]:
        """Name what things have."""
        return (cls.__name__, str(deep), str(most))

    @staticmethod
    def parse(body: bytes, *, strict: bool = True) -> Thing:
        """Read one from bytes; nothing is sent."""
        return Thing(body.decode(), strict)

    # Itself again.

    async def narrowed(self, deadline: float) -> Self:
        """Ask first, and return this service with another deadline."""
        return self.with_options(deadline=deadline)

    def _hidden(self) -> int:
        return _PRIVATE

    async def _also_hidden(self, *unknown: Any) -> AsyncIterator[AsyncPager[Thing]]:
        yield AsyncPager([Thing(str(unknown))])
