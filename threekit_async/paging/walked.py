"""What a thorough walk has read, and how sure it is."""

from __future__ import annotations

from attrs import frozen

__all__ = ("Walked",)


@frozen(kw_only=True)
class Walked:
    """Say how far a thorough walk came, and whether it is certain to have missed nothing.

    `rows` were handed out, each once. `pages` were read in so many `sweeps` over the listing.
    `late` rows were found only when the listing was read again, most of them because they were
    added meanwhile. `duplicates` are rows that came again within one sweep, and were dropped.

    `ended` says that the listing was read to its end, as often as needed or allowed. `confirmed`
    says that every row that was there all the time was handed out; when it is False although the
    walk has ended, `doubts` says why. Printed, it is a sentence.
    """

    rows: int
    pages: int
    sweeps: int
    late: int
    duplicates: int
    ended: bool
    confirmed: bool
    doubts: tuple[str, ...] = ()

    def __str__(self) -> str:
        return f"{self._read()}: {self._verdict()}."

    def _read(self) -> str:
        late = f", {self.late:,} of them late," if self.late else ""
        times = "once" if self.sweeps == 1 else f"{self.sweeps} times"
        return (
            f"{_counted(self.rows, 'row')}{late} in {_counted(self.pages, 'page')}; "
            f"the listing was read {times}"
        )

    def _verdict(self) -> str:
        if self.confirmed:
            return "no row that was there all the time is missing"
        if not self.ended:
            return "the walk has not come to its end"
        why = "; ".join(self.doubts)
        return f"rows may be missing, because {why}. Walk again when the listing is calm"


def _counted(number: int, what: str) -> str:
    return f"{number:,} {what}" if number == 1 else f"{number:,} {what}s"
