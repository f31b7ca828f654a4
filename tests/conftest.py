"""Fixtures every room uses: emulators, and one client in two worlds."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings as hypothesis_settings

from tests.two_worlds import awaited
from threekit_async import AsyncThreekit, Retry, Threekit
from threekit_async.emulator import EmulatorSettings, EmulatorThread

# Runs of pytest inside tests of the plugin; only this conftest may name one.
pytest_plugins = ["pytester"]

# How long one example takes is a question of what else the machine does.
hypothesis_settings.register_profile("untimed", deadline=None)
hypothesis_settings.load_profile("untimed")

Connect = Callable[..., Any]

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


@pytest.fixture(params=["async", "sync"])
async def connect(request: pytest.FixtureRequest) -> AsyncIterator[Connect]:
    """Make clients of either world for a server; one test body serves both.

    `tk = connect(server)`; keyword arguments override what the client is made of.
    """
    clients: list[Any] = []

    def made(server: EmulatorThread, **changes: Any) -> Any:
        settings = {
            "token": server.private_token,
            "org_id": server.org_id,
            "host": server.url,
            "retry": AT_ONCE,
            **changes,
        }
        client = AsyncThreekit if request.param == "async" else Threekit
        clients.append(awaited(client(**settings)))
        return clients[-1]

    yield made
    for client in clients:
        await client.aclose()
