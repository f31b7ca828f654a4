"""What an emulator holds before the first request."""

from __future__ import annotations

from typing import TYPE_CHECKING

from threekit_async.emulator.seeds.tenant import plant_tenant

if TYPE_CHECKING:
    from threekit_async.emulator.data.blobs import Blobs
    from threekit_async.emulator.data.store import Store

VERSION = 3


def seed_mark(name: str) -> str:
    """Return the mark of a seed; it changes when the seed's content or its columns do."""
    return f"{name}-{VERSION}"


def plant(name: str, store: Store, blobs: Blobs) -> None:
    """Fill an empty store: the same seed always gives the same ids, instants and bytes."""
    plant_tenant(store)
    if name == "demo":
        from threekit_async.emulator.seeds.demo import plant_demo
        from threekit_async.emulator.seeds.drawing import Painter

        plant_demo(store, blobs, Painter().paint)
    store.mark("seed", seed_mark(name))
