"""How far a run is. The engine reports; it draws nothing."""

from __future__ import annotations

from collections.abc import Callable

from attrs import define, field, frozen

from .results import FileResult

__all__ = ("Meter", "Progress")

_SECONDS = 0.1


@frozen(kw_only=True)
class Progress:
    """The state of a run, at most about ten times a second and once at its end.

    `received` counts the bytes that came so far, those of unfinished files too, and those of them
    that an earlier run had left; it goes back when a file must be fetched anew, or fails. In
    uploads it counts files that have arrived. `ended` is True in the last one.
    """

    downloaded: int = 0
    resumed: int = 0
    skipped: int = 0
    copied: int = 0
    uploaded: int = 0
    failed: int = 0
    received: int = 0
    seconds: float = 0.0
    ended: bool = False

    @property
    def files(self) -> int:
        """Files that have ended."""
        done = self.downloaded + self.resumed + self.skipped + self.copied + self.uploaded
        return done + self.failed


@define
class Meter:
    """Counts what happens in a run, and says now and then how far it is.

    An error of whoever hears it is never blamed on a file: it is raised by the next `add` or `end`,
    once, and nothing more is told.

    :param tell: hears it; None when nobody wants to know.
    :param clock: in seconds.
    """

    tell: Callable[[Progress], object] | None
    clock: Callable[[], float]
    _counts: dict[str, int] = field(factory=dict[str, int], init=False)
    _received: int = field(default=0, init=False)
    _began: float = field(default=0.0, init=False)
    _told: float = field(default=0.0, init=False)
    _trouble: Exception | None = field(default=None, init=False)

    def __attrs_post_init__(self) -> None:
        self._began = self._told = self.clock()

    @property
    def seconds(self) -> float:
        """How long the run has taken."""
        return self.clock() - self._began

    def moved(self, size: int) -> None:
        """Count bytes; fewer than none when some must be fetched anew."""
        self._received += size
        self._now_and_then()

    def add(self, result: FileResult) -> None:
        """Count a file that ended.

        :raises Exception: that of whoever is told.
        """
        self._counts[result.status] = self._counts.get(result.status, 0) + 1
        self._now_and_then()
        self._raise()

    def end(self) -> None:
        """Say how it ended.

        :raises Exception: that of whoever is told.
        """
        self._say(self.clock(), ended=True)
        self._raise()

    def _raise(self) -> None:
        if (trouble := self._trouble) is not None:
            self._trouble = None
            raise trouble

    def _now_and_then(self) -> None:
        if self.tell is not None and (now := self.clock()) - self._told >= _SECONDS:
            self._say(now, ended=False)

    def _say(self, now: float, *, ended: bool) -> None:
        if self.tell is None:
            return
        self._told = now
        progress = Progress(
            received=self._received, seconds=now - self._began, ended=ended, **self._counts
        )
        try:
            self.tell(progress)
        except Exception as error:  # noqa: BLE001  # raised where the run is
            self.tell, self._trouble = None, error
