"""The Jobs API: what the platform does in the background, in tasks and runs."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence

from ..errors import (
    ConnectError,
    DeadlineError,
    DecodeError,
    RateLimitError,
    ServerError,
    ThreekitError,
    TransportError,
    UsageError,
)
from ..models.base import UNSET, Maybe
from ..models.jobs import Job, Run, Task
from ..options import Options
from ..paging.pager import AsyncPager
from ..session.decode import One, Rows
from ..session.request import Json, Request
from ..session.span import Span
from .jobs_waiting import Watch, failed_runs, job_failure
from .service import Service
from .wire import changes_of, filters, sort_of

__all__ = ("Jobs",)

_MOST_RUNS = 500
_MOST_UNSEEN = 10


class Jobs(Service):
    """Follow jobs: imports, exports, renders.

    A job has tasks, and a task has runs: one run is one attempt. Jobs are started by
    `asset_jobs`, `products` and `catalog`. Use a private token.
    Source: the vendor's help centre (the listing) and its own client (the rest).

        started = await tk.asset_jobs.export(asset_id, "glb")
        job = await tk.jobs.wait(started.job_id, timeout=600)
    """

    def list(
        self,
        *,
        status: str | None = None,
        sort: str | None = None,
        per_page: int = 100,
        concurrency: int = 8,
        options: Options | None = None,
    ) -> AsyncPager[Job]:
        """List jobs; nothing is sent until the pager is used. Needs a private token.

        Source: the vendor's help centre.

        :param status: `pending` or `stopped`; `running` is our assumption.
        :param sort: a field with its direction, as `-created_at`; the vendor's default is
            `+created_at`.
        :param per_page: rows for each request, 1 to 100.
        :param concurrency: pages in flight at most.
        :raises UnprocessableError: while pages are read: for a field that cannot be sorted by.
        """
        request = Request(
            verb="GET",
            path="/api/jobs",
            query=filters(status=status, sort=sort_of(sort)),
            returns=Rows(Job, "jobs"),
        )
        return AsyncPager(
            self._session, request, per_page=per_page, concurrency=concurrency, options=options
        )

    async def get(self, job_id: str, *, options: Options | None = None) -> Job:
        """Read one job. Needs a private token.

        It has ended when its status is `stopped`, and ended well when `task_result_failures` is 0.
        Source: the vendor's own client.

        :param job_id: its id.
        :raises NotFoundError: when there is no such job.
        """
        return await self._session.send(
            Request(
                verb="GET",
                path="/api/jobs/{job_id}",
                params={"job_id": job_id},
                returns=One(Job),
            ),
            options,
        )

    async def update(
        self,
        job_id: str,
        *,
        scheduler_state: Maybe[str] = UNSET,
        priority: Maybe[float] = UNSET,
        options: Options | None = None,
    ) -> Job:
        """Pause or resume a job, or change its priority. Needs a private token.

        Experimental: that the platform can do this is documented, the call is not. Verb, path,
        field names and the value `paused` are our assumption.

        Source: the vendor's help centre, for what can be changed.

        :param job_id: its id.
        :param scheduler_state: `paused` or `active`.
        :param priority: whether higher or lower comes first is not documented.
        :raises UsageError: when nothing is to be changed.
        :raises NotFoundError: when there is no such job, or no such call.
        """
        changes = changes_of(scheduler_state=scheduler_state, priority=priority)
        return await self._session.send(
            Request(
                verb="PUT",
                path="/api/jobs/{job_id}",
                params={"job_id": job_id},
                body=Json(changes),
                returns=One(Job),
                safety="idempotent",
            ),
            options,
        )

    def tasks(
        self,
        *,
        job_id: str | None = None,
        run_status: str | None = None,
        sort: str | None = None,
        per_page: int = 100,
        concurrency: int = 8,
        options: Options | None = None,
    ) -> AsyncPager[Task]:
        """List tasks; nothing is sent until the pager is used. Needs a private token.

        Source: the vendor's own client.

        :param job_id: the tasks of one job.
        :param run_status: `pending`, `running` or `stopped`, going by the counters of jobs.
        :param sort: a field with its direction, as `-created_at`.
        :param per_page: rows for each request, 1 to 100.
        :param concurrency: pages in flight at most.
        :raises UnprocessableError: while pages are read: for a field that cannot be sorted by.
        """
        request = Request(
            verb="GET",
            path="/api/jobs/tasks",
            query=filters(job_id=job_id, run_status=run_status, sort=sort_of(sort)),
            returns=Rows(Task, "tasks"),
        )
        return AsyncPager(
            self._session,
            request,
            per_page=per_page,
            concurrency=concurrency,
            options=options,
            identity=_identity,
        )

    async def task(self, task_id: str, *, options: Options | None = None) -> Task:
        """Read one task. Needs a private token.

        Source: the vendor's own client.

        :param task_id: its id.
        :raises NotFoundError: when there is no such task.
        """
        return await self._session.send(
            Request(
                verb="GET",
                path="/api/jobs/tasks/{task_id}",
                params={"task_id": task_id},
                returns=One(Task),
            ),
            options,
        )

    def runs(
        self,
        *,
        job_id: str | None = None,
        task_id: str | None = None,
        sort: str | None = None,
        per_page: int = 100,
        concurrency: int = 8,
        options: Options | None = None,
    ) -> AsyncPager[Run]:
        """List the runs of one job or of one task; nothing is sent until the pager is used.

        What was made is in `run.files`. Needs a private token.
        Source: the vendor's own client, and public integrations.

        :param job_id: the runs of one job; this or `task_id`, never both.
        :param sort: a field with its direction, as `-created_at`.
        :param per_page: rows for each request, 1 to 100.
        :param concurrency: pages in flight at most.
        :raises UsageError: when both are given, or neither.
        :raises UnprocessableError: while pages are read: for a field that cannot be sorted by.
        """
        if (job_id is None) == (task_id is None):
            raise UsageError("Pass job_id= or task_id=, one of the two; nothing was sent.")
        request = Request(
            verb="GET",
            path="/api/jobs/runs",
            query=filters(job_id=job_id, task_id=task_id, sort=sort_of(sort)),
            returns=Rows(Run, "runs"),
        )
        return AsyncPager(
            self._session,
            request,
            per_page=per_page,
            concurrency=concurrency,
            options=options,
            identity=_identity,
        )

    async def run(self, run_id: str, *, options: Options | None = None) -> Run:
        """Read one run. Needs a private token.

        Source: the vendor's own client.

        :param run_id: its id.
        :raises NotFoundError: when there is no such run.
        """
        return await self._session.send(
            Request(
                verb="GET",
                path="/api/jobs/runs/{run_id}",
                params={"run_id": run_id},
                returns=One(Run),
            ),
            options,
        )

    async def wait(
        self,
        job_id: str,
        *,
        timeout: float | None = 300.0,  # noqa: ASYNC109  # of the job, not of this coroutine
        interval: float = 1.0,
        progress: Callable[[Job], object] | None = None,
        options: Options | None = None,
    ) -> Job:
        """Look at a job until it has ended well, and return it. Needs a private token.

        It has ended when its status is `stopped`, and well when none of its tasks failed.
        Source: how public integrations wait.

        :param job_id: its id.
        :param timeout: seconds to wait for the job at most; None waits for ever. The job goes on
            after it.
        :param interval: seconds between two looks.
        :param progress: is given the job after each look. In the synchronous client it runs on
            the loop's thread: be quick, and do not call the client from it.
        :param options: for each look; their deadline is over all looks and the rests between
            them. A look that fails in a way that may pass (a lost connection, a 5xx, a 429, an
            answer cut off), after its own repetitions, is followed by the next one; the eleventh
            such look in a row ends the wait.
        :raises JobFailedError: when a task failed; `.job` and `.runs` say which, and why.
        :raises DeadlineError: when the time has passed and the job has not ended.
        :raises NotFoundError: when there is no such job.
        """
        watch = Watch.begin(timeout, interval, self._session.within(options))
        job: Job | None = None
        unseen = 0
        while job is None or not job.stopped:
            if job is not None or unseen:
                await self._session.pause(watch.rest())
            seen = await self._looked(job_id, job, watch, last_chance=unseen == _MOST_UNSEEN)
            unseen = unseen + 1 if seen is None else 0
            job = seen or job
            if seen is not None and progress is not None:
                progress(seen)
        if not job.succeeded:
            raise job_failure(job, await self._failures(job, watch.span))
        return job

    async def _looked(
        self, job_id: str, last: Job | None, watch: Watch, *, last_chance: bool
    ) -> Job | None:
        """Look once; None when nothing could be seen, which says nothing about the job."""
        if watch.over:
            raise watch.given_up(job_id, last)
        try:
            return await self.get(job_id, options=watch.bounded())
        except DeadlineError:
            if last is None and not watch.timed_out:
                raise
            raise watch.given_up(job_id, last) from None
        except (TransportError, ServerError, RateLimitError, DecodeError) as error:
            # A server that never answered may not be one.
            if last_chance or (last is None and isinstance(error, ConnectError)):
                error.add_note(f"The job may go on: wait again with jobs.wait({job_id!r}).")
                raise
            return None

    async def _failures(self, job: Job, span: Span) -> Sequence[Run]:
        try:
            pager = self.runs(job_id=job.id, sort="+created_at", options=span.options())
            return failed_runs(await pager.all(limit=_MOST_RUNS))
        except ThreekitError:
            # That the job has failed is the news; the runs are only its details.
            return failed_runs(job.known_runs)


def _identity(item: Task | Run) -> Hashable:
    return item.id or id(item)
