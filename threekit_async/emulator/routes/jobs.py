"""``/api/jobs``: jobs, their tasks and their runs."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Annotated, Literal

from threekit_async.emulator.data.filters import Filters
from threekit_async.emulator.data.tables import JOBS, RUNS, TASKS
from threekit_async.emulator.web.answers import json_answer, text_answer
from threekit_async.emulator.web.contract import Body, Refusal, Route
from threekit_async.emulator.web.query import PAGING, read_page, read_sort
from threekit_async.emulator.web.schemas import EXACT, Rules, sorted_by
from threekit_async.models.jobs import Job, Run, Task

if TYPE_CHECKING:
    from collections.abc import Mapping

    from aiohttp import web

    from threekit_async.emulator.data.store import Record
    from threekit_async.emulator.data.tables import Table
    from threekit_async.emulator.web.asking import Ask

CLIENT = "the vendor's own client"
BAD_QUERY = Refusal(
    status=422, code="invalid_query_fields", message="One or more invalid query fields"
)
BAD_JOB = Refusal(status=422, code="update_job_error", message="Update Job error")
# The codes of all failures here but 401 and 403 are assumptions.
UNKNOWN_JOB = Refusal(status=404, code="job_not_found", message="Job not found")
UNKNOWN_TASK = Refusal(status=404, code="task_not_found", message="Task not found")
UNKNOWN_RUN = Refusal(status=404, code="run_not_found", message="Run not found")
ONE_OF_BOTH = Refusal(
    status=422, code="invalid_query_fields", message="Give either jobId or taskId, not both"
)
PRIORITY = Annotated[float, Rules({"minimum": -EXACT, "maximum": EXACT})]
JOB_SORTS = ("createdAt", "updatedAt", "type", "status", "priority")
TASK_SORTS = ("createdAt", "updatedAt", "type", "status")
RUN_SORTS = ("createdAt", "updatedAt", "resultCode")
PAGED: Mapping[str, object] = {"page?": int, "perPage?": int, "count?": int, "sort?": str}


def routes() -> list[Route]:
    """List the routes. ``tasks`` and ``runs`` stand before ``{id}``."""
    return [
        Route(
            verb="GET",
            path="/api/jobs",
            handler=list_jobs,
            confidence="documented",
            source="the vendor's help centre, Jobs API",
            access="private",
            query={"orgId": str, "status": str, **PAGING, "sort": sorted_by(*JOB_SORTS)},
            refusal=BAD_QUERY,
            returns={"jobs": list[Job], **PAGED},
        ),
        Route(
            verb="GET",
            path="/api/jobs/tasks",
            handler=list_tasks,
            confidence="seen in client",
            source=CLIENT,
            access="private",
            query={
                "orgId": str,
                "jobId": str,
                "runStatus": str,
                **PAGING,
                "sort": sorted_by(*TASK_SORTS),
            },
            refusal=BAD_QUERY,
            returns={"tasks": list[Task], **PAGED},
        ),
        Route(
            verb="GET",
            path="/api/jobs/tasks/{id}",
            handler=get_task,
            confidence="seen in client",
            source=CLIENT,
            access="private",
            query={"orgId": str},
            refusals=(UNKNOWN_TASK,),
            returns=Task,
        ),
        Route(
            verb="GET",
            path="/api/jobs/runs",
            handler=list_runs,
            confidence="seen in client",
            source=CLIENT,
            access="private",
            query={
                "orgId": str,
                "jobId": str,
                "taskId": str,
                **PAGING,
                "sort": sorted_by(*RUN_SORTS),
            },
            refusal=BAD_QUERY,
            refusals=(ONE_OF_BOTH,),
            returns={"runs": list[Run], **PAGED},
        ),
        Route(
            verb="GET",
            path="/api/jobs/runs/{id}",
            handler=get_run,
            confidence="seen in client",
            source=CLIENT,
            access="private",
            query={"orgId": str},
            refusals=(UNKNOWN_RUN,),
            returns=Run,
        ),
        Route(
            verb="GET",
            path="/api/jobs/{id}",
            handler=get_job,
            confidence="seen in client",
            source=CLIENT,
            access="private",
            query={"orgId": str},
            refusals=(UNKNOWN_JOB,),
            returns=Job,
        ),
        Route(
            verb="PUT",
            path="/api/jobs/{id}",
            handler=update_job,
            confidence="inferred",
            source="the platform's user interface, which pauses and resumes jobs",
            access="private",
            query={"orgId": str},
            body=Body(fields={"schedulerState": Literal["active", "paused"], "priority": PRIORITY}),
            refusal=BAD_JOB,
            refusals=(UNKNOWN_JOB,),
            returns=Job,
        ),
    ]


async def list_jobs(ask: Ask) -> web.Response:
    """Answer one page of jobs; tasks and runs are listed apart."""
    return _listing(ask, JOBS, _filters(ask, "status"), sorts=JOB_SORTS)


async def list_tasks(ask: Ask) -> web.Response:
    """Answer one page of tasks."""
    return _listing(ask, TASKS, _filters(ask, "jobId", "runStatus"), sorts=TASK_SORTS)


async def list_runs(ask: Ask) -> web.Response:
    """Answer one page of the runs of a job or of a task.

    Either is needed, never both: the vendor's client says so; the refusal is an assumption.
    """
    if ("jobId" in ask.query) == ("taskId" in ask.query):
        raise ONE_OF_BOTH.error()
    return _listing(ask, RUNS, _filters(ask, "jobId", "taskId"), sorts=RUN_SORTS)


def _filters(ask: Ask, *names: str) -> Filters:
    filters = Filters()
    filters.equals("orgId", ask.org_id)
    for name, value in ask.given(*names).items():
        filters.equals(name, value)
    return filters


def _listing(ask: Ask, table: Table, filters: Filters, *, sorts: tuple[str, ...]) -> web.Response:
    """Answer a page; without the envelope, which the vendor shows nowhere for jobs."""
    page, sort = read_page(ask.query, BAD_QUERY), read_sort(ask.query, sorts, BAD_QUERY)
    texts = ask.store.texts(table, filters, order=sort.order, limit=page.size, offset=page.offset)
    head = json.dumps({table.name: []}).encode()[:-2]
    return text_answer(head + b",".join(texts) + b"]}")


async def get_job(ask: Ask) -> web.Response:
    """Answer one job; its tasks and runs are listed apart (assumption)."""
    return json_answer(_found(ask, JOBS, UNKNOWN_JOB))


async def get_task(ask: Ask) -> web.Response:
    """Answer one task with its runs."""
    task = _found(ask, TASKS, UNKNOWN_TASK)
    runs = Filters()
    runs.equals("taskId", task["id"])
    return json_answer({**task, "runs": ask.store.records(RUNS, runs)})


async def get_run(ask: Ask) -> web.Response:
    """Answer one run."""
    return json_answer(_found(ask, RUNS, UNKNOWN_RUN))


async def update_job(ask: Ask) -> web.Response:
    """Pause, resume or reorder a job (path, body and the word ``paused`` are assumptions).

    Tasks that wait stay where they are while the job is paused; those under way end.
    """
    job = _found(ask, JOBS, UNKNOWN_JOB)
    changes = {
        name: ask.body[name]
        for name in ("schedulerState", "priority")
        if ask.body.get(name) is not None
    }
    job = ask.state.engine.books.change_job(job, **changes)
    ask.state.engine.wake()
    return json_answer(job)


def _found(ask: Ask, table: Table, refusal: Refusal) -> Record:
    """Return the record the path names; an unknown or malformed id is 404 (assumption)."""
    record = ask.store.get(table, ask.part("id"))
    if record is None or record["orgId"] != ask.org_id:
        raise refusal.error()
    return record
