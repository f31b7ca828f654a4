"""When a job has ended, and what to say when it has not, or not well. Pure but for the clock."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from attrs import evolve, frozen

from ..errors import DeadlineError, JobFailedError, UsageError
from ..models.files import File
from ..models.jobs import Job, Run
from ..options import Options
from ..session.span import Span

# Watch is no service: what is named here is carried over to the synchronous client.
__all__ = ("failed_runs", "job_failure", "result_file")


@frozen(kw_only=True)
class Watch:
    """The patience of one wait: of its own timeout, and of the call's deadline, if there are any.

    `until` is when the timeout ends, a reading of the clock.
    """

    timeout: float | None
    interval: float
    until: float | None
    span: Span

    @classmethod
    def begin(cls, timeout: float | None, interval: float, span: Span) -> Watch:
        """Start to wait now.

        :raises UsageError: when a number makes no sense.
        """
        if timeout is not None and not timeout > 0:
            raise UsageError(f"timeout must be more than 0 seconds, not {timeout}.")
        if not interval >= 0:
            raise UsageError(f"interval must be at least 0 seconds, not {interval}.")
        until = None if timeout is None else span.clock() + timeout
        return cls(timeout=timeout, interval=interval, until=until, span=span)

    @property
    def timed_out(self) -> bool:
        """Nothing is left of the timeout."""
        return self.until is not None and self.until <= self.span.clock()

    def left(self) -> float | None:
        """Say how many seconds are left, by whichever ends first."""
        ends = [end for end in (self.until, self.span.until) if end is not None]
        return min(ends) - self.span.clock() if ends else None

    @property
    def over(self) -> bool:
        """Nothing is left."""
        left = self.left()
        return left is not None and left <= 0

    def rest(self) -> float:
        """Say how long to wait before the next look."""
        left = self.left()
        return self.interval if left is None else max(0.0, min(self.interval, left))

    def bounded(self) -> Options:
        """Hold one look to what is left, and to what is there now, not what some cache kept."""
        left = self.left()
        deadline = None if left is None else max(0.001, left)
        return evolve(self.span.given.uncached(), deadline=deadline)

    def given_up(self, job_id: str, job: Job | None) -> DeadlineError:
        """Make the error for a job that goes on."""
        if self.timed_out:
            end, more = f"within {self.timeout:g} s", "timeout=..."
        else:
            end, more = "before the deadline", "Options(deadline=...)"
        return DeadlineError(
            f"Job {job_id} has not ended {end}{_state(job)}. It goes on: "
            f"wait again with jobs.wait({job_id!r}), or allow more with {more}",
            sent=True,
        )


def _state(job: Job | None) -> str:
    if job is None:
        return ""
    tasks = f", {job.task_status_stopped or 0} of {job.task_count} tasks" if job.task_count else ""
    return f" ({job.status or 'no status'}{tasks})"


def failed_runs(runs: Iterable[Run]) -> list[Run]:
    """Return the failed runs of tasks whose last run did not succeed.

    A task that was run again with success has not failed.
    """
    last: dict[str | None, Run] = {}
    for number, run in enumerate(runs):
        last[run.task_id or f"run {number}"] = run
    return [run for run in last.values() if run.failed]


def job_failure(job: Job, runs: Sequence[Run]) -> JobFailedError:
    """Make the error for a job that has ended with failures.

    :param runs: those that failed.
    """
    kind = ", ".join(word for word in (job.title, job.type) if word)
    failures = job.task_result_failures or len(runs) or "some"
    said = next((text for run in runs if (text := run.result_message or run.error)), None)
    reason = (
        f"The first failure says: {said[:500]}" if said else "No reason could be read from its runs"
    )
    return JobFailedError(
        f"Job {job.id}{f' ({kind})' if kind else ''} has ended, and {failures} of "
        f"{job.task_count or 'its'} tasks failed. {reason.rstrip('.')}. "
        f"Mend the cause and start it again; jobs.runs(job_id={job.id!r}) lists every run.",
        job=job,
        runs=runs,
    )


def result_file(runs: Iterable[Run], format: str | None = None) -> File | None:  # noqa: A002
    """Return what the last run with files has made: by extension or media type, else the first."""
    found = [run.files for run in runs if run.files]
    if not found:
        return None
    return next((file for file in found[-1] if _is(file, format)), found[-1][0])


def _is(file: File, format: str | None) -> bool:  # noqa: A002
    ending = (file.extension or (file.filename or "").rpartition(".")[2]).lstrip(".").lower()
    return format is not None and (
        ending == format.lower() or (file.mime_type or "").lower().endswith(format.lower())
    )
