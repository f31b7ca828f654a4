"""What the store knows about jobs: who is next, how far they are, what they were."""

from __future__ import annotations

from typing import TYPE_CHECKING

from threekit_async.emulator.data.filters import Filters
from threekit_async.emulator.data.tables import JOBS, RUNS, TASKS
from threekit_async.emulator.engine.counters import counted
from threekit_async.emulator.records.jobs import (
    ACTIVE,
    FAILED,
    PENDING,
    RUNNING,
    STOPPED,
    new_run,
)

if TYPE_CHECKING:
    from threekit_async.emulator.data.store import Record, Store
    from threekit_async.emulator.state import State

WAITING = (
    "FROM tasks JOIN jobs ON jobs.id = tasks.jobId "
    "WHERE tasks.status = ? AND jobs.schedulerState = ?"
)
NEXT = f"SELECT tasks.id {WAITING} ORDER BY jobs.priority DESC, tasks.seq LIMIT 1"
INTERRUPTED = "The emulator stopped while this run was under way; the task runs again."


class Books:
    """Read and write jobs, tasks and runs."""

    def __init__(self, state: State) -> None:
        self._state = state

    @property
    def _store(self) -> Store:
        return self._state.store

    def waiting_count(self) -> int:
        """Count the tasks that could run now; those of paused jobs could not."""
        question = f"SELECT COUNT(*) {WAITING}"
        return int(self._store.rows(question, (PENDING, ACTIVE))[0][0])

    def take(self) -> Record | None:
        """Mark the next task as running and return it; ``None`` when there is none."""
        found = self._store.rows(NEXT, (PENDING, ACTIVE))
        task = self._store.get(TASKS, found[0][0]) if found else None
        if task is None:
            return None
        task = self.change_task(task, status=RUNNING, runStatus=RUNNING)
        self.count(task["jobId"])
        return task

    def begin_run(self, task: Record) -> Record:
        """Add a run of this task."""
        run = new_run(self._state, task)
        self._store.add(RUNS, run)
        return run

    def change_run(self, run: Record, **changes: object) -> Record:
        """Change a run and say when."""
        changed = {**run, **changes, "updatedAt": self._state.clock.now()}
        self._store.replace(RUNS, changed)
        return changed

    def change_task(self, task: Record, **changes: object) -> Record:
        """Change a task and say when."""
        changed = {**task, **changes, "updatedAt": self._state.clock.now()}
        self._store.replace(TASKS, changed)
        return changed

    def change_job(self, job: Record, **changes: object) -> Record:
        """Change a job and say when."""
        changed = {**job, **changes, "updatedAt": self._state.clock.now()}
        self._store.replace(JOBS, changed)
        return changed

    def count(self, job_id: str) -> Record | None:
        """Bring a job's counters up to date and return it; ``None`` when it has gone."""
        job = self._store.get(JOBS, job_id)
        if job is None:
            return None
        rows = self._store.rows(
            "SELECT status, runResult, COUNT(*) FROM tasks WHERE jobId = ? "
            "GROUP BY status, runResult",
            (job_id,),
        )
        changes = counted([(status, result, count) for status, result, count in rows])
        return self.change_job(job, **changes, taskProgress=self._progress(job_id, changes))

    def _progress(self, job_id: str, counters: Record) -> float | None:
        """Return per cent of the whole job while it runs (assumption), and null otherwise."""
        if counters["status"] != RUNNING:
            return None
        under_way = self._store.rows(
            "SELECT SUM(runs.progress) FROM runs JOIN tasks ON tasks.id = runs.taskId "
            "WHERE runs.jobId = ? AND runs.stoppedAt IS NULL AND tasks.status = ?",
            (job_id, RUNNING),
        )[0][0]
        done = float(100 * counters["taskStatusStopped"] + (under_way or 0))
        return round(done / int(counters["taskCount"]), 1)

    def tasks_of(self, job_id: str) -> list[Record]:
        """Return a job's tasks, each with its runs."""
        runs: dict[str, list[Record]] = {}
        for run in self.runs_of(job_id):
            runs.setdefault(run["taskId"], []).append(run)
        tasks = self._store.records(TASKS, of_job(job_id))
        return [{**task, "runs": runs.get(task["id"], [])} for task in tasks]

    def runs_of(self, job_id: str) -> list[Record]:
        """Return a job's runs, oldest first."""
        return self._store.records(RUNS, of_job(job_id))

    def run_count(self, task_id: str) -> int:
        """Count a task's runs."""
        of_task = Filters()
        of_task.equals("taskId", task_id)
        return self._store.count(RUNS, of_task)

    def whole(self, job: Record) -> Record:
        """Return a job with its tasks and runs inside, as webhooks and waiting calls show it."""
        tasks = self.tasks_of(job["id"])
        return {**job, "tasks": tasks, "runs": [run for task in tasks for run in task["runs"]]}

    def end_interrupted(self) -> None:
        """End the runs that a stopped emulator left under way, and let their tasks wait again."""
        left = Filters()
        left.equals("status", RUNNING)
        for task in self._store.records(TASKS, left):
            for run in self.runs_of(task["jobId"]):
                if run["taskId"] == task["id"] and run["stoppedAt"] is None:
                    self._interrupt(run)
            self.change_task(task, status=PENDING, runStatus=STOPPED)
            self.count(task["jobId"])

    def _interrupt(self, run: Record) -> None:
        now = self._state.clock.now()
        self.change_run(run, stoppedAt=now, resultCode=FAILED, resultMessage=INTERRUPTED)


def of_job(job_id: str) -> Filters:
    """Choose what belongs to one job."""
    filters = Filters()
    filters.equals("jobId", job_id)
    return filters
