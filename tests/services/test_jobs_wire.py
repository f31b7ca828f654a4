"""Jobs: the exact request of each method, what is made of its answer, and how a wait ends."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from tests.conftest import Connect
from tests.services.exchanges import Answer, Exchanging, Sent, at
from threekit_async import (
    AsyncThreekit,
    ConnectError,
    DeadlineError,
    NotFoundError,
    Options,
    Retry,
    ServerError,
    UsageError,
)
from threekit_async.errors import JobFailedError
from threekit_async.models.files import File
from threekit_async.models.jobs import Job, Run, RunResults, Task

Call = Callable[[AsyncThreekit], Awaitable[Any]]

MOMENT = datetime(2024, 5, 1, 10, tzinfo=UTC)
ENDED = {"id": "j", "status": "stopped", "taskCount": 1, "taskResultFailures": 0}
GOING = {"id": "j", "status": "running", "taskCount": 3, "taskStatusStopped": 1}
FAILED = {
    "id": "j",
    "status": "stopped",
    "title": "Import chair.glb",
    "type": "import",
    "taskCount": 3,
    "taskResultFailures": 1,
}
RUN = {
    "id": "r",
    "taskId": "t",
    "resultCode": "Success",
    "results": {"files": [{"id": "l", "filename": "stdout"}, {"id": "f", "filename": "o.png"}]},
    "GPUTime": 2,
    "instanceID": "i",
    "progress": 100,
    "createdAt": "2024-05-01T10:00:00.000Z",
}
READ_RUN = Run(
    id="r",
    task_id="t",
    result_code="Success",
    results=RunResults(files=[File(id="l", filename="stdout"), File(id="f", filename="o.png")]),
    gpu_time=2.0,
    instance_id="i",
    progress=100.0,
    created_at=MOMENT,
)
UNSUCCESSFUL = {
    "id": "r2",
    "taskId": "t2",
    "resultCode": "Failed",
    "resultMessage": "The mesh has no faces.",
}


@pytest.mark.parametrize(
    ("call", "sent", "answer", "read"),
    [
        (
            lambda tk: tk.jobs.list(status="stopped", sort="-created_at", per_page=5).all(),
            Sent(
                "GET",
                "/api/jobs",
                {"status": "stopped", "sort": "-createdAt", "perPage": "5", "page": "1"},
            ),
            {"jobs": [ENDED]},
            [Job(id="j", status="stopped", task_count=1, task_result_failures=0)],
        ),
        (
            lambda tk: tk.jobs.get("j"),
            Sent("GET", "/api/jobs/j", {}),
            {"_id": "j", "parameters": {"files": [{"fileId": "f"}]}, "priority": 0, "new": 1},
            Job(id="j", parameters={"files": [{"fileId": "f"}]}, priority=0, extra={"new": 1}),
        ),
        (
            lambda tk: tk.jobs.tasks(job_id="j", run_status="running", sort="title").all(),
            Sent(
                "GET",
                "/api/jobs/tasks",
                {
                    "jobId": "j",
                    "runStatus": "running",
                    "sort": "+title",
                    "perPage": "100",
                    "page": "1",
                },
            ),
            {"tasks": [{"id": "t", "jobId": "j", "parameters": '{"configuration":{}}'}]},
            [Task(id="t", job_id="j", parameters={"configuration": {}})],
        ),
        (
            lambda tk: tk.jobs.task("t"),
            Sent("GET", "/api/jobs/tasks/t", {}),
            {"_id": "t", "parameters": "--fast", "runs": [RUN]},
            Task(id="t", parameters="--fast", runs=[READ_RUN]),
        ),
        (
            lambda tk: tk.jobs.runs(job_id="j").all(),
            Sent("GET", "/api/jobs/runs", {"jobId": "j", "perPage": "100", "page": "1"}),
            {"runs": [RUN], "page": 1, "perPage": 100},
            [READ_RUN],
        ),
        (
            lambda tk: tk.jobs.runs(task_id="t", sort="-created_at").all(),
            Sent(
                "GET",
                "/api/jobs/runs",
                {"taskId": "t", "sort": "-createdAt", "perPage": "100", "page": "1"},
            ),
            {"runs": []},
            [],
        ),
        (
            lambda tk: tk.jobs.run("r"),
            Sent("GET", "/api/jobs/runs/r", {}),
            RUN,
            READ_RUN,
        ),
        (
            lambda tk: tk.jobs.update("j", scheduler_state="paused", priority=3),
            Sent("PUT", "/api/jobs/j", {}, {"schedulerState": "paused", "priority": 3}),
            ENDED,
            Job(id="j", status="stopped", task_count=1, task_result_failures=0),
        ),
    ],
)
async def test_each_method_asks_exactly_this_and_reads_the_answer(
    exchanging: Exchanging, call: Call, sent: Sent, answer: Any, read: Any
) -> None:
    async with exchanging(answer) as (tk, seen):
        assert await call(tk) == read
    assert seen == [sent]


@pytest.mark.parametrize("wrong", [{}, {"job_id": "j", "task_id": "t"}])
async def test_runs_are_those_of_a_job_or_of_a_task(
    exchanging: Exchanging, wrong: dict[str, str]
) -> None:
    async with exchanging({}) as (tk, seen):
        with pytest.raises(UsageError, match="one of the two"):
            tk.jobs.runs(**wrong)  # type: ignore[arg-type]
        assert seen == []


async def test_an_update_of_nothing_is_not_sent(exchanging: Exchanging) -> None:
    async with exchanging({}) as (tk, seen):
        with pytest.raises(UsageError, match="scheduler_state=, priority="):
            await tk.jobs.update("j")
        assert seen == []


async def test_runs_without_an_id_are_all_read(exchanging: Exchanging) -> None:
    async with exchanging({"runs": [{"taskId": "a"}, {"taskId": "b"}]}) as (tk, _):
        assert [run.task_id for run in await tk.jobs.runs(job_id="j").all()] == ["a", "b"]


async def test_a_wait_looks_until_the_job_has_stopped_and_tells_each_time(
    exchanging: Exchanging,
) -> None:
    told: list[Job] = []
    async with exchanging({"id": "j"}, GOING, ENDED) as (tk, seen):
        job = await tk.jobs.wait("j", interval=0, progress=told.append)
    assert job == Job(id="j", status="stopped", task_count=1, task_result_failures=0)
    assert [job.status for job in told] == [None, "running", "stopped"]
    assert seen == [Sent("GET", "/api/jobs/j", {})] * 3


async def test_a_wait_is_not_answered_from_a_cache(exchanging: Exchanging) -> None:
    cached = Options(cache_scope="jobs", cache_max_age=300, headers={"X-Trace": "1"})
    async with exchanging(ENDED) as (tk, seen):
        await tk.jobs.wait("j", options=cached)
        await tk.jobs.get("j", options=cached)
    assert [sent.query for sent in seen] == [{}, {"cacheScope": "jobs", "cacheMaxAge": "300"}]


async def test_a_job_with_failures_is_an_error_that_says_what_failed_and_why(
    exchanging: Exchanging,
) -> None:
    async with exchanging(FAILED, {"runs": [RUN, UNSUCCESSFUL]}) as (tk, seen):
        with pytest.raises(JobFailedError) as caught:
            await tk.jobs.wait("j")
    assert str(caught.value) == (
        "Job j (Import chair.glb, import) has ended, and 1 of 3 tasks failed. "
        "The first failure says: The mesh has no faces. "
        "Mend the cause and start it again; jobs.runs(job_id='j') lists every run."
    )
    assert caught.value.job.title == "Import chair.glb"
    assert [run.id for run in caught.value.runs] == ["r2"]
    assert seen[1].query == {"jobId": "j", "sort": "+createdAt", "perPage": "100", "page": "1"}


async def test_a_task_that_succeeded_when_it_was_run_again_has_not_failed(
    exchanging: Exchanging,
) -> None:
    again = {**RUN, "id": "r3", "taskId": "t2"}
    other = {"id": "r4", "taskId": "t4", "resultCode": "Failed"}
    async with exchanging(FAILED, {"runs": [UNSUCCESSFUL, again, other]}) as (tk, _):
        with pytest.raises(JobFailedError, match="No reason could be read from its runs") as caught:
            await tk.jobs.wait("j")
    assert [run.id for run in caught.value.runs] == ["r4"]


async def test_a_failed_job_is_reported_even_when_its_runs_cannot_be_read(
    exchanging: Exchanging,
) -> None:
    async with exchanging(FAILED, Answer({}, status=500)) as (tk, _):
        with pytest.raises(JobFailedError, match="1 of 3 tasks failed") as caught:
            await tk.jobs.wait("j")
    assert caught.value.runs == ()


async def test_runs_that_came_with_the_job_stand_in_for_those_that_cannot_be_read(
    exchanging: Exchanging,
) -> None:
    job = {**FAILED, "tasks": [{"id": "t2", "runs": [UNSUCCESSFUL]}]}
    async with exchanging(job, Answer({}, status=500)) as (tk, _):
        with pytest.raises(JobFailedError, match="The mesh has no faces") as caught:
            await tk.jobs.wait("j")
    assert [run.id for run in caught.value.runs] == ["r2"]


async def test_a_job_that_does_not_end_in_time_goes_on(exchanging: Exchanging) -> None:
    async with exchanging(GOING) as (tk, _):
        with pytest.raises(DeadlineError) as caught:
            await tk.jobs.wait("j", timeout=1.5, interval=0.1)
    assert str(caught.value) == (
        "Job j has not ended within 1.5 s (running, 1 of 3 tasks). It goes on: "
        "wait again with jobs.wait('j'), or allow more with timeout=..."
    )


async def test_without_a_timeout_a_wait_has_no_end_of_its_own(exchanging: Exchanging) -> None:
    async with exchanging(GOING, GOING, ENDED) as (tk, seen):
        await tk.jobs.wait("j", timeout=None, interval=0)
    assert len(seen) == 3


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"timeout": 0}, "timeout must be more than 0 seconds, not 0"),
        ({"timeout": float("nan")}, "timeout must be more than 0 seconds"),
        ({"interval": -1}, "interval must be at least 0 seconds, not -1"),
    ],
)
async def test_a_wait_that_makes_no_sense_is_refused(
    exchanging: Exchanging, wrong: Any, says: str
) -> None:
    async with exchanging({}) as (tk, seen):
        with pytest.raises(UsageError, match=says):
            await tk.jobs.wait("j", **wrong)
        assert seen == []


async def test_an_unknown_job_ends_the_wait(exchanging: Exchanging) -> None:
    body = {"error": {"code": "job_not_found", "message": "none"}}
    async with exchanging(Answer(body, status=404)) as (tk, _):
        with pytest.raises(NotFoundError, match="GET /api/jobs/j was answered 404"):
            await tk.jobs.wait("j")


async def test_looks_that_fail_are_followed_by_others_but_not_for_ever(
    exchanging: Exchanging,
) -> None:
    async with exchanging(GOING, Answer({}, status=503)) as (tk, seen):
        with pytest.raises(ServerError, match="GET /api/jobs/j") as failed:
            await tk.jobs.wait("j", interval=0)
        assert len(seen) == 1 + 11
    assert failed.value.__notes__ == ["The job may go on: wait again with jobs.wait('j')."]


async def test_a_wait_outlives_looks_that_fail(exchanging: Exchanging) -> None:
    told: list[Job] = []
    answers = (Answer({}, status=503), GOING, Answer({}, status=429), Answer([1]), ENDED)
    async with exchanging(*answers) as (tk, seen):
        job = await tk.jobs.wait("j", interval=0, progress=told.append)
        assert (job.status, len(seen)) == ("stopped", 5)
    assert [each.status for each in told] == [GOING["status"], "stopped"]


async def test_a_server_that_is_not_there_is_not_waited_for(connect: Connect) -> None:
    tk = connect(at("http://127.0.0.1:9"), retry=Retry(attempts=1))
    with pytest.raises(ConnectError):
        await tk.jobs.wait("j", interval=0)
