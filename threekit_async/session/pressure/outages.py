"""Which kinds of calls get no answer at all, and when one of them is tried again. Pure."""

from __future__ import annotations

import math

from attrs import define

__all__ = ("Outages", "is_failure")

# So many failures of a kind in a row, nothing answered between, are no mishaps any more.
_ROW = 8
# Pauses in seconds: the first, the longest, and the longest a server may ask for.
_PAUSE, _LONG_PAUSE, _LONGEST = 0.25, 8.0, 120.0
# Whether they were acted upon is not known, nor whether the server lives.
_UNSURE = frozenset({408, 425})


def is_failure(status: int | None) -> bool:
    """Tell whether an end of an attempt may be an outage's.

    What a server refuses for what was asked, as 404, shows that it lives; so does 429.

    :param status: None when the connection was lost, or no answer came in time.
    """
    return status is None or status >= 500 or status in _UNSURE


@define
class _Outage:
    """One kind is out: when the next call of it may be tried, and how long after that."""

    pause: float
    next: float
    #: When the one that is being tried was let in; None while there is none.
    tried: float | None = None

    def ended(self, now: float, pause: float) -> None:
        self.tried, self.pause, self.next = None, pause, now + pause


class Outages:
    """Hold calls of a kind back while all of them fail: one is tried at a time, ever more rarely.

    Eight failures in a row, with no answer between them, begin an outage of their kind. From then
    on one call is let in after a quarter of a second, and when it fails another one after twice as
    long, up to 8 s, or when the server asks for it. The first answer ends the outage.

    Kinds are judged apart: records may be read while files are not, and the other way round.
    """

    __slots__ = ("_out", "_rows")

    def __init__(self) -> None:
        #: For each kind whose last call failed, how many did since the last answer.
        self._rows: dict[str, int] = {}
        self._out: dict[str, _Outage] = {}

    def __bool__(self) -> bool:
        return bool(self._out)

    def holds(self, kind: str) -> bool:
        """Tell whether calls of a kind are held back."""
        return kind in self._out

    def delay(self, kind: str, now: float) -> float:
        """Say after how many seconds one may be tried; without end while another one is."""
        outage = self._out.get(kind)
        if outage is None:
            return 0.0
        return math.inf if outage.tried is not None else max(0.0, outage.next - now)

    def let_in(self, kind: str, now: float) -> None:
        """Learn that a call was let in; of a kind that is out it is the one that is tried."""
        if (outage := self._out.get(kind)) is not None:
            outage.tried = now

    def failed(self, kind: str, now: float, *, began: float, asked: float | None = None) -> bool:
        """Learn that an attempt failed; say whether it was one that was tried in an outage.

        :param began: when it began; what began before an outage does not prolong it.
        :param asked: how many seconds the server wants to be left alone; None when it says none.
        """
        if (outage := self._tried(kind, began)) is not None:
            outage.ended(now, min(_LONG_PAUSE, outage.pause * 2))
            outage.next = max(outage.next, now + min(asked or 0.0, _LONGEST))
            return True
        row = self._rows[kind] = self._rows.get(kind, 0) + 1
        if row >= _ROW and kind not in self._out:
            self._out[kind] = _Outage(_PAUSE, now + max(_PAUSE, min(asked or 0.0, _LONGEST)))
        return False

    def answered(self, kind: str) -> bool:
        """Learn that the server answered; say whether that ends an outage."""
        if not self._rows:
            return False
        self._rows.pop(kind, None)
        return self._out.pop(kind, None) is not None

    def unheard(self, kind: str, now: float, *, began: float) -> None:
        """Learn that an attempt ended without telling anything: it was cancelled, as a rule."""
        if (outage := self._tried(kind, began)) is not None:
            outage.ended(now, outage.pause)

    def _tried(self, kind: str, began: float) -> _Outage | None:
        """Return the outage in which this attempt was the one to be tried."""
        outage = self._out.get(kind)
        if outage is None or outage.tried is None or began < outage.tried:
            return None
        return outage

    def __repr__(self) -> str:
        return f"<Outages of {len(self._out)} kinds>"
