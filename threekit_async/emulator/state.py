"""What every handler may reach: settings, records, bytes, clock, journal, faults, engine ..."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aiohttp import web
from attrs import Factory, field, frozen

from threekit_async.emulator.engine.engine import Engine
from threekit_async.emulator.engine.webhooks import Webhooks
from threekit_async.emulator.web.pressure import Pressure, pressure_of

if TYPE_CHECKING:
    from threekit_async.emulator.data.blobs import Blobs
    from threekit_async.emulator.data.identity import Clock
    from threekit_async.emulator.data.store import Store
    from threekit_async.emulator.faults.choosing import Faults
    from threekit_async.emulator.settings import EmulatorSettings
    from threekit_async.emulator.web.journal import Journal


def _pressure(state: State) -> Pressure | None:
    return pressure_of(state.settings, state.store)


@frozen(kw_only=True)
class State:
    """Hold the parts of one running emulator.

    :param snapshot: copy of the records as the seed left them; a reset goes back to it.
    """

    settings: EmulatorSettings
    store: Store
    snapshot: Store
    blobs: Blobs
    clock: Clock
    journal: Journal
    faults: Faults
    engine: Engine = field(init=False, default=Factory(Engine, takes_self=True))
    webhooks: Webhooks = field(init=False, default=Factory(Webhooks, takes_self=True))
    pressure: Pressure | None = field(init=False, default=Factory(_pressure, takes_self=True))

    def reset(self) -> None:
        """Go back to the seed: records and bytes.

        Jobs and deliveries under way are dropped; faults and journal are emptied, too.
        """
        self.engine.forget()
        self.webhooks.forget()
        self.snapshot.copy_to(self.store)
        self.blobs.keep_only({name for (name,) in self.store.rows("SELECT hash FROM files")})
        self.faults.clear()
        if self.pressure is not None:
            self.pressure.clear()
        self.journal.clear()


STATE = web.AppKey("emulator_state", State)


def state_of(request: web.Request) -> State:
    """Return the running emulator's parts."""
    return request.app[STATE]
