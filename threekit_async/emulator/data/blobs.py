"""File bytes, each content once, under the name of its SHA-256."""

from __future__ import annotations

import hashlib
import os
import re
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

if TYPE_CHECKING:
    from collections.abc import Collection, Generator

_NAME = re.compile(r"sha256-[0-9a-f]{64}")


class BlobWriter:
    """Take the bytes of one blob, counting and hashing as they pass."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._digest = hashlib.sha256()
        self.size: int = 0

    def write(self, chunk: bytes) -> None:
        """Append a chunk."""
        self._file.write(chunk)
        self._digest.update(chunk)
        self.size += len(chunk)

    @property
    def name(self) -> str:
        """The name of the content so far: ``sha256-`` and 64 hex digits."""
        return f"sha256-{self._digest.hexdigest()}"


class Blobs:
    """Keep blobs in a folder, one file each; equal contents share a file."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._folder = folder

    @contextmanager
    def writer(self) -> Generator[BlobWriter]:
        """Open a writer; the blob appears, complete, only when the block ends well."""
        handle, name = tempfile.mkstemp(prefix=".new-", dir=self._folder)
        temporary = Path(name)
        try:
            with os.fdopen(handle, "wb") as file:
                writer = BlobWriter(file)
                yield writer
            temporary.replace(self._folder / writer.name)
        finally:
            temporary.unlink(missing_ok=True)

    def add(self, content: bytes) -> str:
        """Store these bytes and return their name."""
        with self.writer() as writer:
            writer.write(content)
        return writer.name

    def path(self, name: str) -> Path | None:
        """Return where a blob lies; ``None`` for a malformed or unknown name."""
        if _NAME.fullmatch(name) is None:
            return None
        found = self._folder / name
        return found if found.is_file() else None

    def names(self) -> list[str]:
        """List the stored names in alphabetical order."""
        return sorted(path.name for path in self._folder.glob("sha256-*"))

    def keep_only(self, names: Collection[str]) -> None:
        """Drop every blob that is not in ``names``."""
        for path in self._folder.glob("sha256-*"):
            if path.name not in names:
                path.unlink(missing_ok=True)
