"""Files of a file system of fsspec, read and written by blocking calls."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Generator
from contextlib import contextmanager, suppress
from importlib import import_module
from typing import Any

from .spool import Spool

__all__ = ("Files",)

_READ_SIZE = 1024 * 1024
# The file systems of which it is known that threads may share them; so may all asynchronous ones.
_SHARED = {"file", "local", "memory", "smb", "hdfs", "arrow_hdfs"}
_CALLS_AT_ONCE = 8


class Files:
    """The files below one path of a file system."""

    def __init__(self, system: Any, root: str) -> None:
        # What `dir::` wraps is told the whole path already.
        while "dir" in _protocols(system):
            system = system.fs
        plain: Any = import_module("fsspec.spec").AbstractFileSystem
        shared = bool(_SHARED & _protocols(system)) or bool(system.async_impl)
        self.calls_at_once = _CALLS_AT_ONCE if shared else 1
        self._system = system
        self._root = root if root.endswith("/") or not root else f"{root}/"
        self._renames = _has_own(system, "mv", plain)
        self._copies = shared and _has_own(system, "cp_file", plain)
        self._made: set[str] = set()

    def prove(self) -> None:
        """Make the folder, and an empty file in it, which is removed again."""
        path = self._part(self._path(""))
        self._make_folder(path)
        with self._removing(path):
            self._system.pipe_file(path, b"")
            self._remove(path)

    def size(self, name: str) -> int | None:
        """Return the bytes of a file, None when there is none."""
        path = self._path(name)
        self._system.invalidate_cache(path)
        try:
            return int(self._system.info(path)["size"] or 0)
        except FileNotFoundError:
            return None

    def digest(self, name: str) -> str | None:
        """Return the sha256 of a file, None when there is none."""
        digest = hashlib.sha256()
        try:
            with self._system.open(self._path(name), "rb") as file:
                while piece := file.read(_READ_SIZE):
                    digest.update(piece)
        except FileNotFoundError:
            return None
        return digest.hexdigest()

    def write(self, name: str, spool: Spool, *, replace: bool) -> bool:
        """Write a file, in one step where the file system renames; False when one is there."""
        path = self._path(name)
        self._make_folder(path)
        if self._renames:
            part = self._part(path)
            with self._removing(part):
                spool.send(self._system, part)
                spool.check()
                return self._publish(part, path, replace=replace)
        there = self._exists(path)
        spool.check()
        if there and not replace:
            return False
        with self._removing(None if there else path):
            spool.send(self._system, path)
        return True

    def copy(self, source: str, name: str) -> bool | None:
        """Copy a file; None when the file system does not do it, False when one is there."""
        if not self._copies or not self._exists(self._path(source)):
            return None
        path = self._path(name)
        self._make_folder(path)
        if self._exists(path):
            return False
        if not self._renames:
            self._system.cp_file(self._path(source), path)
            return True
        part = self._part(path)
        with self._removing(part):
            self._system.cp_file(self._path(source), part)
            return self._publish(part, path, replace=False)

    @contextmanager
    def _removing(self, path: str | None) -> Generator[None]:
        """Remove a path when what is done inside fails."""
        try:
            yield
        except BaseException:
            if path is not None:
                with suppress(Exception):
                    self._remove(path)
            raise

    def _publish(self, part: str, path: str, *, replace: bool) -> bool:
        if not replace and self._exists(path):
            self._remove(part)
            return False
        try:
            self._system.mv(part, path)
        except Exception:
            # SFTP and others do not rename onto what is there.
            if not replace or not self._exists(path):
                raise
            self._remove(path)
            self._system.mv(part, path)
        return True

    def _make_folder(self, path: str) -> None:
        folder = path.rpartition("/")[0]
        # Elsewhere there are no folders, and some would make a bucket instead.
        if self._renames and folder and folder not in self._made:
            self._system.makedirs(folder, exist_ok=True)
            self._made.add(folder)

    def _exists(self, path: str) -> bool:
        self._system.invalidate_cache(path)
        return bool(self._system.exists(path))

    def _remove(self, path: str) -> None:
        try:
            self._system.rm_file(path)
        except NotImplementedError:
            self._system.rm(path)

    def _path(self, name: str) -> str:
        return self._root + name

    def _part(self, path: str) -> str:
        folder, slash, _ = path.rpartition("/")
        return f"{folder}{slash}.threekit-{secrets.token_hex(8)}.part"


def _protocols(system: Any) -> set[str]:
    named = system.protocol
    return {named} if isinstance(named, str) else set(named)


def _has_own(system: Any, method: str, plain: Any) -> bool:
    kind: Any = system.__class__
    return getattr(kind, method) is not getattr(plain, method)
