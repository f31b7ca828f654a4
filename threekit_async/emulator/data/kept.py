"""Seeds that were planted once and are kept in a folder: copying the demo takes no time."""

from __future__ import annotations

import hashlib
import os
import shutil
import tempfile
from contextlib import suppress
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Literal, TypeAlias

from threekit_async.emulator.data.home import open_home
from threekit_async.emulator.data.locking import LOCK
from threekit_async.emulator.errors import EmulatorError
from threekit_async.emulator.seeds import seed_mark
from threekit_async.emulator.settings import EmulatorSettings

SeedName: TypeAlias = Literal["empty", "demo"]
MOST_KEPT = 2


def copy_of_seed(seed: SeedName, kept: Path, folder: Path) -> None:
    """Make ``folder`` a data folder that holds the seed; plant it in ``kept`` when it is new.

    Any number of processes may share ``kept``.

    :raises EmulatorError: when one of the folders cannot be written.
    """
    source = kept / f"{seed_mark(seed)}-{_what_plants_it()}"
    try:
        if not source.is_dir():
            _plant(seed, source)
            # Another process may drop the same.
            with suppress(FileNotFoundError):
                _drop_old(kept)
        os.utime(source)
        # A lock that two folders share would shut one of their emulators out.
        no_lock = shutil.ignore_patterns(LOCK)
        shutil.copytree(source, folder, copy_function=_linked, ignore=no_lock, dirs_exist_ok=True)
    except OSError as error:
        raise EmulatorError(
            f"The seed {seed} cannot be kept in {kept} ({error}): choose another folder."
        ) from None


def _plant(seed: SeedName, home: Path) -> None:
    """Plant beside and rename: a half-planted seed is never seen under its name."""
    home.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=home.parent, prefix=".new-") as new:
        fresh = Path(new) / home.name
        open_home(EmulatorSettings(data=fresh, seed=seed)).close()
        # Another process that was faster has planted the same.
        with suppress(OSError):
            fresh.rename(home)


def _drop_old(kept: Path) -> None:
    """Keep the two that were used last: the demo takes 50 megabytes."""
    homes = [home for home in kept.iterdir() if not home.name.startswith(".")]
    for old in sorted(homes, key=lambda home: home.stat().st_mtime)[:-MOST_KEPT]:
        shutil.rmtree(old, ignore_errors=True)


@cache
def _what_plants_it() -> str:
    """Return a digest that changes with the emulator's code, and with the library that draws."""
    digest = hashlib.sha256(_pillow().encode())
    for path in sorted(Path(__file__).parents[1].rglob("*.py")):
        digest.update(path.read_bytes())
    return digest.hexdigest()[:16]


def _pillow() -> str:
    try:
        return version("pillow")
    except PackageNotFoundError:
        return ""


def _linked(source: str, target: str) -> None:
    """Copy a database; link a blob, which nobody ever writes to again."""
    if Path(source).suffix != ".sqlite3":
        with suppress(OSError):
            os.link(source, target)
            return
    shutil.copyfile(source, target)
