"""Pages on their way: plain tasks, read in the order they were asked for."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Coroutine
from contextlib import suppress
from typing import Any, Generic, TypeVar

from attrs import define, field

from ..errors import UsageError
from ..events import PageRead
from ..models.page import Page
from ..session.reply import Reply
from ..session.request import Request
from ..session.session import Session

__all__ = ("Ahead",)

T = TypeVar("T")


@define(kw_only=True)
class Ahead(Generic[T]):
    """The pages of a listing that were asked for and not yet taken.

    Plain tasks, no task group: a scope held across `yield` breaks whoever steps a generator from
    several tasks, as the sync facade does. And no generator of its own: a loop that ends closes
    all generators at once, and one inside another would be closed twice.
    """

    session: Session
    request: Request[Page[T]]
    fetch: Callable[[int], Coroutine[Any, Any, Reply]]
    _coming: deque[tuple[int, asyncio.Task[Reply]]] = field(
        factory=deque[tuple[int, "asyncio.Task[Reply]"]], init=False
    )

    def send(self, numbers: range) -> None:
        """Ask for pages."""
        for number in numbers:
            self._coming.append((number, self.session.in_background(self.fetch(number))))

    @property
    def coming(self) -> bool:
        """A page was asked for that is not taken."""
        return bool(self._coming)

    @property
    def arrived(self) -> bool:
        """The next page has come: taking it waits for nothing."""
        return bool(self._coming) and self._coming[0][1].done()

    async def take(self) -> tuple[int, Reply, float]:
        """Return the next page's number, its answer, and the seconds it was waited for."""
        number, task = self._coming[0]
        began = self.session.clock()
        try:
            reply = await _arrived(task)
        finally:
            # Until now it is one of those that end when the walk is ended, by another task too.
            if self._coming and self._coming[0][1] is task:
                self._coming.popleft()
        return number, reply, self.session.clock() - began

    def read(self, reply: Reply) -> Page[T]:
        """Decode an answer."""
        return self.session.read(self.request, reply)

    def tell(self, number: int, *, rows: int, taken: int, waited: float) -> None:
        """Count a page, and tell whoever listens that it was read."""
        self.session.stats.pages += 1
        narrator = self.session.narrator
        if narrator.hears(PageRead):
            path, dropped = self.request.path, rows - taken
            narrator.tell(
                PageRead(path=path, number=number, rows=rows, dropped=dropped, seconds=waited)
            )

    async def end(self) -> None:
        """Cancel what is still on its way, and wait until it is gone."""
        tasks = self._dropped()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def abandon(self) -> None:
        """Cancel what is still on its way, from any thread, without waiting."""
        for task in self._dropped():
            with suppress(RuntimeError):  # of a loop that is closed: nothing runs there
                task.get_loop().call_soon_threadsafe(task.cancel)

    def _dropped(self) -> list[asyncio.Task[Reply]]:
        tasks = [task for _, task in self._coming]
        self._coming.clear()
        return tasks


async def _arrived(task: asyncio.Task[Reply]) -> Reply:
    try:
        return await task
    except asyncio.CancelledError:
        caller = asyncio.current_task()
        if caller is None or caller.cancelling() or not task.cancelled():
            raise
        raise UsageError("The client was closed while pages were read.") from None
