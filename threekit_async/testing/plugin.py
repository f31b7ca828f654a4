"""Fixtures for tests of code that uses this package; pytest finds them by itself.

All of them are synchronous and serve any kind of test: pytest-asyncio in both modes, anyio's
plugin, and plain functions. Nothing heavy is imported before a fixture is used.
"""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from threekit_async import Threekit
    from threekit_async.emulator import EmulatorThread

    from .clients import AsyncClients

_MARKER = (
    'threekit(seed="demo", layer_counts=True, ...): settings of the emulator behind the threekit '
    "fixtures; see threekit_async.emulator.EmulatorSettings."
)


def pytest_configure(config: pytest.Config) -> None:
    """Register the marker."""
    config.addinivalue_line("markers", _MARKER)


@pytest.fixture(scope="session")
def threekit_seeds(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Path:
    """Name the folder where planted seeds are kept: pytest's cache, or a temporary folder.

    For emulators of your own: ``EmulatorThread(settings, kept_seeds=threekit_seeds)``.
    """
    name = "threekit-seeds"
    with suppress(OSError):  # a folder that cannot be written
        if request.config.pluginmanager.hasplugin("cacheprovider"):
            return request.config.cache.mkdir(name)
    # The workers of pytest-xdist have one folder each, in the same one.
    base = tmp_path_factory.getbasetemp()
    return (base.parent if hasattr(request.config, "workerinput") else base) / name


@pytest.fixture
def threekit_emulator(
    request: pytest.FixtureRequest, threekit_seeds: Path
) -> Iterator[EmulatorThread]:
    """Serve an organisation of this test's own; ``@pytest.mark.threekit(...)`` sets it up.

    Its ``seed(...)`` plants records, ``faults.add(...)`` spoils answers, and ``requests`` is what
    was asked.
    """
    from .marks import started_emulator

    server = started_emulator(request.node, threekit_seeds)
    yield server
    server.close()


@pytest.fixture
def threekit_client(threekit_emulator: EmulatorThread) -> Iterator[Threekit]:
    """Connect a synchronous client to this test's emulator; it repeats without waiting."""
    from .clients import sync_client

    with sync_client(threekit_emulator) as client:
        yield client


@pytest.fixture
def threekit_async_client(threekit_emulator: EmulatorThread) -> Iterator[AsyncClients]:
    """Make asynchronous clients for this test's emulator.

    Call it inside the running loop: ``tk = threekit_async_client()``. What is left open is closed
    after the test.
    """
    from .clients import AsyncClients

    clients = AsyncClients(threekit_emulator)
    yield clients
    clients.close()


@pytest.fixture
def threekit_environment(
    threekit_emulator: EmulatorThread,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path_factory: pytest.TempPathFactory,
) -> EmulatorThread:
    """Point ``AsyncThreekit.from_env()`` and ``Threekit.from_env()`` at this test's emulator.

    Other settings of the environment, and the profiles of whoever runs the tests, are not seen.
    """
    for name in [name for name in os.environ if name.startswith("THREEKIT_")]:
        monkeypatch.delenv(name)
    no_profiles = tmp_path_factory.mktemp("threekit") / "config.toml"
    no_profiles.touch(mode=0o600)
    monkeypatch.setenv("THREEKIT_CONFIG", str(no_profiles))
    monkeypatch.setenv("THREEKIT_TOKEN", threekit_emulator.private_token)
    monkeypatch.setenv("THREEKIT_ORG_ID", threekit_emulator.org_id)
    monkeypatch.setenv("THREEKIT_HOST", threekit_emulator.url)
    return threekit_emulator
