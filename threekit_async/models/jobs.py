"""Records of the Jobs API: a job has tasks, a task has runs."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, TypeAlias, cast

from .base import field, record
from .fields import FieldProblem, described
from .files import File

__all__ = ("Job", "Run", "RunResults", "Task")

_LOGS = frozenset({"stdout", "stderr"})


Parameters: TypeAlias = Mapping[str, Any] | Sequence[Any] | str


def read_parameters(raw: Any) -> Parameters:
    """Read what a task was asked to do: an object, or the text of one.

    Other text stays text, and an array an array: nobody has described them all.

    :raises FieldProblem: for anything else.
    """
    if isinstance(raw, (dict, list)):
        return cast("dict[str, Any] | list[Any]", raw)
    if not isinstance(raw, str):
        raise FieldProblem("", f"is {described(raw)}, not an object")
    try:
        value = json.loads(raw)
    except (ValueError, RecursionError):
        return raw
    return cast("dict[str, Any]", value) if isinstance(value, dict) else raw


@record
class RunResults:
    """What a run has made."""

    #: The logs among them are commonly called `stdout` and `stderr`.
    files: Sequence[File] = field(factory=list[File])
    extra: Mapping[str, Any] = field(factory=dict[str, Any])


@record
class Run:
    """One attempt at a task, on one machine.

    Source: the vendor's own client. Units of times and sizes are not documented.
    """

    id: str | None = field(default=None, metadata={"also": "_id"})
    org_id: str | None = None
    job_id: str | None = None
    task_id: str | None = None
    created_by: str | None = None
    created_at: datetime | None = None
    updated_at: datetime | None = None
    started_at: datetime | None = None
    stopped_at: datetime | None = None
    wall_clock_time: float | None = None
    results: RunResults | None = None
    #: `Success` or `Failed`.
    result_code: str | None = None
    result_message: str | None = None
    error: str | None = None
    report_progress: bool | None = None
    #: 0 to 100, in the samples that are known.
    progress: float | None = None

    zone: str | None = None
    pod_id: str | None = None
    instance_id: str | None = field(default=None, metadata={"wire": "instanceID"})
    cpu_platform: str | None = None
    machine_type: str | None = None
    gpu_type: str | None = None
    preemptible: bool | None = None
    machine: Mapping[str, Any] | None = None
    gpu_time: float | None = field(default=None, metadata={"wire": "GPUTime"})
    cpu_time: float | None = field(default=None, metadata={"wire": "CPUTime"})
    request_cpus: float | None = field(default=None, metadata={"wire": "requestCPUs"})
    limit_cpus: float | None = field(default=None, metadata={"wire": "limitCPUs"})
    node_cpus: float | None = field(default=None, metadata={"wire": "nodeCPUs"})
    request_ram: float | None = field(default=None, metadata={"wire": "requestRAM"})
    limit_ram: float | None = field(default=None, metadata={"wire": "limitRAM"})
    node_ram: float | None = field(default=None, metadata={"wire": "nodeRAM"})
    ram_usage: float | None = field(default=None, metadata={"wire": "RAMUsage"})
    extra: Mapping[str, Any] = field(factory=dict[str, Any])

    @property
    def files(self) -> Sequence[File]:
        """The files the run has made, without its logs."""
        found = self.results.files if self.results else ()
        return [file for file in found if (file.filename or "").partition(".")[0] not in _LOGS]

    @property
    def failed(self) -> bool:
        """It has ended without success."""
        return self.result_code not in {None, "Success"}


@record
class Task:
    """One piece of a job, as the render of one combination.

    Source: the vendor's own client. The task inside an answer that was waited for has fewer fields
    than one that is read.
    """

    id: str | None = field(default=None, metadata={"also": "_id"})
    org_id: str | None = None
    job_id: str | None = None
    branch: str | None = None
    created_by: str | None = None
    created_at: datetime | None = None
    updated_at: datetime | None = None
    type: str | None = None
    title: str | None = None
    #: The container image it runs in, and the command.
    image: str | None = None
    cmd: Any = field(default=None, hash=False)
    #: An object, whether the server sends one or the text of one; other text and arrays stay.
    parameters: Parameters | None = field(default=None, metadata={"read": read_parameters})
    version: Any = field(default=None, hash=False)
    runs: Sequence[Run] = field(factory=list[Run])
    vray_version: str | None = None
    env_from_secret: Any = field(default=None, hash=False)
    #: `pending`, `running` or `stopped`, going by the counters of jobs.
    status: str | None = None
    duration: Any = field(default=None, hash=False)
    run_status: str | None = None
    #: `Success` or `Failed`.
    run_result: str | None = None
    report_progress: bool | None = None
    extra: Mapping[str, Any] = field(factory=dict[str, Any])


@record
class Job:
    """Work the platform does in the background: an import, an export, renders.

    Source: the vendor's help centre; `duration`, `time_elapsed`, `time_remaining`, `tasks` and
    `runs` are read by its own client and in public integrations.
    """

    #: `_id` on the wire in some answers that were waited for.
    id: str = field(metadata={"also": "_id"})
    org_id: str | None = None
    created_by: str | None = None
    created_at: datetime | None = None
    updated_at: datetime | None = None
    title: str | None = None
    #: `import` is known; others exist.
    type: str | None = None
    #: What the user wants: `active`, or a value for paused that is not documented.
    scheduler_state: str | None = None
    #: `pending`, `stopped`; `running` is our assumption.
    status: str | None = None
    priority: int | float | None = None
    parameters: Parameters | None = field(default=None, metadata={"read": read_parameters})
    #: Tasks, and how many of them are in which state.
    task_count: int | None = None
    task_status_pending: int | None = None
    task_status_running: int | None = None
    task_status_stopped: int | None = None
    task_progress: int | float | None = None
    #: Of the stopped tasks.
    task_result_failures: int | None = None
    task_result_successes: int | None = None
    #: Null in the samples that are known.
    duration: Any = field(default=None, hash=False)
    #: Text in public integrations; its form is not documented. A number is taken too.
    time_elapsed: str | int | float | None = None
    time_remaining: str | int | float | None = None
    tasks: Sequence[Task] = field(factory=list[Task])
    runs: Sequence[Run] = field(factory=list[Run])
    extra: Mapping[str, Any] = field(factory=dict[str, Any])

    @property
    def known_runs(self) -> Sequence[Run]:
        """The runs that came along, in the job itself or in its tasks; often there are none."""
        return self.runs or [run for task in self.tasks for run in task.runs]

    @property
    def stopped(self) -> bool:
        """It has ended, well or not."""
        return self.status == "stopped"

    @property
    def succeeded(self) -> bool:
        """It has ended, and none of its tasks failed."""
        return self.stopped and not self.task_result_failures
