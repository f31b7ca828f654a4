"""A small shop, and somebody who asks the example applications about it."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Iterator

import aiohttp
import pytest

from tests.docs.frameworks.goods import put_into
from threekit_async.emulator import EmulatorThread


@pytest.fixture(autouse=True)
def quiet() -> Iterator[None]:
    """Put the root logger back: some frameworks configure it for the whole process."""
    root = logging.getLogger()
    level, handlers = root.level, list(root.handlers)
    yield
    root.setLevel(level)
    for handler in set(root.handlers) - set(handlers):
        root.removeHandler(handler)
        handler.close()


@pytest.fixture
def shop(threekit_environment: EmulatorThread) -> EmulatorThread:
    put_into(threekit_environment)
    return threekit_environment


@pytest.fixture
async def web() -> AsyncIterator[aiohttp.ClientSession]:
    bounds = aiohttp.ClientTimeout(total=20)
    async with aiohttp.ClientSession(timeout=bounds) as session:
        yield session
