"""Files that runs leave behind."""

from __future__ import annotations

from typing import TYPE_CHECKING

from threekit_async.emulator.data.tables import FILES
from threekit_async.emulator.records.files import new_file, owned

if TYPE_CHECKING:
    from threekit_async.emulator.data.store import Record
    from threekit_async.emulator.state import State

LOGS = ("stdout", "stderr")
"""What the vendor calls the files of logs."""


def keep_file(
    state: State, task: Record, content: bytes, *, filename: str, mime_type: str
) -> Record:
    """Store bytes as a file of the task's owner and return its record."""
    with state.blobs.writer() as writer:
        writer.write(content)
    user_id = task["createdBy"]
    file = new_file(state, writer, filename=filename, mime_type=mime_type, user_id=user_id)
    state.store.add(FILES, owned(file, org_id=task["orgId"]))
    return file


def file_name(asset: Record, extension: str) -> str:
    """Name a file after its asset; what no file name may hold becomes a hyphen."""
    name = str(asset.get("name") or "asset").encode("utf-8", "replace").decode()
    plain = "".join(c if c.isalnum() or c in " ._-" else "-" for c in name).strip(" .")
    return f"{plain[:80] or 'asset'}.{extension}"


def results_of(run: Record) -> list[Record]:
    """Return the files of a run without what it printed."""
    results: Record = run.get("results") or {}
    files: list[Record] = results.get("files") or []
    return [file for file in files if file["filename"] not in LOGS]
