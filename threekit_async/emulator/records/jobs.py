"""New jobs, tasks and runs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypedDict

if TYPE_CHECKING:
    from collections.abc import Mapping

    from threekit_async.emulator.data.store import Record
    from threekit_async.emulator.state import State

PENDING, RUNNING, STOPPED = "pending", "running", "stopped"
ACTIVE = "active"
SUCCESS, FAILED = "Success", "Failed"


class NewTask(TypedDict):
    """What a new task needs: its type names the work, its parameters say on what."""

    type: str
    title: str
    parameters: Mapping[str, Any]


def new_job(
    state: State,
    *,
    org_id: str,
    user_id: str,
    type: str,  # noqa: A002 - the wire's word.
    title: str,
    parameters: Mapping[str, Any],
    priority: int,
) -> Record:
    """Return the record of a job without tasks."""
    job_id, created_at = state.clock.stamp("job")
    return {
        "id": job_id,
        "orgId": org_id,
        "createdBy": user_id,
        "title": title,
        "type": type,
        "schedulerState": ACTIVE,
        "status": PENDING,
        "priority": priority,
        "parameters": dict(parameters),
        "taskCount": 0,
        "taskStatusPending": 0,
        "taskStatusRunning": 0,
        "taskStatusStopped": 0,
        "taskProgress": None,
        "taskResultFailures": 0,
        "taskResultSuccesses": 0,
        "duration": None,
        "timeElapsed": None,
        "timeRemaining": None,
        "createdAt": created_at,
        "updatedAt": created_at,
    }


def new_task(state: State, job: Record, given: NewTask) -> Record:
    """Return the record of a task that waits for its turn."""
    task_id, created_at = state.clock.stamp("task")
    return {
        "id": task_id,
        "orgId": job["orgId"],
        "jobId": job["id"],
        "branch": "unpublished",
        "createdBy": job["createdBy"],
        "createdAt": created_at,
        "updatedAt": created_at,
        "type": given["type"],
        "title": given["title"],
        "parameters": dict(given["parameters"]),
        "status": PENDING,
        "runStatus": PENDING,
        "runResult": None,
        "reportProgress": True,
    }


def new_run(state: State, task: Record) -> Record:
    """Return the record of an execution that begins now."""
    run_id, created_at = state.clock.stamp("run")
    return {
        "id": run_id,
        "orgId": task["orgId"],
        "jobId": task["jobId"],
        "taskId": task["id"],
        "createdBy": task["createdBy"],
        "createdAt": created_at,
        "updatedAt": created_at,
        "startedAt": created_at,
        "stoppedAt": None,
        "wallClockTime": None,
        "results": {},
        "resultCode": None,
        "resultMessage": None,
        "error": None,
        "reportProgress": True,
        "progress": 0,
    }
