"""The package's own."""

from __future__ import annotations

from threekit_async.sync.callbacks import awaiting

__all__ = ("awaiting",)
