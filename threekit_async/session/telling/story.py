"""One call from its start to its end, told to everybody who observes it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Self

from attrs import define, field

from ...events import RequestEnded, RequestStarted, Stats
from .narrator import Narrator
from .tracing import Happening, Operation

if TYPE_CHECKING:
    from types import TracebackType

__all__ = ("Story",)


@define(kw_only=True)
class Story:
    """Count a call, report its start and its end, and hold its span open between.

    Enter and leave it in one coroutine, around everything that belongs to the call, its deadline
    too: an error is reported as the caller sees it.

    `attempts` and `status` are what `RequestEnded` and the span say; whoever sends sets them.
    `reached` is True once an attempt had a connection: until then the server has seen nothing.
    """

    verb: str
    path: str
    stats: Stats
    narrator: Narrator
    operation: Operation
    clock: Callable[[], float]
    attempts: int = 0
    #: Of the last answer; None when none has come yet.
    status: int | None = None
    #: Bytes of an open body that the last attempt has brought.
    received: int = 0
    reached: bool = False
    _began: float = field(default=0.0, init=False)

    def happened(self, event: Happening) -> None:
        """Tell what happens inside the call: to the log, the hooks, and on its span."""
        self.narrator.tell(event)
        self.operation.happened(event)

    def __enter__(self) -> Self:
        self._began = self.clock()
        self.stats.calls += 1
        self.operation.__enter__()
        if self.narrator.hears(RequestStarted):
            self.narrator.tell(RequestStarted(verb=self.verb, path=self.path))
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if error is not None:
            self.stats.failures += 1
        if self.status is not None:
            self.operation.answered(self.status)
        self.operation.attempts(self.attempts)
        try:
            # Inside the span: whoever writes trace ids into the log has this call's.
            if self.narrator.hears(RequestEnded):
                self.narrator.tell(self._ended(error))
        finally:
            self.operation.__exit__(kind, error, traceback)

    def _ended(self, error: BaseException | None) -> RequestEnded:
        return RequestEnded(
            verb=self.verb,
            path=self.path,
            status=self.status,
            attempts=self.attempts,
            seconds=self.clock() - self._began,
            error=None if error is None else type(error).__name__,
        )
