"""One task from its first run to its last."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING

from threekit_async.emulator.data.identity import work_for
from threekit_async.emulator.engine.logs import log_files
from threekit_async.emulator.engine.works import WorkFailed, all_works
from threekit_async.emulator.records.jobs import FAILED, SUCCESS
from threekit_async.emulator.web.answers import VendorError

if TYPE_CHECKING:
    from threekit_async.emulator.data.store import Record
    from threekit_async.emulator.state import State

STEPS = (25, 50, 75)


async def run_task(state: State, task: Record) -> Record | None:
    """Run a task until a run succeeds or its attempts are used up; return its job."""
    books = state.engine.books
    result = FAILED
    for _ in range(state.settings.job_attempts):
        result = await _run_once(state, task)
        if result == SUCCESS:
            break
    return books.end_task(task, result)


async def _run_once(state: State, task: Record) -> str:
    books, started = state.engine.books, time.monotonic()
    work_for(f"{task['id']} {books.run_count(task['id'])}")
    run = books.begin_run(task)
    for progress in STEPS:
        await asyncio.sleep(state.settings.job_seconds / len(STEPS))
        run = books.change_run(run, progress=progress)
        books.count(task["jobId"])
    files, failure = await _attempt(state, task)
    code = SUCCESS if failure is None else FAILED
    logs = log_files(state, task, failure) if state.settings.job_logs else []
    books.change_run(
        run,
        stoppedAt=state.clock.now(),
        wallClockTime=round(time.monotonic() - started, 3) if state.settings.real_clock else 0,
        results={"files": [*logs, *files]} if logs or files else {},
        resultCode=code,
        resultMessage=failure,
        progress=100 if failure is None else run["progress"],
    )
    return code


async def _attempt(state: State, task: Record) -> tuple[list[Record], str | None]:
    """Do the work; return its files and, when it failed, why."""
    if (planned := state.engine.failures.choose(task["type"])) is not None:
        return [], planned
    work = all_works().get(task["type"])
    if work is None:
        return [], f"There is no work of the type {task['type']!r} in this emulator."
    try:
        return await work(state, task), None
    except WorkFailed as failure:
        return [], str(failure)
    except VendorError as refusal:
        return [], refusal.message
    except Exception as error:  # noqa: BLE001 - a job that never ends would be worse.
        return [], broken(error)


def broken(error: Exception) -> str:
    """Say that a run has failed by the emulator's own fault."""
    return f"The emulator could not do this ({type(error).__name__}: {error})."
