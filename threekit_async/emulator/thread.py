"""Run the emulator on a thread of its own, for tests and scripts of any kind."""

from __future__ import annotations

import asyncio
import threading
from typing import TYPE_CHECKING, Self, TypeVar

from .errors import EmulatorError
from .server import Emulator

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import TracebackType

    from .faults import FaultRule
    from .journal import JournalEntry
    from .settings import EmulatorSettings


T = TypeVar("T")


class ThreadFaults:
    """Add and drop fault rules from any thread."""

    def __init__(self, server: EmulatorThread) -> None:
        self._server = server

    def add(self, **rule: object) -> FaultRule:
        """Spoil answers: ``add(effect="status", status=503, path="/api/layers", times=2)``."""
        return self._server.call(lambda emulator: emulator.add_fault(**rule))

    def rules(self) -> list[FaultRule]:
        """Return the rules in force, with what is left of them."""
        return self._server.call(lambda emulator: emulator.state.faults.rules())

    def clear(self) -> None:
        """Drop all rules."""
        self._server.call(Emulator.clear_faults)


class EmulatorThread:
    """An emulator beside your program: ``with EmulatorThread(settings) as server: ...``.

    Its methods may be called from any thread but its own. Parameters are those of
    :class:`~threekit_async.emulator.Emulator`.
    """

    def __init__(
        self,
        settings: EmulatorSettings | None = None,
        *,
        host: str = "127.0.0.1",
        port: int = 0,
    ) -> None:
        self._emulator = Emulator(settings, host=host, port=port)
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None
        self.settings = self._emulator.settings
        self.org_id = self._emulator.org_id
        self.private_token = self._emulator.private_token
        self.public_token = self._emulator.public_token
        self.faults = ThreadFaults(self)
        self.url = ""

    def __repr__(self) -> str:
        return f"<EmulatorThread {self.url or 'not started'} seed={self.settings.seed}>"

    def start(self) -> None:
        """Start the thread and wait until the emulator listens.

        :raises EmulatorError: when it cannot start.
        """
        loop = asyncio.new_event_loop()
        self._thread = threading.Thread(
            target=_run_loop, args=(loop,), name="threekit-emulator", daemon=True
        )
        self._thread.start()
        self._loop = loop
        try:
            asyncio.run_coroutine_threadsafe(self._emulator.start(), loop).result()
        except BaseException:
            self._end_thread()
            raise
        self.url = self.call(lambda emulator: emulator.url)

    def close(self) -> None:
        """Stop the emulator and its thread; closing twice is allowed."""
        if self._loop is None:
            return
        asyncio.run_coroutine_threadsafe(self._emulator.close(), self._loop).result()
        self._end_thread()

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

        async def on_loop() -> T:
            return ask(self._emulator)

        return asyncio.run_coroutine_threadsafe(on_loop(), self._loop).result()

    def journal(self) -> list[JournalEntry]:
        """Return what was asked and answered so far, oldest first."""
        return self.call(Emulator.journal)

    def clear_journal(self) -> None:
        """Forget the journal and the peak of requests in flight."""
        self.call(Emulator.clear_journal)

    def peak_in_flight(self) -> int:
        """Return how many requests ran at once, at most, since the journal was cleared."""
        return self.call(Emulator.peak_in_flight)

    def reset(self) -> None:
        """Go back to the seed; faults and journal are emptied, too."""
        self.call(Emulator.reset)

    def fill(self, *, layers: int, file_bytes: int | None = None) -> None:
        """Add many plain layers, each with a file of ``file_bytes`` when that is given."""
        self.call(lambda emulator: emulator.fill(layers=layers, file_bytes=file_bytes))


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
