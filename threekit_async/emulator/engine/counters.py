"""What a job's record says about its tasks."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from threekit_async.emulator.records.jobs import FAILED, PENDING, RUNNING, STOPPED, SUCCESS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from threekit_async.emulator.data.store import Record

Standing = tuple[str, str | None, int]
"""How many tasks have this status and this result."""


def counted(standings: Sequence[Standing]) -> Record:
    """Return the job's counters and its status.

    A job is ``pending`` until its first task runs, ``stopped`` when all have stopped, and
    ``running`` between (the vendor's pollers rely on ``stopped`` alone).
    """
    statuses, results = Counter[str](), Counter[str | None]()
    for status, result, count in standings:
        statuses[status] += count
        results[result] += count
    total = statuses.total()
    return {
        "status": _status(statuses),
        "taskCount": total,
        "taskStatusPending": statuses[PENDING],
        "taskStatusRunning": statuses[RUNNING],
        "taskStatusStopped": statuses[STOPPED],
        "taskResultFailures": results[FAILED],
        "taskResultSuccesses": results[SUCCESS],
    }


def _status(statuses: Counter[str]) -> str:
    if statuses[STOPPED] == statuses.total():
        return STOPPED
    return PENDING if statuses[PENDING] == statuses.total() else RUNNING
