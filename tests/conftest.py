"""Fixtures every room uses: emulators, and one client in two worlds."""

from __future__ import annotations

import asyncio
import logging
import os
from collections.abc import AsyncIterator, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck
from hypothesis import settings as hypothesis_settings

from tests.two_worlds import Home, made
from threekit_async import AsyncThreekit, Retry, Threekit
from threekit_async.emulator import EmulatorSettings, EmulatorThread

# Runs of pytest inside tests of the plugin; only this conftest may name one.
pytest_plugins = ["pytester"]

# How long one example takes is a question of what else the machine does.
hypothesis_settings.register_profile(
    "untimed", deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
hypothesis_settings.load_profile("untimed")

# So many callers of the synchronous client can wait at the same time in one test.
CALLERS = 128

# Retries without waiting: tests are about what happens, not about when.
AT_ONCE = Retry(attempts=3, base=0.0, cap=0.0)


@pytest.fixture(scope="session", autouse=True)
def nobodys_settings(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Hide the variables and profiles of whoever runs the tests."""
    with pytest.MonkeyPatch.context() as patch:
        for name in [name for name in os.environ if name.startswith("THREEKIT_")]:
            patch.delenv(name)
        for name in ("XDG_CONFIG_HOME", "APPDATA"):
            patch.setenv(name, str(tmp_path_factory.mktemp("no-config")))
        yield


@pytest.fixture(scope="session")
def demo_server(threekit_seeds: Path) -> Iterator[EmulatorThread]:
    """Serve the demo organisation; for tests that only read and add no faults."""
    settings = EmulatorSettings(seed="demo")
    with EmulatorThread(settings, kept_seeds=threekit_seeds) as server:
        yield server


@pytest.fixture
def server(threekit_emulator: EmulatorThread) -> EmulatorThread:
    """Serve an empty organisation, fresh for this test."""
    return threekit_emulator


class Connect:
    """Makes clients of one world: `tk = connect(server)`.

    Keyword arguments override what a client is made of.
    """

    def __init__(self, world: type[AsyncThreekit | Threekit]) -> None:
        self._world = world
        self._home = Home(asyncio.get_running_loop())
        self._clients: list[Any] = []

    def __call__(self, server: Any, **changes: Any) -> Any:
        settings = {
            "token": server.private_token,
            "org_id": server.org_id,
            "host": server.url,
            "retry": AT_ONCE,
            **changes,
        }
        return self._kept(made(self._world, self._home, **settings))

    def from_env(self, **settings: Any) -> Any:
        """Make one from the environment."""
        return self._kept(made(self._world.from_env, self._home, **settings))

    def _kept(self, client: Any) -> Any:
        self._clients.append(client)
        return client

    async def close(self) -> None:
        """Close every client that was made."""
        for client in self._clients:
            await client.aclose()


@pytest.fixture(params=[AsyncThreekit, Threekit], ids=["async", "sync"])
async def connect(request: pytest.FixtureRequest) -> AsyncIterator[Connect]:
    """Make clients of either world for a server; one test body serves both."""
    asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor(CALLERS))
    connect = Connect(request.param)
    yield connect
    await connect.close()


@pytest.fixture
def caplog(caplog: pytest.LogCaptureFixture) -> Iterator[pytest.LogCaptureFixture]:
    """Leave out what asyncio says of an earlier test's objects, when they are collected."""

    def is_heard(record: logging.LogRecord) -> bool:
        return record.name != "asyncio"

    caplog.handler.addFilter(is_heard)
    yield caplog
    caplog.handler.removeFilter(is_heard)
