"""One span for each call of the API, in applications that trace with OpenTelemetry.

The span is the parent of those the official instrumentation of aiohttp makes for each attempt:
what belongs to HTTP, and the headers that carry a trace on, are its business.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any, Self
from urllib.parse import urlsplit

from ...events import CacheAnswered, RetryPlanned, TokenRenewed, Waited

if TYPE_CHECKING:
    from types import TracebackType

    from opentelemetry.trace import Tracer, TracerProvider

__all__ = ("UNTRACED", "Happening", "Operation", "Tracing")

Happening = RetryPlanned | Waited | TokenRenewed | CacheAnswered
"""An event inside a call, shown on its span."""


class Operation:
    """One call as tracing sees it; this one is seen by nobody, and costs next to nothing.

    Enter and leave it in one coroutine: what happens between is inside its span.
    """

    __slots__ = ()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """End the span; an error is named on it."""

    def attempts(self, number: int) -> None:
        """Say how many attempts there were."""

    def answered(self, status: int) -> None:
        """Say what the last answer's status was."""

    def happened(self, event: Happening) -> None:
        """Show an event on the span."""


UNTRACED = Operation()


class Tracing:
    """Make the spans of one client's calls, if the application traces.

    OpenTelemetry is never imported from here, it costs 0.1 s: an application that traces has done
    so, and has set a provider of tracers.

    :param origin: where the calls go.
    :param provider: who makes tracers; by default the application's global one.
    """

    def __init__(self, *, origin: str, provider: TracerProvider | None = None) -> None:
        self._server = _server(origin)
        self._provider = provider
        self._known: object = None
        self._tracer: Tracer | None = None

    def operation(self, *, verb: str, path: str) -> Operation:
        """Begin a call; `path` is its template."""
        tracer = self._tracer_now()
        if tracer is None:
            return UNTRACED
        from .spans import TracedOperation

        attributes = {"http.request.method": verb, "url.template": path, **self._server}
        return TracedOperation(tracer, f"threekit {verb} {path}", attributes)

    def _tracer_now(self) -> Tracer | None:
        provider: object = self._provider or _global_provider()
        # An application may set its provider after it has made the client.
        if provider is not self._known:
            from .spans import tracer_of

            self._known, self._tracer = provider, tracer_of(provider)
        return self._tracer


def _global_provider() -> object:
    api: Any = sys.modules.get("opentelemetry.trace")
    # A module that is just being imported by another thread has no such function yet.
    found = getattr(api, "get_tracer_provider", None)
    return None if found is None else found()


def _server(origin: str) -> dict[str, str | int]:
    parts = urlsplit(origin)
    port = parts.port or {"https": 443, "http": 80}.get(parts.scheme, 0)
    return {"server.address": parts.hostname or "", "server.port": port}
