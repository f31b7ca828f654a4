"""The emulator a test asks for with ``@pytest.mark.threekit(...)``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from attrs import fields_dict

from ..emulator.errors import EmulatorError
from ..emulator.settings import EmulatorSettings
from ..emulator.thread import EmulatorThread

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ("started_emulator",)


def started_emulator(node: pytest.Item, kept_seeds: Path) -> EmulatorThread:
    """Start the emulator of this test, or fail the test with a sentence; closing it is yours."""
    try:
        server = EmulatorThread(_settings_of(node), kept_seeds=kept_seeds)
        server.start()
    except EmulatorError as error:
        reason = str(error)
    else:
        return server
    # Out here the failure has no cause: the sentence is all there is to read.
    pytest.fail(reason, pytrace=False)


def _settings_of(node: pytest.Item) -> EmulatorSettings:
    """Lay the markers of function, class and module over each other, the nearest on top.

    :raises EmulatorError: when one of them is not a setting.
    """
    chosen: dict[str, Any] = {}
    for marker in reversed(list(node.iter_markers("threekit"))):
        if marker.args:
            raise EmulatorError(
                "pytest.mark.threekit takes settings by name only: "
                f'write @pytest.mark.threekit(seed="demo"), not ({marker.args[0]!r}).'
            )
        chosen |= marker.kwargs
    unknown = sorted(set(chosen) - set(fields_dict(EmulatorSettings)))
    if unknown:
        raise EmulatorError(
            f"pytest.mark.threekit has no setting {unknown[0]!r}: "
            f"choose among {', '.join(fields_dict(EmulatorSettings))}."
        )
    return _made(chosen)


def _made(chosen: dict[str, Any]) -> EmulatorSettings:
    try:
        return EmulatorSettings(**chosen)
    except (TypeError, ValueError) as error:
        raise EmulatorError(f"pytest.mark.threekit: {error.args[0]}.") from error
