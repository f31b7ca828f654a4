"""Where in a program something was made or called: said in warnings."""

from __future__ import annotations

import inspect
import os
import warnings
from pathlib import Path
from types import FrameType

__all__ = ("frame_of_caller", "place_of_caller", "warn_at")

_PACKAGE = str(Path(__file__).parent) + os.sep


def frame_of_caller() -> tuple[FrameType | None, str]:
    """Find the frame outside this package that led here, and name what it called.

    The name is as `Layers.get`.
    """
    frame, called = inspect.currentframe(), ""
    while frame is not None and frame.f_code.co_filename.startswith(_PACKAGE):
        called, frame = frame.f_code.co_qualname, frame.f_back
    return frame, called


def place_of_caller() -> str:
    """Name the line outside this package that led here, as `/srv/shop.py:12`."""
    frame, _ = frame_of_caller()
    return f"{frame.f_code.co_filename}:{frame.f_lineno}" if frame else "an unknown place"


def warn_at(place: str, message: str, kind: type[Warning]) -> None:
    """Warn of something at a place, as `/srv/shop.py:12`."""
    file, _, line = place.rpartition(":")
    number = int(line) if line.isdecimal() else 0
    warnings.warn_explicit(message, kind, file or place, number)
