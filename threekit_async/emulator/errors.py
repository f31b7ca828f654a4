"""The one way an emulator says that it cannot start."""

from __future__ import annotations


class EmulatorError(Exception):
    """Say in one sentence why the emulator cannot start, and what to do."""
