"""A small shop, and somebody who asks the example applications about it."""

from __future__ import annotations

from collections.abc import AsyncIterator

import aiohttp
import pytest

from tests.docs.frameworks.goods import put_into
from threekit_async.emulator import EmulatorThread


@pytest.fixture
def shop(threekit_environment: EmulatorThread) -> EmulatorThread:
    put_into(threekit_environment)
    return threekit_environment


@pytest.fixture
async def web() -> AsyncIterator[aiohttp.ClientSession]:
    bounds = aiohttp.ClientTimeout(total=20)
    async with aiohttp.ClientSession(timeout=bounds) as session:
        yield session
