"""Run the emulator on the running event loop."""

from __future__ import annotations

import asyncio
import errno
import socket
from typing import TYPE_CHECKING, Self

from aiohttp import web

from threekit_async.emulator.app import build_app
from threekit_async.emulator.data.home import Home, open_home
from threekit_async.emulator.data.identity import Clock
from threekit_async.emulator.engine.failures import FailureRule, read_failure
from threekit_async.emulator.errors import EmulatorError
from threekit_async.emulator.faults.choosing import Faults
from threekit_async.emulator.faults.rule import FaultRule, read_rule
from threekit_async.emulator.seeds.filling import fill
from threekit_async.emulator.seeds.tenant import ORG_ID, PRIVATE_TOKEN, PUBLIC_TOKEN
from threekit_async.emulator.settings import EmulatorSettings
from threekit_async.emulator.state import State
from threekit_async.emulator.web.journal import Journal, JournalEntry

if TYPE_CHECKING:
    from types import TracebackType

GRACE = 1.0
# A configuration in a query may be long; what the vendor's own limit is, is not known.
LONGEST_LINE = 64 * 1024
TURNS = 5


class Emulator:
    """A Threekit server of one's own: ``async with Emulator(settings) as server: ...``.

    :param settings: data, seed and switches; by default an empty emulator in memory.
    :param host: address to listen on; loopback unless you say otherwise.
    :param port: 0 takes a free port.
    """

    def __init__(
        self,
        settings: EmulatorSettings | None = None,
        *,
        host: str = "127.0.0.1",
        port: int = 0,
    ) -> None:
        self.settings: EmulatorSettings = settings or EmulatorSettings()
        self.org_id = ORG_ID
        self.private_token = PRIVATE_TOKEN
        self.public_token = PUBLIC_TOKEN
        self._host = host
        self._port = port
        self._runner: web.AppRunner | None = None
        self._listening: socket.socket | None = None
        self._home: Home | None = None
        self._state: State | None = None

    def __repr__(self) -> str:
        place = self.url if self._runner is not None and self._runner.addresses else "not started"
        return f"<Emulator {place} seed={self.settings.seed}>"

    @property
    def url(self) -> str:
        """Where the emulator listens, ``http://127.0.0.1:8787``."""
        if self._runner is None:
            raise EmulatorError("The emulator is not running: start it first.")
        host, port = self._runner.addresses[0][:2]
        return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"

    @property
    def state(self) -> State:
        """The parts of the running emulator, for use on its own event loop."""
        if self._state is None:
            raise EmulatorError("The emulator is not running: start it first.")
        return self._state

    async def start(self) -> None:
        """Plant the seed and listen.

        :raises EmulatorError: when the data folder or the port cannot be used, or it runs already.
        """
        if self._home is not None:
            raise EmulatorError("The emulator is running already: close it first.")
        self._home = open_home(self.settings)
        self._state = _state(self.settings, self._home)
        self._runner = web.AppRunner(
            build_app(self._state),
            access_log=None,
            shutdown_timeout=GRACE,
            max_line_size=LONGEST_LINE,
        )
        await self._runner.setup()
        try:
            self._listening = _listening(self._host, self._port)
            await web.SockSite(self._runner, self._listening).start()
        except OSError as error:
            await self.close()
            raise EmulatorError(_why_not(error, self._host, self._port)) from None
        self._state.engine.resume()

    async def close(self) -> None:
        """Stop listening and close the data; a temporary folder is removed."""
        if self._state is not None:
            # First of all: calls that wait for the end of a job are let go.
            await self._state.engine.close()
        if self._runner is not None:
            if self._listening is not None:
                # Accept no more, but let what was accepted just now become known before the server
                # is closed: what it does not know then, nobody ever closes.
                asyncio.get_running_loop().remove_reader(self._listening)
                await self._turns()
            open_before = _transports(self._runner)
            await self._runner.cleanup()
            # A client that no longer reads would keep its socket open for ever.
            for transport in open_before:
                transport.abort()
            await self._turns()
        if self._state is not None:
            await self._state.webhooks.close()
        if self._home is not None:
            self._home.close()
        self._runner = self._home = self._state = self._listening = None

    async def _turns(self) -> None:
        for _ in range(TURNS):
            await asyncio.sleep(0)

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.close()

    def journal(self) -> list[JournalEntry]:
        """Return what was asked and answered so far, oldest first."""
        return self.state.journal.entries()

    def clear_journal(self) -> None:
        """Forget the journal and the peak of requests in flight."""
        self.state.journal.clear()

    def peak_in_flight(self) -> int:
        """Return how many requests ran at once, at most, since the journal was cleared."""
        return self.state.journal.peak

    def add_fault(self, **rule: object) -> FaultRule:
        """Spoil answers: see :class:`~threekit_async.emulator.faults.rule.FaultRule`."""
        return self.state.faults.add(read_rule(rule))

    def add_fault_preset(self, name: str) -> list[FaultRule]:
        """Spoil answers by the rules of a preset, as ``"flaky"``.

        :raises ValueError: when there is no such preset.
        """
        return self.state.faults.add_preset(name)

    def clear_faults(self) -> None:
        """Drop all fault rules."""
        self.state.faults.clear()

    def fail_runs(self, **rule: object) -> FailureRule:
        """Fail runs of jobs: see :class:`~threekit_async.emulator.engine.failures.FailureRule`."""
        return self.state.engine.failures.add(read_failure(rule))

    def deliveries(self) -> list[dict[str, object]]:
        """Return what webhooks were called with, and how that ended, oldest first."""
        return self.state.webhooks.deliveries()

    def reset(self) -> None:
        """Go back to the seed; faults and journal are emptied, too."""
        self.state.reset()

    def fill(self, *, layers: int, file_bytes: int | None = None) -> None:
        """Add many plain layers, each with a file of ``file_bytes`` when that is given."""
        fill(self.state, layers=layers, file_bytes=file_bytes)


def _listening(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    return socket.create_server((host, port), family=family)


def _transports(runner: web.AppRunner) -> list[asyncio.Transport]:
    connections = runner.server.connections if runner.server else []
    found = [connection.transport for connection in connections]
    return [transport for transport in found if isinstance(transport, asyncio.Transport)]


def _state(settings: EmulatorSettings, home: Home) -> State:
    return State(
        settings=settings,
        store=home.store,
        snapshot=home.snapshot,
        blobs=home.blobs,
        clock=Clock(settings, home.store),
        journal=Journal(),
        faults=Faults(),
    )


def _why_not(error: OSError, host: str, port: int) -> str:
    if error.errno == errno.EADDRINUSE:
        return f"Port {port} on {host} is taken: stop what listens there, or choose --port 0."
    return f"Cannot listen on {host}:{port} ({error.strerror}): choose another host or port."
