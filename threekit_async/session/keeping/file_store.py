"""What a session is given to keep the bytes of files in."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Protocol

__all__ = ("FileStore",)


class FileStore(Protocol):
    """Files by the hash of their bytes, as `sha256-...`; everything here blocks."""

    def find(self, name: str | None, size: int | None) -> Path | None:
        """Return where the bytes are; None when they are not kept."""
        ...

    def lend(self, name: str | None, size: int | None, final: str, *, replace: bool) -> bool:
        """Copy them to a file of that name; False when they must be fetched."""
        ...

    def keep(self, name: str | None, path: str | os.PathLike[str]) -> None:
        """Keep a copy of a file."""
        ...
