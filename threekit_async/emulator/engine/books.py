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
        with self._store.together():
            task = self.change_task(task, status=RUNNING, runStatus=RUNNING)
            self.count(task["jobId"])
        return task

    def end_task(self, task: Record, result: str) -> Record | None:
        """End a task and return its job, which has ended with its last task."""
        # Together: nobody would count again, and the job would go on for ever.
        with self._store.together():
            self.change_task(task, status=STOPPED, runStatus=STOPPED, runResult=result)
            return self.count(task["jobId"])

    def fail_task(self, task: Record, message: str) -> Record | None:
        """End a task, and the run it was in, as failed; return its job."""
        with self._store.together():
            self._fail_runs(task, message)
            return self.end_task(task, FAILED)

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

    def end_interrupted(self) -> list[Record]:
        """End the runs that a stopped emulator left under way, and let their tasks wait again.

        Return the jobs that have ended with that: all their tasks had stopped, or none was there.
        """
        with self._store.together():
            running, open_ = Filters(), Filters()
            running.equals("status", RUNNING)
            open_.differs("status", STOPPED)
            for task in self._store.records(TASKS, running):
                self._fail_runs(task, INTERRUPTED)
                self.change_task(task, status=PENDING, runStatus=STOPPED)
            jobs = [self._recounted(job) for job in self._store.records(JOBS, open_)]
        return [job for job in jobs if job["status"] == STOPPED]

    def _recounted(self, job: Record) -> Record:
        """Count a job again; one whose tasks were lost has failed."""
        counted_ = self.count(job["id"]) or job
        if counted_["taskCount"]:
            return counted_
        return self.change_job(counted_, taskResultFailures=1)

    def _fail_runs(self, task: Record, message: str) -> None:
        """End the runs of a task that have not ended."""
        now = self._state.clock.now()
        for run in self._store.records(RUNS, _open_of(task)):
            self.change_run(run, stoppedAt=now, resultCode=FAILED, resultMessage=message)


def _open_of(task: Record) -> Filters:
    filters = Filters()
    filters.equals("taskId", task["id"])
    filters.equals("stoppedAt", None)
    return filters


def of_job(job_id: str) -> Filters:
    """Choose what belongs to one job."""
    filters = Filters()
    filters.equals("jobId", job_id)
    return filters
