"""What is known of files: their records, and what is finished."""

from __future__ import annotations

from collections.abc import Callable

from attrs import evolve, frozen

from ..models.files import File
from ..options import Options
from ..session.request import Request
from ..session.session import Session
from .destinations.place import Arrived
from .ledger import Entry, Ledger
from .wanted import Wanted

__all__ = ("Books",)


@frozen(kw_only=True)
class Books:
    """Ask for records, and enter what is finished.

    :param describe: the request for a file's record.
    """

    session: Session
    ledger: Ledger
    describe: Callable[[str], Request[File]]
    options: Options | None

    async def described(self, wanted: Wanted) -> Wanted:
        """Have the file's record, when it is not known yet."""
        if wanted.record is not None:
            return wanted
        request = self.describe(wanted.file_id or "")
        reply = await self.session.fetch(request, self.options, bulk=True)
        return evolve(wanted, record=self.session.read(request, reply))

    def enter(self, wanted: Wanted, name: str, arrived: Arrived, *, checked: bool) -> Entry | None:
        """Remember a finished file; not one whose bytes nobody has read."""
        if not arrived.sha256:
            return None
        entry = Entry(
            id=wanted.id,
            file_id=wanted.file_id or "",
            name=name,
            size=arrived.size,
            sha256=arrived.sha256,
            modified=arrived.modified,
            checked=checked,
        )
        self.ledger.add(entry)
        return entry
