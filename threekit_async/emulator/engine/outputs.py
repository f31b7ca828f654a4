"""Which assets an import has made or changed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from threekit_async.emulator.data.tables import OUTPUTS
from threekit_async.emulator.engine.books import of_job
from threekit_async.emulator.engine.kinds import OUTPUTS as GROUPS

if TYPE_CHECKING:
    from threekit_async.emulator.data.store import Record
    from threekit_async.emulator.state import State


def note_output(state: State, task: Record, asset: Record) -> None:
    """Remember that a task has made or changed this asset."""
    note = {
        "id": f"{task['id']} {asset['id']}",
        "jobId": task["jobId"],
        "type": asset["type"],
        "name": asset["name"],
        "assetId": asset["id"],
        "createdAt": state.clock.now(),
    }
    state.store.add(OUTPUTS, note)


def output_of(state: State, job_id: str) -> dict[str, list[Record]]:
    """Return the assets of a job by type, as ``GET /api/catalog/jobs/{jobId}`` shows them.

    Types without a group of their own get one (assumption).
    """
    groups: dict[str, list[Record]] = {name: [] for name in GROUPS}
    for note in state.store.records(OUTPUTS, of_job(job_id)):
        listed = groups.setdefault(note["type"], [])
        listed.append({"name": note["name"], "assetId": note["assetId"]})
    return groups
