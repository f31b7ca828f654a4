"""Whether what was held on to is gone."""

from __future__ import annotations

import asyncio
import gc
import weakref
from collections.abc import Iterable
from typing import Any

__all__ = ("gone",)


async def gone(held: Iterable[weakref.ref[Any]]) -> bool:
    """Tell whether all are gone; the thread that had the last one may still be on its way out."""
    for _ in range(100):
        gc.collect()
        if not any(each() for each in held):
            return True
        await asyncio.to_thread(gc.collect)
    return False
