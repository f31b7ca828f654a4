"""Listings long enough to have a middle."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from threekit_async.emulator import EmulatorSettings, EmulatorThread


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
