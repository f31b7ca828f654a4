"""Where in a program something was made: said in warnings about what was left open."""

from __future__ import annotations

import inspect
import os
import warnings
from pathlib import Path

__all__ = ("place_of_caller", "warn_of_forgotten")

_PACKAGE = str(Path(__file__).parent) + os.sep


def place_of_caller() -> str:
    """Name the line outside this package that led here, as `/srv/shop.py:12`."""
    frame = inspect.currentframe()
    while frame is not None and frame.f_code.co_filename.startswith(_PACKAGE):
        frame = frame.f_back
    return f"{frame.f_code.co_filename}:{frame.f_lineno}" if frame else "an unknown place"


def warn_of_forgotten(message: str, made_at: str) -> None:
    """Give a ResourceWarning that names the line where something was made."""
    file, _, line = made_at.rpartition(":")
    number = int(line) if line.isdecimal() else 0
    warnings.warn_explicit(message, ResourceWarning, file or made_at, number)
