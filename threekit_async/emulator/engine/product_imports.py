"""The work of type ``productImport``: read the uploaded JSON, change assets, list them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from threekit_async.emulator.engine.inputs import bytes_of, input_file
from threekit_async.emulator.engine.results import keep_file
from threekit_async.emulator.engine.works import WorkFailed
from threekit_async.emulator.web.query import read_json

if TYPE_CHECKING:
    from threekit_async.emulator.data.store import Record
    from threekit_async.emulator.state import State


async def import_products(state: State, task: Record) -> list[Record]:
    """Import the products of the file the task names; the result file lists affected assets."""
    from threekit_async.emulator.apis import products

    content = bytes_of(state, input_file(state, task))
    try:
        entries = read_json(content.decode())
    except ValueError as error:
        raise WorkFailed(f"The uploaded file is not JSON ({error}).") from None
    assets = products.import_products(state, task["orgId"], task["createdBy"], entries)
    listed = json.dumps(assets).encode()
    return [keep_file(state, task, listed, filename="assets.json", mime_type="application/json")]
