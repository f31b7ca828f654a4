"""The jobs that rendered the demo's layers, with their tasks and runs, all ended long ago."""

from __future__ import annotations

from typing import TYPE_CHECKING

from threekit_async.emulator.data.identity import steady_id
from threekit_async.emulator.engine.counters import counted
from threekit_async.emulator.records.jobs import ACTIVE, STOPPED, SUCCESS
from threekit_async.emulator.seeds.tenant import ORG_ID, USER_ID

if TYPE_CHECKING:
    from collections.abc import Sequence

    from threekit_async.emulator.data.store import Record

TITLES = ("Spring catalogue", "Summer catalogue")
JOB_IDS = (steady_id("job", "spring"), steady_id("job", "summer"))
TASK_SIZE = 50


def job_of(number: int) -> str:
    """Return the job that rendered the layer of this number: they take turns."""
    return JOB_IDS[number % 2]


def task_of(number: int) -> str:
    """Return the task of that job which rendered it, one of many."""
    return steady_id("task", number % 2, number // (2 * TASK_SIZE))


def demo_tasks(files: Sequence[Record]) -> list[Record]:
    """Return the tasks in the order of their first file; files are in the order of layers."""
    begins = {task_of(number): number for number in reversed(range(len(files)))}
    return [_task(number, files[number]["createdAt"]) for number in sorted(begins.values())]


def _task(number: int, instant: str) -> Record:
    return {
        **_common(number, instant),
        "id": task_of(number),
        "branch": "unpublished",
        "type": "render",
        "title": f"{TITLES[number % 2]}, part {number // (2 * TASK_SIZE) + 1}",
        "parameters": {"type": "webgl"},
        "status": STOPPED,
        "runStatus": STOPPED,
        "runResult": SUCCESS,
        "reportProgress": True,
    }


def _common(number: int, instant: str) -> Record:
    return {
        "orgId": ORG_ID,
        "jobId": job_of(number),
        "createdBy": USER_ID,
        "createdAt": instant,
        "updatedAt": instant,
    }


def demo_runs(files: Sequence[Record]) -> list[Record]:
    """Return one run for each task, with the files it made."""
    made: dict[str, list[int]] = {}
    for number in range(len(files)):
        made.setdefault(task_of(number), []).append(number)
    return [
        _run(task_id, [files[n] for n in numbers], numbers[0]) for task_id, numbers in made.items()
    ]


def _run(task_id: str, files: list[Record], number: int) -> Record:
    first, last = files[0]["createdAt"], files[-1]["createdAt"]
    return {
        **_common(number, first),
        "id": steady_id("run", task_id),
        "taskId": task_id,
        "updatedAt": last,
        "startedAt": first,
        "stoppedAt": last,
        "results": {"files": files},
        "resultCode": SUCCESS,
        "resultMessage": None,
        "reportProgress": True,
        "progress": 100,
    }


def demo_jobs(tasks: Sequence[Record], *, instants: Sequence[str]) -> list[Record]:
    """Return the jobs, made at these instants."""
    return [_job(place, instant, tasks) for place, instant in enumerate(instants)]


def _job(place: int, instant: str, tasks: Sequence[Record]) -> Record:
    own = [task for task in tasks if task["jobId"] == JOB_IDS[place]]
    return {
        "id": JOB_IDS[place],
        "orgId": ORG_ID,
        "createdBy": USER_ID,
        "title": TITLES[place],
        "type": "render",
        "schedulerState": ACTIVE,
        "priority": 5,
        "parameters": {"type": "webgl"},
        **counted([(STOPPED, SUCCESS, len(own))]),
        "taskProgress": None,
        "createdAt": instant,
        "updatedAt": max(task["updatedAt"] for task in own),
    }
