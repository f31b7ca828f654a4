"""A local server that speaks part of Threekit's REST API, for tests and offline trials.

Start it from a shell with ``python -m threekit_async.emulator --seed demo``, or inside a test::

    from threekit_async.emulator import EmulatorSettings, EmulatorThread

    with EmulatorThread(EmulatorSettings(seed="demo")) as server:
        print(server.url, server.private_token)
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from threekit_async.emulator.server import Emulator as Emulator
    from threekit_async.emulator.settings import EmulatorSettings as EmulatorSettings
    from threekit_async.emulator.thread import EmulatorThread as EmulatorThread

__all__ = ["Emulator", "EmulatorSettings", "EmulatorThread"]


def __getattr__(name: str) -> object:
    """Import a public name when it is first asked for, so that the package itself is cheap."""
    if name == "Emulator":
        from threekit_async.emulator.server import Emulator

        return Emulator
    if name == "EmulatorSettings":
        from threekit_async.emulator.settings import EmulatorSettings

        return EmulatorSettings
    if name == "EmulatorThread":
        from threekit_async.emulator.thread import EmulatorThread

        return EmulatorThread
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
