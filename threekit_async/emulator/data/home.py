"""Where an emulator's data live, and how they come to be as the seed says."""

from __future__ import annotations

import shutil
import sqlite3
import tempfile
import weakref
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

from attrs import frozen

from threekit_async.emulator.data.blobs import Blobs
from threekit_async.emulator.data.locking import lock_folder
from threekit_async.emulator.data.store import Store
from threekit_async.emulator.errors import EmulatorError
from threekit_async.emulator.seeds import plant, seed_mark

if TYPE_CHECKING:
    from threekit_async.emulator.settings import EmulatorSettings

MEMORY = ":memory:"


@frozen(kw_only=True)
class Home:
    """Records, their seeded copy, and bytes; ``close`` gives up what was opened."""

    store: Store
    snapshot: Store
    blobs: Blobs
    closing: ExitStack

    def close(self) -> None:
        """Close the databases and remove the temporary folder, if there is one."""
        self.closing.close()


def open_home(settings: EmulatorSettings) -> Home:
    """Open the data folder, or make a temporary one, and plant the seed where it is missing.

    The folder is locked first: of two emulators in one, each would run all its jobs.

    :raises EmulatorError: when another emulator uses the folder, or when it cannot be written or
        holds another seed.
    """
    closing = ExitStack()
    try:
        home = _open(settings.data, closing)
        _ensure_seed(home, settings.seed)
    except (OSError, sqlite3.Error) as error:
        closing.close()
        raise EmulatorError(
            f"The folder {settings.data} cannot be written ({error}): choose another one."
        ) from None
    except BaseException:
        closing.close()
        raise
    return home


def _open(folder: Path | None, closing: ExitStack) -> Home:
    if folder is not None:
        closing.enter_context(lock_folder(folder))
    return Home(
        blobs=_temporary(closing) if folder is None else Blobs(folder / "files"),
        store=_store(folder, "records.sqlite3", closing),
        snapshot=_store(folder, "seed.sqlite3", closing),
        closing=closing,
    )


def _temporary(closing: ExitStack) -> Blobs:
    """Keep bytes in a folder that goes with the home, even with one that nobody closes."""
    folder = Path(tempfile.mkdtemp(prefix="threekit-emulator-"))
    blobs = Blobs(folder)
    closing.callback(weakref.finalize(blobs, shutil.rmtree, folder, ignore_errors=True))
    return blobs


def _store(folder: Path | None, name: str, closing: ExitStack) -> Store:
    store = Store(MEMORY if folder is None else str(folder / name))
    closing.callback(store.close)
    return store


def _ensure_seed(home: Home, seed: str) -> None:
    """Plant the seed once; a folder that has it is used as it was left."""
    planted = home.snapshot.marked("seed")
    if planted is None:
        plant(seed, home.snapshot, home.blobs)
    elif planted != seed_mark(seed):
        raise EmulatorError(
            f"The data folder holds the seed {planted}, not {seed_mark(seed)}: "
            "choose another folder or that seed."
        )
    if home.store.marked("seed") is None:
        home.snapshot.copy_to(home.store)
