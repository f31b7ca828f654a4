"""Many plain layers at once, for questions of quantity rather than of content."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

from threekit_async.emulator.data.identity import steady_id
from threekit_async.emulator.data.tables import FILES, LAYERS
from threekit_async.emulator.records.files import new_file, owned
from threekit_async.emulator.records.layers import new_layer
from threekit_async.emulator.seeds.tenant import ORG_ID, USER_ID

if TYPE_CHECKING:
    from threekit_async.emulator.data.store import Record
    from threekit_async.emulator.state import State

FILLED_ASSET = steady_id("asset", "filled")


def fill(state: State, *, layers: int, file_bytes: int | None = None) -> None:
    """Add this many layers of one asset; with ``file_bytes``, each with a file of that size.

    The files hold steady noise: no two are equal, and none can be compressed.
    """
    noise = random.Random(layers)  # noqa: S311
    files: list[Record] = []
    records: list[Record] = []
    for number in range(layers):
        if file_bytes is not None:
            files.append(_file(state, f"layer-{number:06}.bin", noise.randbytes(file_bytes)))
        records.append(_layer(state, number, files[-1]["id"] if files else None))
    state.store.add_many(FILES, (owned(file, org_id=ORG_ID) for file in files))
    state.store.add_many(LAYERS, records)


def _file(state: State, filename: str, content: bytes) -> Record:
    with state.blobs.writer() as writer:
        writer.write(content)
    return new_file(state, writer, filename=filename, mime_type=None, user_id=USER_ID)


def _layer(state: State, number: int, file_id: str | None) -> Record:
    body = {
        "assetId": FILLED_ASSET,
        "assetLayerConfiguration": {"Number": number},
        "fileId": file_id,
        "branch": "published",
    }
    return new_layer(state, body, org_id=ORG_ID)
