"""Where a client's settings come from: argument, then environment, then profile, then default."""

from __future__ import annotations

from .host import DEFAULT_HOST, origin_of
from .profiles import ConfigWarning
from .settings import Setting, Settings, environment

__all__ = ("DEFAULT_HOST", "ConfigWarning", "Setting", "Settings", "environment", "origin_of")
