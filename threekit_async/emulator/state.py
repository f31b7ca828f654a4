"""What every handler may reach: settings, records, bytes, clock, journal and faults."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aiohttp import web
from attrs import frozen

if TYPE_CHECKING:
    from .blobs import Blobs
    from .faults import Faults
    from .identity import Clock
    from .journal import Journal
    from .settings import EmulatorSettings
    from .store import Store


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

    def reset(self) -> None:
        """Go back to the seed: records and bytes; faults and journal are emptied, too."""
        self.snapshot.copy_to(self.store)
        self.blobs.keep_only({name for (name,) in self.store.rows("SELECT hash FROM files")})
        self.faults.clear()
        self.journal.clear()


STATE = web.AppKey("emulator_state", State)


def state_of(request: web.Request) -> State:
    """Return the running emulator's parts."""
    return request.app[STATE]
