"""Listings long enough to have a middle."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from threekit_async.emulator import EmulatorSettings, EmulatorThread
from threekit_async.paging.walked import Walked
from threekit_async.sync.pager import Thorough


@pytest.fixture
def filled(server: EmulatorThread) -> EmulatorThread:
    """950 layers, and no total in their listing."""
    server.fill(layers=950)
    server.clear_journal()
    return server


@pytest.fixture
def counting() -> Iterator[EmulatorThread]:
    """950 layers, with a total in their listing."""
    with EmulatorThread(EmulatorSettings(layer_counts=True)) as server:
        server.fill(layers=950)
        server.clear_journal()
        yield server


class Stepped:
    """A thorough walk of the synchronous client, stepped in a thread as its caller would."""

    def __init__(self, walk: Thorough[Any]) -> None:
        self.inner = walk

    def __aiter__(self) -> Stepped:
        return self

    async def __anext__(self) -> Any:
        row = await asyncio.to_thread(next, self.inner, None)
        if row is None:
            raise StopAsyncIteration
        return row

    async def aclose(self) -> None:
        await asyncio.to_thread(self.inner.close)

    @property
    def walked(self) -> Walked:
        return self.inner.walked

    def __repr__(self) -> str:
        return repr(self.inner)


Walk = Callable[[Any], Any]


@pytest.fixture
def thorough() -> Walk:
    """Begin a thorough walk over a listing of either world; it looks like an asynchronous one."""

    def begun(listing: Any) -> Any:
        pager = getattr(listing, "inner", listing)
        walk = pager.thorough()
        return walk if pager is listing else Stepped(walk)

    return begun
