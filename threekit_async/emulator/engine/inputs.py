"""The uploaded file a task works on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from threekit_async.emulator.data.tables import FILES
from threekit_async.emulator.engine.works import WorkFailed
from threekit_async.emulator.records.files import owner_of

if TYPE_CHECKING:
    from threekit_async.emulator.data.store import Record
    from threekit_async.emulator.state import State


def input_file(state: State, task: Record) -> Record:
    """Return the record of the file that ``parameters.fileId`` names.

    :raises WorkFailed: when there is none, or it is another organisation's.
    """
    file_id = task["parameters"].get("fileId")
    file = state.store.get(FILES, file_id) if isinstance(file_id, str) else None
    if file is None or owner_of(state.store, file["id"]) != task["orgId"]:
        raise WorkFailed(f"There is no file {file_id!r}: upload one, and give its id as fileId.")
    return file


def bytes_of(state: State, file: Record) -> bytes:
    """Return a file's bytes.

    :raises WorkFailed: when they have gone.
    """
    path = state.blobs.path(file["hash"])
    if path is None:
        raise WorkFailed(f"The bytes of the file {file['id']!r} are missing: upload it again.")
    return path.read_bytes()
