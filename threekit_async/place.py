"""Where in a program something was made: said in warnings about what was left open."""

from __future__ import annotations

import inspect
import os
from pathlib import Path

__all__ = ("place_of_caller",)

_PACKAGE = str(Path(__file__).parent) + os.sep


def place_of_caller() -> str:
    """Name the line outside this package that led here, as `/srv/shop.py:12`."""
    frame = inspect.currentframe()
    while frame is not None and frame.f_code.co_filename.startswith(_PACKAGE):
        frame = frame.f_back
    return f"{frame.f_code.co_filename}:{frame.f_lineno}" if frame else "an unknown place"
