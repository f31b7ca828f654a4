"""The jobs service against the emulator, in both worlds."""

from __future__ import annotations

import asyncio

import pytest

from tests.conftest import Connect
from tests.services.planted import asked, chair, fail_runs, paused_renders
from threekit_async import (
    DeadlineError,
    ForbiddenError,
    Job,
    JobFailedError,
    NotFoundError,
    Options,
    RenderSubject,
    UnprocessableError,
    UsageError,
)
from threekit_async.emulator import EmulatorThread

NOWHERE = "11111111-1111-4111-8111-111111111111"
pytestmark = pytest.mark.threekit(job_seconds=0, job_workers=1)


async def test_a_job_is_waited_for_while_its_progress_is_told(
    connect: Connect, server: EmulatorThread
) -> None:
    tk = connect(server)
    job_id = paused_renders(server, chair(server), "red", "green", "blue")
    loop, looked, told = asyncio.get_running_loop(), asyncio.Event(), list[Job]()

    def progress(job: Job) -> None:
        told.append(job)
        loop.call_soon_threadsafe(looked.set)

    waiting = asyncio.create_task(tk.jobs.wait(job_id, interval=0.005, progress=progress))
    await looked.wait()
    assert (told[0].status, told[0].task_status_pending) == ("pending", 3)
    await tk.jobs.update(job_id, scheduler_state="active")
    job = await waiting
    assert job == told[-1]
    assert (job.status, job.task_count, job.task_status_stopped) == ("stopped", 3, 3)
    assert (job.succeeded, job.task_result_successes, job.task_result_failures) == (True, 3, 0)
    stopped = [each.task_status_stopped or 0 for each in told]
    assert stopped == sorted(stopped)
    assert [each.stopped for each in told].index(True) == len(told) - 1


async def test_a_job_that_has_ended_costs_one_look(
    connect: Connect, server: EmulatorThread
) -> None:
    tk = connect(server)
    started = await tk.asset_jobs.render(chair(server), width=16, sync=True)
    server.clear_journal()
    job = await tk.jobs.wait(started.job_id, interval=3600, timeout=None)
    assert (job.id, job.type, job.succeeded) == (started.job_id, "render", True)
    assert asked(server) == [f"GET /api/jobs/{started.job_id}"]


async def test_a_job_that_takes_too_long_goes_on_and_can_be_waited_for_again(
    connect: Connect, server: EmulatorThread
) -> None:
    tk = connect(server)
    job_id = paused_renders(server, chair(server), "red", "blue")
    with pytest.raises(DeadlineError) as late:
        await tk.jobs.wait(job_id, timeout=1.5, interval=0.1)
    assert str(late.value) == (
        f"Job {job_id} has not ended within 1.5 s (pending, 0 of 2 tasks). It goes on: "
        f"wait again with jobs.wait('{job_id}'), or allow more with timeout=..."
    )
    await tk.jobs.update(job_id, scheduler_state="active")
    assert (await tk.jobs.wait(job_id, interval=0.005)).succeeded


async def test_a_deadline_of_the_call_ends_a_look_that_hangs(
    connect: Connect, server: EmulatorThread
) -> None:
    tk = connect(server)
    server.faults.add(effect="delay", seconds=5, path="/api/jobs/")
    with pytest.raises(DeadlineError, match="GET /api/jobs/"):
        await tk.jobs.wait(NOWHERE, options=Options(deadline=0.05))


async def test_a_failed_job_says_which_runs_failed_and_why(
    connect: Connect, server: EmulatorThread
) -> None:
    tk = connect(server)
    fail_runs(server, "The material Oak has no texture.", after=1)
    job_id = paused_renders(server, chair(server), "red", "green", "blue")
    await tk.jobs.update(job_id, scheduler_state="active")
    with pytest.raises(JobFailedError) as failed:
        await tk.jobs.wait(job_id, interval=0.005)
    assert str(failed.value) == (
        f"Job {job_id} (Spring catalogue, render) has ended, and 1 of 3 tasks failed. "
        "The first failure says: The material Oak has no texture. "
        f"Mend the cause and start it again; jobs.runs(job_id='{job_id}') lists every run."
    )
    (run,) = failed.value.runs
    task = await tk.jobs.task(run.task_id)
    assert task.title == "Render green"
    assert (run.result_code, run.result_message) == ("Failed", "The material Oak has no texture.")
    assert failed.value.job == await tk.jobs.get(job_id)
    assert failed.value.job.task_result_successes == 2


async def test_a_failed_job_is_told_even_when_its_runs_cannot_be_read(
    connect: Connect, server: EmulatorThread
) -> None:
    tk = connect(server)
    started = await tk.asset_jobs.renders([RenderSubject(asset_id="no such asset")])
    server.faults.add(effect="status", status=500, path="/api/jobs/runs")
    with pytest.raises(JobFailedError, match=r"1 of 1 tasks failed\. No reason could be read"):
        await tk.jobs.wait(started.job_id, interval=0.005)


@pytest.mark.threekit(job_attempts=2)
async def test_a_task_that_succeeds_at_the_second_attempt_has_not_failed(
    connect: Connect, server: EmulatorThread
) -> None:
    tk = connect(server)
    fail_runs(server, "The machine went away.")
    started = await tk.asset_jobs.export(chair(server), "glb")
    assert (await tk.jobs.wait(started.job_id, interval=0.005)).succeeded
    runs = await tk.jobs.runs(job_id=started.job_id, sort="+created_at").all()
    assert [run.result_code for run in runs] == ["Failed", "Success"]
    assert [run.failed for run in runs] == [True, False]
    assert runs[0].result_message == "The machine went away."


async def test_jobs_are_listed_by_status_in_the_order_asked_for(
    connect: Connect, server: EmulatorThread
) -> None:
    tk = connect(server)
    asset_id = chair(server)
    ended = [(await tk.asset_jobs.render(asset_id, width=16, sync=True)).job_id for _ in range(3)]
    waiting = paused_renders(server, asset_id, "red")
    stopped = await tk.jobs.list(status="stopped", sort="-created_at", per_page=2).all()
    assert [job.id for job in stopped] == ended[::-1]
    assert [job.id async for job in tk.jobs.list(status="pending")] == [waiting]
    assert len(await tk.jobs.list().all()) == 4


async def test_the_tasks_of_a_job_say_what_is_to_be_done(
    connect: Connect, server: EmulatorThread
) -> None:
    tk = connect(server)
    asset_id = chair(server)
    await tk.asset_jobs.render(asset_id, width=16, sync=True)
    job_id = paused_renders(server, asset_id, "red", "blue")
    tasks = await tk.jobs.tasks(job_id=job_id, sort="+created_at", per_page=1).all()
    assert [task.title for task in tasks] == ["Render red", "Render blue"]
    assert [task.parameters["configuration"] for task in tasks] == [
        {"Colour": "red"},
        {"Colour": "blue"},
    ]
    assert len(await tk.jobs.tasks().all()) == 3
    (done,) = await tk.jobs.tasks(run_status="stopped").all()
    assert (done.run_status, done.run_result) == ("stopped", "Success")
    one = await tk.jobs.task(tasks[1].id)
    assert (one.id, one.job_id, one.type) == (tasks[1].id, job_id, "render")


async def test_the_runs_of_a_job_and_of_a_task_say_what_was_made(
    connect: Connect, server: EmulatorThread
) -> None:
    tk = connect(server)
    job_id = paused_renders(server, chair(server), "red", "blue")
    await tk.jobs.update(job_id, scheduler_state="active")
    await tk.jobs.wait(job_id, interval=0.005)
    runs = await tk.jobs.runs(job_id=job_id, sort="+created_at", per_page=1).all()
    (of_task,) = await tk.jobs.runs(task_id=runs[1].task_id).all()
    assert len(runs) == 2
    assert of_task == runs[1] == await tk.jobs.run(runs[1].id)
    (file,) = of_task.files
    assert (file.filename, file.mime_type) == ("Oak chair.png", "image/png")
    assert (await tk.files.content(file.id)).startswith(b"\x89PNG")


@pytest.mark.threekit(job_logs=True)
async def test_the_logs_of_a_run_are_not_its_results(
    connect: Connect, server: EmulatorThread
) -> None:
    tk = connect(server)
    started = await tk.asset_jobs.export(chair(server), "glb", sync=True)
    (run,) = await tk.jobs.runs(job_id=started.job_id).all()
    assert [file.filename for file in run.results.files] == ["stdout", "stderr", "Oak chair.glb"]
    assert [file.filename for file in run.files] == ["Oak chair.glb"]
    assert [file.filename for file in started.files] == ["Oak chair.glb"]


async def test_the_runs_of_everything_cannot_be_asked_for(
    connect: Connect, server: EmulatorThread
) -> None:
    tk = connect(server)
    for filters in ({}, {"job_id": "a", "task_id": "b"}):
        with pytest.raises(UsageError, match="Pass job_id= or task_id=, one of the two"):
            tk.jobs.runs(**filters)
    assert server.journal() == []


async def test_a_job_is_given_another_priority_paused_and_resumed(
    connect: Connect, server: EmulatorThread
) -> None:
    tk = connect(server)
    job_id = paused_renders(server, chair(server), "red")
    for priority in (7, 2.5):
        changed = await tk.jobs.update(job_id, priority=priority)
        assert (changed.priority, changed.scheduler_state) == (priority, "paused")
        assert await tk.jobs.get(job_id) == changed
    await tk.jobs.update(job_id, scheduler_state="active")
    await tk.jobs.wait(job_id, interval=0.005)
    assert (await tk.jobs.update(job_id, scheduler_state="paused")).scheduler_state == "paused"


async def test_an_update_needs_something_to_change_that_exists(
    connect: Connect, server: EmulatorThread
) -> None:
    tk = connect(server)
    job_id = paused_renders(server, chair(server), "red")
    with pytest.raises(UsageError, match="scheduler_state=, priority="):
        await tk.jobs.update(job_id)
    with pytest.raises(UnprocessableError, match=r"PUT /api/jobs/.* was answered 422"):
        await tk.jobs.update(job_id, scheduler_state="asleep")
    assert (await tk.jobs.get(job_id)).scheduler_state == "paused"


@pytest.mark.parametrize(
    "name", [NOWHERE, "a/b", "../layers", "ünï", "%2e%2e", "'; DROP TABLE jobs", "x" * 2000]
)
async def test_what_does_not_exist_is_not_found_whatever_it_is_called(
    connect: Connect, server: EmulatorThread, name: str
) -> None:
    tk = connect(server)
    for call in (tk.jobs.get, tk.jobs.task, tk.jobs.run, tk.jobs.wait):
        with pytest.raises(NotFoundError):
            await call(name)
    assert await tk.jobs.tasks(job_id=name).all() == []
    assert await tk.jobs.runs(task_id=name).all() == []


@pytest.mark.parametrize("name", ["", ".", ".."])
async def test_an_id_that_would_change_the_path_is_refused_before_sending(
    connect: Connect, server: EmulatorThread, name: str
) -> None:
    tk = connect(server)
    for call in (tk.jobs.get, tk.jobs.task, tk.jobs.run, tk.jobs.wait):
        with pytest.raises(UsageError):
            await call(name)
    assert server.journal() == []


async def test_a_public_token_may_not_look_at_jobs(
    connect: Connect, server: EmulatorThread
) -> None:
    job_id = paused_renders(server, chair(server), "red")
    tk = connect(server, token=server.public_token)
    with pytest.raises(ForbiddenError, match="403"):
        await tk.jobs.wait(job_id)
    with pytest.raises(ForbiddenError):
        await tk.jobs.list().all()
