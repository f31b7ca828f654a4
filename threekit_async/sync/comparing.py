"""What lies in sync/ against what should: compared, and put right."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path

__all__ = ("HAND_WRITTEN", "put_right", "stale")

_BRIDGE = """
    blocking bridge callbacks crossing lease loop_thread owned pager stepping
"""
_GENERATOR = """
    annotations assembling calls client_parts comparing generate problem prose signatures sources
    translate
"""
# What the generator leaves alone. Anything else in the folder is generated, or has no place there.
HAND_WRITTEN: frozenset[str] = frozenset(f"{name}.py" for name in (_BRIDGE + _GENERATOR).split())
_CACHES = frozenset({"__pycache__", ".mypy_cache", ".pytest_cache", ".ruff_cache"})


def stale(target: Path, wanted: Mapping[str, bytes]) -> list[str]:
    """Name every file below `target` that is missing, differs, or should not be there.

    Files are compared byte by byte. A folder that holds no wanted file is named with a slash.
    """
    found = set(_files(target))
    there = wanted.keys() & found
    return sorted(
        [f"{name} is missing" for name in wanted.keys() - found]
        + [f"{name} differs" for name in there if (target / name).read_bytes() != wanted[name]]
        + [f"{name} has no source" for name in _strangers(target, wanted)]
    )


def put_right(target: Path, wanted: Mapping[str, bytes]) -> None:
    """Put right what `stale` would name; what is right already is not touched."""
    for name in _strangers(target, wanted):
        path = target / name
        if name.endswith("/"):
            shutil.rmtree(path, ignore_errors=True)
        else:
            path.unlink()
    for name, content in wanted.items():
        path = target / name
        if not path.is_file() or path.read_bytes() != content:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)


def _strangers(target: Path, wanted: Mapping[str, bytes]) -> list[str]:
    """Name the files without source, then the folders, the deepest first."""
    files = [name for name in _files(target) if name not in wanted]
    kept = {name.rpartition("/")[0] for name in wanted}
    kept |= {parent.rpartition("/")[0] for parent in kept}
    folders = [name for name in _folders(target) if name not in kept]
    return files + [f"{name}/" for name in sorted(folders, reverse=True)]


def _files(target: Path) -> Iterator[str]:
    for name, path in _below(target):
        if (not path.is_dir() or path.is_symlink()) and name not in HAND_WRITTEN:
            yield name


def _folders(target: Path) -> Iterator[str]:
    for name, path in _below(target):
        if path.is_dir() and not path.is_symlink():
            yield name


def _below(target: Path) -> Iterator[tuple[str, Path]]:
    if target.is_dir():
        for path in sorted(target.rglob("*")):
            parts = path.relative_to(target).parts
            if not _CACHES.intersection(parts):
                yield "/".join(parts), path
