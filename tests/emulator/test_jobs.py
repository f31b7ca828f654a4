from __future__ import annotations

import asyncio
from threading import Thread
from typing import Any

import pytest

from tests.emulator.job_calls import asset, batch, ended, job, render, runs, until
from threekit_async.emulator import Emulator, EmulatorSettings
from threekit_async.emulator.data.planting import plant_records
from threekit_async.emulator.data.tables import JOBS, TASKS
from threekit_async.emulator.engine.books import Books

SLOW = 30.0


def fail(api: Any, **rule: Any) -> Any:
    return api("POST", "/__emulator__/job-failures", token=None, body=rule)


def test_a_job_ends_by_itself_and_counts_its_tasks(start: Any) -> None:
    api = start(job_seconds=0)
    started = batch(api, asset(api), "1", "2", "3")
    assert started["job"]["status"] == "pending"
    assert started["job"]["taskStatusPending"] == started["job"]["taskCount"] == 3
    done = ended(api, started["jobId"])
    counts = ("taskCount", "taskStatusPending", "taskStatusRunning", "taskStatusStopped")
    assert [done[name] for name in counts] == [3, 0, 0, 3]
    assert (done["taskResultSuccesses"], done["taskResultFailures"]) == (3, 0)
    assert (done["type"], done["schedulerState"], done["taskProgress"]) == (
        "render",
        "active",
        None,
    )
    assert done["updatedAt"] >= done["createdAt"]


def test_a_running_job_shows_how_far_it_is(start: Any) -> None:
    api = start(job_seconds=0.6, job_workers=1)
    job_id = batch(api, asset(api), "1", "2")["jobId"]
    early = until(api, job_id, lambda found: found["taskProgress"])
    assert early["status"] == "running"
    assert (early["taskStatusRunning"], early["taskStatusPending"]) == (1, 1)
    assert 0 < early["taskProgress"] < 50
    run = runs(api, jobId=job_id)[0]
    assert 0 < run["progress"] < 100
    assert run["resultCode"] is None
    later = until(api, job_id, lambda found: found["taskStatusStopped"])
    assert later["taskProgress"] is None or later["taskProgress"] >= 50


def test_tasks_and_runs_are_listed_by_what_they_belong_to(api: Any) -> None:
    first = render(api, asset(api))["job"]
    second = render(api, asset(api))["job"]
    tasks = api.get("/api/jobs/tasks", jobId=first["id"]).json["tasks"]
    assert [task["jobId"] for task in tasks] == [first["id"]]
    assert (tasks[0]["runStatus"], tasks[0]["runResult"]) == ("stopped", "Success")
    assert len(api.get("/api/jobs/tasks", runStatus="stopped").json["tasks"]) == 2
    assert api.get("/api/jobs/tasks", runStatus="pending").json == {"tasks": []}
    (run,) = runs(api, jobId=second["id"])
    assert runs(api, taskId=run["taskId"]) == [run]
    assert (run["resultCode"], run["progress"]) == ("Success", 100)
    assert run["createdAt"] <= run["startedAt"] <= run["stoppedAt"]


@pytest.mark.parametrize("query", [{}, {"jobId": "a", "taskId": "b"}])
def test_runs_are_asked_for_by_job_or_task_and_never_both(api: Any, query: Any) -> None:
    answer = api.get("/api/jobs/runs", **query)
    assert (answer.status, answer.code) == (422, "invalid_query_fields")


def test_single_records_are_read_by_id(api: Any) -> None:
    whole = render(api, asset(api))["job"]
    run = whole["runs"][0]
    task = api.get(f"/api/jobs/tasks/{run['taskId']}").json
    assert (task["jobId"], task["runs"]) == (whole["id"], [run])
    assert api.get(f"/api/jobs/runs/{run['id']}").json == run
    assert {**whole, **job(api, whole["id"])} == whole


@pytest.mark.parametrize(
    ("path", "code"),
    [("x", "job_not_found"), ("tasks/x", "task_not_found"), ("runs/x", "run_not_found")],
)
def test_what_is_not_there_is_404(api: Any, path: str, code: str) -> None:
    answer = api.get(f"/api/jobs/{path}")
    assert (answer.status, answer.code) == (404, code)


def test_jobs_are_for_private_tokens_only(api: Any) -> None:
    for path in ("", "/x", "/tasks", "/tasks/x", "/runs", "/runs/x"):
        assert api.get(f"/api/jobs{path}", token="public").status == 403


def test_jobs_are_listed_by_status_in_pages_and_in_order(start: Any) -> None:
    api = start(job_seconds=0)
    ids = [render(api, asset(api))["jobId"] for _ in range(3)]
    listed = api.get("/api/jobs", perPage=2, page=1).json["jobs"]
    assert [found["id"] for found in listed] == ids[:2]
    assert [found["id"] for found in api.get("/api/jobs", perPage=2, page=2).json["jobs"]] == ids[
        2:
    ]
    backwards = api.get("/api/jobs", sort="-createdAt", status="stopped").json["jobs"]
    assert [found["id"] for found in backwards] == ids[::-1]
    assert "runs" not in backwards[0]
    assert api.get("/api/jobs", status="pending").json == {"jobs": []}
    assert api.get("/api/jobs", sort="title").status == 422
    assert api.get("/api/jobs", perPage=101).status == 422


def test_a_paused_job_waits_and_a_resumed_one_goes_on(start: Any) -> None:
    api = start(job_seconds=0.2, job_workers=1)
    job_id = batch(api, asset(api), "1", "2", "3")["jobId"]
    path = f"/api/jobs/{job_id}"
    assert api("PUT", path, body={"schedulerState": "paused"}).json["schedulerState"] == "paused"
    quiet = until(api, job_id, lambda found: not found["taskStatusRunning"])
    assert quiet["taskStatusPending"] >= 2
    # Work of others is not held up.
    assert render(api, asset(api))["job"]["status"] == "stopped"
    assert job(api, job_id)["taskStatusPending"] == quiet["taskStatusPending"]
    api("PUT", path, body={"schedulerState": "active"})
    assert ended(api, job_id)["taskResultSuccesses"] == 3


def test_the_job_of_highest_priority_goes_first(start: Any) -> None:
    api = start(job_seconds=0.1, job_workers=1)
    first = batch(api, asset(api), "1", "2", "3", "4")["jobId"]
    urgent = render(api, asset(api), sync=False)["jobId"]
    answer = api("PUT", f"/api/jobs/{urgent}", body={"priority": 9})
    assert answer.json["priority"] == 9
    ended(api, urgent)
    assert job(api, first)["taskStatusPending"] >= 1


@pytest.mark.parametrize(
    "body", [{"schedulerState": "asleep"}, {"priority": "high"}, {"priority": True}, [], None]
)
def test_a_job_is_not_changed_to_what_it_cannot_be(api: Any, body: Any) -> None:
    job_id = render(api, asset(api))["jobId"]
    answer = api("PUT", f"/api/jobs/{job_id}", data=b"null" if body is None else None, body=body)
    assert (answer.status, answer.code) == (422, "update_job_error")
    assert api("PUT", "/api/jobs/x", body={}).status == 404


def test_the_next_runs_of_a_type_fail_when_they_are_told_to(api: Any) -> None:
    asked = fail(api, type="render", times=1, after=1, message="Out of memory.")
    assert asked.json == {"type": "render", "times": 1, "after": 1, "message": "Out of memory."}
    owner = asset(api)
    export = api("POST", f"/api/asset-jobs/{owner}/export/glb", body={"sync": True}).json["job"]
    assert export["taskResultFailures"] == 0
    first, second, third = (render(api, owner)["job"] for _ in range(3))
    assert [each["taskResultFailures"] for each in (first, second, third)] == [0, 1, 0]
    (run,) = second["runs"]
    assert (run["resultCode"], run["resultMessage"]) == ("Failed", "Out of memory.")
    assert "files" not in run["results"]


def test_failure_rules_can_be_seen_and_dropped(api: Any) -> None:
    fail(api, times=None)
    listed = api.get("/__emulator__/job-failures", token=None).json["jobFailures"]
    assert [(rule["type"], rule["times"]) for rule in listed] == [(None, None)]
    assert render(api, asset(api))["job"]["taskResultFailures"] == 1
    api("DELETE", "/__emulator__/job-failures", token=None)
    assert render(api, asset(api))["job"]["taskResultFailures"] == 0
    fail(api, times=None)
    api("POST", "/__emulator__/reset", token=None)
    assert render(api, asset(api))["job"]["taskResultFailures"] == 0


@pytest.mark.parametrize("rule", [{"times": -1}, {"kind": "render"}, {"type": 3}, {"after": "x"}])
def test_an_impossible_failure_rule_is_refused(api: Any, rule: Any) -> None:
    assert fail(api, **rule).status == 422


def test_a_share_of_the_runs_can_fail_by_chance_the_same_way_each_time(start: Any) -> None:
    results = []
    for _ in range(2):
        api = start(job_failures=0.5, job_seconds=0, job_workers=1)
        owner = asset(api)
        results.append([render(api, owner)["job"]["taskResultFailures"] for _ in range(12)])
    assert results[0] == results[1]
    assert 0 < sum(results[0]) < 12


def test_a_task_may_have_several_attempts(start: Any) -> None:
    api = start(job_attempts=3, job_seconds=0)
    fail(api, times=2)
    done = render(api, asset(api))["job"]
    assert (done["taskResultSuccesses"], done["taskResultFailures"]) == (1, 0)
    assert [run["resultCode"] for run in done["runs"]] == ["Failed", "Failed", "Success"]
    fail(api, times=None)
    done = render(api, asset(api))["job"]
    assert (done["taskResultFailures"], len(done["runs"])) == (1, 3)


def test_logs_may_come_before_the_results(start: Any) -> None:
    api = start(job_logs=True, job_seconds=0)
    answer = render(api, asset(api))
    names = [file["filename"] for file in answer["job"]["runs"][0]["results"]["files"]]
    assert names == ["stdout", "stderr", "Oak chair.png"]
    assert answer["fileId"] == answer["job"]["runs"][0]["results"]["files"][2]["id"]


def test_an_emulator_goes_on_with_what_was_left_in_its_folder(start: Any, tmp_path: Any) -> None:
    before = start(data=tmp_path, job_seconds=SLOW, job_workers=1)
    job_id = batch(before, asset(before), "1", "2")["jobId"]
    until(before, job_id, lambda found: found["taskStatusRunning"])
    before.server.close()
    after = start(data=tmp_path, job_seconds=0)
    assert ended(after, job_id)["taskResultSuccesses"] == 2
    codes = [run["resultCode"] for run in runs(after, jobId=job_id)]
    assert sorted(codes) == ["Failed", "Success", "Success"]
    interrupted = next(run for run in runs(after, jobId=job_id) if run["resultCode"] == "Failed")
    assert "stopped" in interrupted["resultMessage"]


async def begun_job(server: Emulator) -> str:
    """Start an export that fails, and return its job's id."""
    task: Any = {"type": "export", "title": "", "parameters": {"format": "fbx"}}
    started = server.state.engine.start(
        org_id=server.org_id,
        user_id="",
        type="export",
        title="",
        parameters={},
        tasks=[task],
    )
    return str(started["id"])


class Crash(BaseException):
    """What a process does that is killed: nothing more."""


def crash(*_arguments: Any, **_more: Any) -> Any:
    raise Crash


async def test_a_job_is_there_with_all_its_tasks_or_not_at_all(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async with Emulator(EmulatorSettings(job_seconds=0)) as server:
        monkeypatch.setattr(server.state.store, "add_many", refuse(server.state.store, TASKS))
        with pytest.raises(Crash):
            await begun_job(server)
        assert server.state.store.count(JOBS) == 0


def refuse(store: Any, refused: Any) -> Any:
    add_many = store.add_many
    return lambda table, rows: crash() if table is refused else add_many(table, rows)


async def test_the_last_task_ends_together_with_its_job(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Any
) -> None:
    settings = EmulatorSettings(job_seconds=0, data=tmp_path)
    async with Emulator(settings) as server:
        books = server.state.engine.books
        count, tasks = books.count, books.tasks_of

        def last_count(job_id: str) -> Any:
            done = all(task["status"] == "stopped" for task in tasks(job_id))
            return crash() if done else count(job_id)

        monkeypatch.setattr(books, "count", last_count)
        job_id = await begun_job(server)
        (worker,) = server.state.engine._workers
        with pytest.raises(Crash):
            await worker
        assert [task["status"] for task in tasks(job_id)] == ["running"]
    async with Emulator(settings) as server, asyncio.timeout(10):
        done = await server.state.engine.wait(job_id)
        assert done
        assert done["taskResultFailures"] == 1


async def test_jobs_that_can_never_end_by_themselves_end_at_the_next_start(tmp_path: Any) -> None:
    settings = EmulatorSettings(job_seconds=0, data=tmp_path)
    async with Emulator(settings) as server:
        engine = server.state.engine
        counted, lost = [await begun_job(server) for _ in range(2)]
        for job_id in (counted, lost):
            ended_job = await engine.wait(job_id)
            assert ended_job
            engine.books.change_job(ended_job, status="running", taskResultFailures=0)
        server.state.store.rows("DELETE FROM tasks WHERE jobId = ?", (lost,))
        webhook = {"address": "https://shop.example/hook", "topic": "t", "filter": {}}
        plant_records(server.state, {"webhooks": [webhook]})
    async with Emulator(settings) as server:
        jobs = [server.state.store.get(JOBS, job_id) for job_id in (counted, lost)]
        assert [job and (job["status"], job["taskResultFailures"]) for job in jobs] == [
            ("stopped", 1),
            ("stopped", 1),
        ]
        assert {told["recordId"] for told in server.deliveries()} == {counted, lost}


async def test_a_task_fails_when_the_emulator_itself_breaks(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async with Emulator(EmulatorSettings(job_seconds=0)) as server, asyncio.timeout(10):
        books = server.state.engine.books
        changes: list[Any] = []

        def full(run: Any, **given: Any) -> Any:
            changes.append(given)
            if len(changes) == 1:
                raise OSError("disk full")
            return Books.change_run(books, run, **given)

        monkeypatch.setattr(books, "change_run", full)
        job_id = await begun_job(server)
        done = await server.state.engine.wait(job_id)
        assert done
        assert (done["taskStatusStopped"], done["taskResultFailures"]) == (1, 1)
        (run,) = books.runs_of(job_id)
        assert "OSError: disk full" in run["resultMessage"]
        assert run["resultCode"] == "Failed"


def in_background(call: Any) -> tuple[Thread, list[Any]]:
    answers: list[Any] = []
    thread = Thread(target=lambda: answers.append(call()))
    thread.start()
    return thread, answers


def begun(api: Any) -> str:
    """Return the first job's id once it is there."""
    while not (found := api.get("/api/jobs").json["jobs"]):
        pass
    return str(found[0]["id"])


def test_a_reset_lets_go_who_waits_for_a_job(start: Any) -> None:
    api = start(job_seconds=SLOW)
    owner = asset(api)
    path = f"/api/asset-jobs/{owner}/render/webgl/image"
    thread, answers = in_background(lambda: api("POST", path, body={"sync": True}))
    begun(api)
    api("POST", "/__emulator__/reset", token=None)
    thread.join()
    assert (answers[0].status, answers[0].code) == (404, "not_found")
    assert api.get("/api/jobs").json == {"jobs": []}


def test_closing_lets_go_who_waits_for_a_job(start: Any) -> None:
    api = start(job_seconds=SLOW)
    owner = asset(api)
    path = f"/api/asset-jobs/{owner}/render/webgl/image"
    thread, answers = in_background(lambda: api("POST", path, body={"sync": True}))
    begun(api)
    api.server.close()
    thread.join()
    assert (answers[0].status, answers[0].code) == (503, "service_unavailable")
    assert "ask for the job again" in answers[0].json["error"]["message"]


def test_ids_do_not_depend_on_what_runs_meanwhile(start: Any) -> None:
    made = []
    for seconds, workers in ((0, 4), (0.02, 1)):
        api = start(job_seconds=seconds, job_workers=workers)
        job_id = batch(api, asset(api), "1", "2", "3", "4")["jobId"]
        ids = [api.create()["id"] for _ in range(5)]
        ended(api, job_id)
        made.append((ids, {run["id"] for run in runs(api, jobId=job_id)}))
    assert made[0] == made[1]


async def test_a_job_that_starts_at_the_very_end_of_another_one_is_not_forgotten() -> None:
    async with Emulator(EmulatorSettings(job_seconds=0, job_workers=1)) as server:
        engine = server.state.engine
        for _ in range(3):
            started = engine.start(
                org_id=server.org_id,
                user_id="",
                type="export",
                title="",
                parameters={},
                tasks=[{"type": "export", "title": "", "parameters": {"format": "fbx"}}],
            )
            # No task around the waiting: the next job shall start before anything else happens.
            async with asyncio.timeout(10):
                done = await engine.wait(started["id"])
            assert done
            assert done["taskResultFailures"] == 1


async def test_a_type_of_task_nobody_knows_fails_with_a_sentence() -> None:
    async with Emulator(EmulatorSettings(job_seconds=0)) as server:
        engine = server.state.engine
        given: Any = {"type": "dance", "title": "", "parameters": {}}
        broken: Any = {"type": "export", "title": "", "parameters": {}}
        started = engine.start(
            org_id=server.org_id,
            user_id="",
            type="dance",
            title="",
            parameters={},
            tasks=[given, broken],
        )
        await asyncio.wait_for(engine.wait(started["id"]), 10)
        messages = [run["resultMessage"] for run in engine.books.runs_of(started["id"])]
        assert sorted(messages) == [
            "The emulator could not do this (KeyError: 'format').",
            "There is no work of the type 'dance' in this emulator.",
        ]
