"""What a task does: one function for each type of task."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from threekit_async.emulator.data.store import Record
    from threekit_async.emulator.state import State

Work = Callable[["State", "Record"], Awaitable["list[Record]"]]
"""Does a task and returns the records of its result files, which are stored already."""


class WorkFailed(Exception):  # noqa: N818 - it is a result, not a mistake.
    """End a run as ``Failed``; the sentence becomes its ``resultMessage``."""


def all_works() -> Mapping[str, Work]:
    """Return the work of every type of task.

    Only ``import`` is a type the vendor is known to use; the others are assumptions.
    """
    # Imported here: a work reaches far, and who only starts jobs needs none of it.
    from threekit_async.emulator.engine import downloads, exports, imports, product_imports, renders

    return {
        "render": renders.render,
        "export": exports.export,
        "import": imports.import_file,
        "download": downloads.pack,
        "productImport": product_imports.import_products,
    }
