"""Moments that are waited for, in whichever thread and loop they come."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

__all__ = ("Moment", "after")

# Longer than any of them takes; what never comes fails the test by name.
_SECONDS = 20


class Moment:
    """Something that happens so many times; call it each time, from any thread.

    It can be a hook: what it is called with does not matter.
    """

    def __init__(self, *, times: int = 1) -> None:
        self._loop = asyncio.get_running_loop()
        self._left = times
        self._come = asyncio.Event()

    def __call__(self, *_: object) -> None:
        self._left -= 1
        if self._left == 0:
            self._loop.call_soon_threadsafe(self._come.set)

    async def wait(self) -> None:
        async with asyncio.timeout(_SECONDS):
            await self._come.wait()


def after(
    monkeypatch: pytest.MonkeyPatch, owner: type, method: str, when: Callable[..., bool]
) -> Moment:
    """Return the moment a method has returned, and `when` is true of what it was called with."""
    moment, original = Moment(), getattr(owner, method)

    def watched(*args: Any) -> Any:
        result = original(*args)
        if when(*args):
            moment()
        return result

    monkeypatch.setattr(owner, method, watched)
    return moment
