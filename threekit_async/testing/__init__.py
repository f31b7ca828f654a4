"""For tests of code that uses this package: fixtures for pytest, and a shim for aioresponses.

The fixtures come by themselves, see :mod:`threekit_async.testing.plugin`. The names here are for
annotations: ``threekit_emulator: EmulatorThread``, ``threekit_async_client: AsyncClients``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ..emulator.thread import EmulatorThread as EmulatorThread
    from .clients import AsyncClients as AsyncClients

__all__ = ["AsyncClients", "EmulatorThread"]


def __getattr__(name: str) -> object:
    """Import a public name when it is first asked for: pytest loads this package in every run."""
    if name == "AsyncClients":
        from .clients import AsyncClients

        return AsyncClients
    if name == "EmulatorThread":
        from ..emulator.thread import EmulatorThread

        return EmulatorThread
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
