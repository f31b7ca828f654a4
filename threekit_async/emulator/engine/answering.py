"""What a call that starts a job answers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from threekit_async.emulator.data.filters import Filters
from threekit_async.emulator.data.store import LATEST_FIRST
from threekit_async.emulator.data.tables import JOBS, TASKS
from threekit_async.emulator.engine.results import results_of
from threekit_async.emulator.records.jobs import SUCCESS
from threekit_async.emulator.web.answers import json_answer
from threekit_async.emulator.web.contract import NOT_FOUND

if TYPE_CHECKING:
    from collections.abc import Mapping

    from aiohttp import web

    from threekit_async.emulator.data.store import Record
    from threekit_async.emulator.web.asking import Ask


def start_job(
    ask: Ask,
    *,
    type: str,  # noqa: A002 - the wire's word.
    title: str,
    task: Mapping[str, Any],
    parameters: Mapping[str, Any] | None = None,
) -> Record:
    """Start a job of one task for the caller; its parameters are the task's unless given."""
    return ask.state.engine.start(
        org_id=ask.org_id,
        user_id=ask.caller.user_id,
        type=type,
        title=title,
        parameters=task if parameters is None else parameters,
        tasks=[{"type": type, "title": title, "parameters": task}],
    )


def earlier_job(ask: Ask, type: str, parameters: Mapping[str, Any]) -> Record | None:  # noqa: A002
    """Return the latest job whose only task, of the same type and parameters, succeeded."""
    same = Filters()
    same.equals("orgId", ask.org_id)
    same.equals("type", type)
    same.same_json("parameters", parameters)
    same.equals("runResult", SUCCESS)
    for task in ask.store.records(TASKS, same, order=LATEST_FIRST):
        job = ask.store.get(JOBS, task["jobId"])
        if job is not None and job["taskCount"] == 1:
            return job
    return None


async def answer_job(ask: Ask, job: Record, *, wait: bool, files: bool = False) -> web.Response:
    """Answer the job's id and record; when it was waited for, with its runs and its file.

    :param files: also list the files of a job that has ended.
    """
    if not wait:
        return json_answer({"jobId": job["id"], "job": job})
    ended = await ask.state.engine.wait(job["id"])
    if ended is None:
        raise NOT_FOUND.error()
    whole = ask.state.engine.books.whole(ended)
    results = [file for run in whole["runs"] for file in results_of(run)]
    # The vendor's client knows the id inside by this name, others by the usual one.
    answer = {"jobId": job["id"], "job": {"_id": job["id"], **whole}, "createdAt": job["createdAt"]}
    if results:
        answer["fileId"] = results[0]["id"]
    if files:
        answer["files"] = results
    return json_answer(answer)
