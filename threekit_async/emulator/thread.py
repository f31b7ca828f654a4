"""Run the emulator on a thread of its own, for tests and scripts of any kind."""

from __future__ import annotations

import asyncio
import os
import tempfile
import threading
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self, TypeVar

from attrs import evolve

from threekit_async.emulator.data.kept import copy_of_seed
from threekit_async.emulator.data.planting import plant_records, plant_seed
from threekit_async.emulator.errors import EmulatorError
from threekit_async.emulator.extra import require_checker
from threekit_async.emulator.server import Emulator
from threekit_async.emulator.settings import EmulatorSettings

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from types import TracebackType

    from threekit_async.emulator.data.kept import SeedName
    from threekit_async.emulator.engine.failures import FailureRule
    from threekit_async.emulator.faults.rule import FaultRule
    from threekit_async.emulator.web.journal import JournalEntry


T = TypeVar("T")


class ThreadFaults:
    """Add and drop fault rules from any thread."""

    def __init__(self, server: EmulatorThread) -> None:
        self._server = server

    def add(self, **rule: object) -> FaultRule:
        """Spoil answers: ``add(effect="status", status=503, path="/api/layers", times=2)``."""
        return self._server.call(lambda emulator: emulator.add_fault(**rule))

    def preset(self, name: str) -> list[FaultRule]:
        """Spoil answers by a set of rules: ``preset("flaky")``; ``faults/presets.py`` has them all.

        :raises ValueError: when there is no such preset.
        """
        return self._server.call(lambda emulator: emulator.add_fault_preset(name))

    def rules(self) -> list[FaultRule]:
        """Return the rules in force, with what is left of them."""
        return self._server.call(lambda emulator: emulator.state.faults.rules())

    def clear(self) -> None:
        """Drop all rules."""
        self._server.call(Emulator.clear_faults)


class EmulatorThread:
    """An emulator beside your program: ``with EmulatorThread(settings) as server: ...``.

    Its methods may be called from any thread but its own.

    :param settings: data, seed and switches; by default an empty emulator in memory.
    :param host: address to listen on; loopback unless you say otherwise.
    :param port: 0 takes a free port.
    :param kept_seeds: folder where seeds are kept once they are planted, so that the next start
        copies them: drawing the demo takes seconds. ``None`` plants anew, as does a data folder
        of one's own.
    """

    def __init__(
        self,
        settings: EmulatorSettings | None = None,
        *,
        host: str = "127.0.0.1",
        port: int = 0,
        kept_seeds: Path | None = None,
    ) -> None:
        self._emulator = Emulator(settings, host=host, port=port)
        self._at = (host, port)
        self._kept_seeds = kept_seeds
        self._closing = ExitStack()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None
        self._process = 0
        self.settings: EmulatorSettings = self._emulator.settings
        self.org_id: str = self._emulator.org_id
        self.private_token: str = self._emulator.private_token
        self.public_token: str = self._emulator.public_token
        self.faults: ThreadFaults = ThreadFaults(self)
        self.url: str = ""

    def __repr__(self) -> str:
        return f"<EmulatorThread {self.url or 'not started'} seed={self.settings.seed}>"

    def start(self) -> None:
        """Start the thread and wait until the emulator listens.

        :raises EmulatorError: when it cannot start, runs already, or needs the extra ``emulator``.
        """
        require_checker()
        if self._loop is not None:
            raise EmulatorError("The emulator is running already: close it first.")
        with ExitStack() as closing:
            self._take_kept_seed(closing)
            self._start_thread()
            self._closing = closing.pop_all()
        self.url = self.call(lambda emulator: emulator.url)

    def _take_kept_seed(self, closing: ExitStack) -> None:
        if self._kept_seeds is None or self.settings.seed == "empty" or self.settings.data:
            return
        settings = _with_copy(self.settings, self._kept_seeds, closing)
        host, port = self._at
        self._emulator = Emulator(settings, host=host, port=port)

    def _start_thread(self) -> None:
        loop = asyncio.new_event_loop()
        self._thread = threading.Thread(
            target=_run_loop, args=(loop,), name="threekit-emulator", daemon=True
        )
        self._thread.start()
        self._loop, self._process = loop, os.getpid()
        try:
            asyncio.run_coroutine_threadsafe(self._emulator.start(), loop).result()
        except BaseException:
            self._end_thread()
            raise

    def close(self) -> None:
        """Stop the emulator and its thread; closing twice, or in a forked child, does nothing."""
        if self._loop is None or self._process != os.getpid():
            return
        asyncio.run_coroutine_threadsafe(self._emulator.close(), self._loop).result()
        self._end_thread()
        self._closing.close()

    def _end_thread(self) -> None:
        loop, self._loop = self._loop, None
        if loop is not None and self._thread is not None:
            loop.call_soon_threadsafe(loop.stop)
            self._thread.join()
        self.url = ""

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def call(self, ask: Callable[[Emulator], T]) -> T:
        """Run a function with the emulator on its own loop, and return what it returns."""
        if self._loop is None:
            raise EmulatorError("The emulator is not running: start it first.")
        if self._process != os.getpid():
            raise EmulatorError(
                "This emulator runs in the process that was forked. A child talks to it by its "
                "address, also to its control surface under /__emulator__/."
            )

        async def on_loop() -> T:
            return ask(self._emulator)

        return asyncio.run_coroutine_threadsafe(on_loop(), self._loop).result()

    def journal(self) -> list[JournalEntry]:
        """Return what was asked and answered so far, oldest first."""
        return self.call(Emulator.journal)

    @property
    def requests(self) -> tuple[JournalEntry, ...]:
        """What was asked and answered so far, oldest first; see :meth:`clear_journal`."""
        return tuple(self.journal())

    def clear_journal(self) -> None:
        """Forget the journal and the peak of requests in flight."""
        self.call(Emulator.clear_journal)

    def peak_in_flight(self) -> int:
        """Return how many requests ran at once, at most, since the journal was cleared."""
        return self.call(Emulator.peak_in_flight)

    def fail_runs(self, **rule: object) -> FailureRule:
        """Fail the next run of a job: ``fail_runs(type="render", times=2, message="No GPU.")``."""
        return self.call(lambda emulator: emulator.fail_runs(**rule))

    def deliveries(self) -> list[dict[str, object]]:
        """Return what webhooks were called with, and how that ended, oldest first."""
        return self.call(Emulator.deliveries)

    def reset(self) -> None:
        """Go back to the seed; faults and journal are emptied, too."""
        self.call(Emulator.reset)

    def fill(self, *, layers: int, file_bytes: int | None = None) -> None:
        """Add many plain layers, each with a file of ``file_bytes`` when that is given."""
        self.call(lambda emulator: emulator.fill(layers=layers, file_bytes=file_bytes))

    def seed(
        self, name: SeedName | None = None, /, **records: Iterable[Mapping[str, Any] | object]
    ) -> dict[str, list[dict[str, Any]]]:
        """Add the records and files of a seed, or records of your own, to what is there.

        ``seed("demo")``, or ``seed(assets=[...], layers=[...], files=[...])`` for any table the
        emulator has. A record is a mapping with the wire's names, or one of the package's
        records; what it leaves out (ids, instants, organisation) is filled in. The bytes of a
        file go under ``content``. Planting costs no request, and a reset drops it again.

        :returns: your records as they were stored, by table.
        :raises EmulatorError: when a table is unknown, or a record is there already.
        """
        if name is not None:
            self.call(lambda emulator: self._add_seed(emulator, name))
        given = {table: [_on_wire(record) for record in rows] for table, rows in records.items()}
        return self.call(lambda emulator: plant_records(emulator.state, given))

    def _add_seed(self, emulator: Emulator, name: SeedName) -> None:
        with ExitStack() as closing:
            settings = EmulatorSettings(seed=name)
            if self._kept_seeds is not None:
                settings = _with_copy(settings, self._kept_seeds, closing)
            plant_seed(emulator.state, settings)


def _with_copy(settings: EmulatorSettings, kept: Path, closing: ExitStack) -> EmulatorSettings:
    """Return the settings with a data folder, gone at the end, that holds the seed already."""
    # A server that was stopped in the middle of an answer may hold a file open on Windows.
    folder = tempfile.TemporaryDirectory(prefix="threekit-emulator-", ignore_cleanup_errors=True)
    copy_of_seed(settings.seed, kept, Path(closing.enter_context(folder)))
    return evolve(settings, data=folder.name)


def _on_wire(record: Mapping[str, Any] | object) -> dict[str, Any]:
    """Write a record as the API does; moments become text."""
    from threekit_async.models.base import converter

    return dict(converter().unstructure(record))


def _run_loop(loop: asyncio.AbstractEventLoop) -> None:
    asyncio.set_event_loop(loop)
    try:
        loop.run_forever()
    finally:
        # An answer that is being delayed for a client that has gone is still a task.
        left = asyncio.all_tasks(loop)
        for task in left:
            task.cancel()
        loop.run_until_complete(asyncio.gather(*left, return_exceptions=True))
        loop.run_until_complete(loop.shutdown_asyncgens())
        loop.close()
