"""Start jobs, let their tasks run, wait for their end."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any, TypeVar

from threekit_async.emulator.data.identity import work_for
from threekit_async.emulator.data.tables import JOBS, TASKS
from threekit_async.emulator.engine.books import Books
from threekit_async.emulator.engine.failures import Failures
from threekit_async.emulator.engine.running import broken, run_task
from threekit_async.emulator.records.jobs import STOPPED, NewTask, new_job, new_task
from threekit_async.emulator.web.answers import VendorError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from threekit_async.emulator.data.store import Record
    from threekit_async.emulator.state import State

T = TypeVar("T")
CLOSING = "The server is closing before the job has ended: ask for the job again later."


class Engine:
    """Run the tasks of all jobs: the highest priority first, then the oldest.

    Nothing runs while there is nothing to do. Tasks live in the store, so those of a data folder
    go on after a restart. Every method belongs to the emulator's event loop.
    """

    def __init__(self, state: State) -> None:
        self._state = state
        self.books: Books = Books(state)
        self.failures: Failures = Failures(state.settings)
        self._workers: set[asyncio.Task[None]] = set()
        self._ends: dict[str, asyncio.Event] = {}
        self._threads: ThreadPoolExecutor | None = None
        self._open = True

    def start(
        self,
        *,
        org_id: str,
        user_id: str,
        type: str,  # noqa: A002 - the wire's word.
        title: str,
        parameters: Mapping[str, Any],
        tasks: Sequence[NewTask],
        priority: int = 0,
    ) -> Record:
        """Add a job with its tasks and let them run; return the job, still pending.

        A job without tasks has ended at once.
        """
        # Together: a job whose tasks were lost on the way would never end.
        with self._state.store.together():
            job = new_job(
                self._state,
                org_id=org_id,
                user_id=user_id,
                type=type,
                title=title,
                parameters=parameters,
                priority=priority,
            )
            self._state.store.add(JOBS, job)
            self._state.store.add_many(TASKS, [new_task(self._state, job, task) for task in tasks])
            job = self.books.count(job["id"]) or job
        if job["status"] == STOPPED:
            self._state.webhooks.job_ended(job)
        self.wake()
        return job

    async def wait(self, job_id: str) -> Record | None:
        """Wait for the end of a job and return it; ``None`` when a reset has removed it.

        :raises VendorError: 503 when the emulator closes before the job has ended.
        """
        while True:
            job = self._state.store.get(JOBS, job_id)
            if job is None or job["status"] == STOPPED:
                return job
            if not self._open:
                raise VendorError(503, "service_unavailable", CLOSING)
            await self._ends.setdefault(job_id, asyncio.Event()).wait()

    def wake(self) -> None:
        """Let waiting tasks run, as many at once as the settings allow."""
        waiting = self.books.waiting_count() if self._open else 0
        free = self._state.settings.job_workers - len(self._workers)
        for _ in range(min(free, waiting)):
            worker = asyncio.get_running_loop().create_task(self._work())
            self._workers.add(worker)
            worker.add_done_callback(self._workers.discard)

    def resume(self) -> None:
        """Go on with what an earlier emulator left in the data folder."""
        for job in self.books.end_interrupted():
            self._state.webhooks.job_ended(job)
        self.wake()

    async def _work(self) -> None:
        work_for("engine")
        try:
            while (task := self.books.take()) is not None:
                job = await self._done(task)
                if job is not None and job["status"] == STOPPED:
                    self._ended(job)
        finally:
            # Not left to the callback, which comes later: work that arrives before it would find
            # no free worker, and nobody would ever do it.
            self._workers -= {asyncio.current_task()}

    async def _done(self, task: Record) -> Record | None:
        """Run a task and return its job; what breaks on the way fails the task."""
        try:
            return await run_task(self._state, task)
        except Exception as error:  # noqa: BLE001 - a task that never ends would be worse.
            return self.books.fail_task(task, broken(error))

    def _ended(self, job: Record) -> None:
        if (event := self._ends.pop(job["id"], None)) is not None:
            event.set()
        self._state.webhooks.job_ended(job)

    async def on_thread(self, work: Callable[[], T]) -> T:
        """Run slow work without keeping the event loop; it must not touch the store."""
        if self._threads is None:
            self._threads = ThreadPoolExecutor(2, thread_name_prefix="threekit-emulator-work")
        return await asyncio.get_running_loop().run_in_executor(self._threads, work)

    def forget(self) -> None:
        """Drop all that runs, because the records it works on are about to go."""
        for worker in self._workers:
            worker.cancel()
        self._workers.clear()
        self._let_go()
        self.failures.clear()

    async def close(self) -> None:
        """Stop; tasks that have not ended stay in the store."""
        self._open = False
        workers = list(self._workers)
        for worker in workers:
            worker.cancel()
        await asyncio.gather(*workers, return_exceptions=True)
        self._let_go()
        if self._threads is not None:
            self._threads.shutdown()

    def _let_go(self) -> None:
        for event in self._ends.values():
            event.set()
        self._ends.clear()
