"""What services need besides: no class here becomes another."""

from __future__ import annotations

__all__ = ("List",)

List = list


class Wire:
    """It stays behind."""

    limit = 5
