"""Calls as spans: imported only where the application has imported OpenTelemetry."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from traceback import format_exception
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from opentelemetry import context, trace
from opentelemetry.trace import SpanKind, Status, StatusCode, Tracer, TracerProvider

from ..._version import __version__
from ...errors import StatusError, ThreekitError
from ...events import NAMES, facts
from .tracing import Happening, Operation

if TYPE_CHECKING:
    from contextvars import Token

__all__ = ("TracedOperation", "tracer_of")


def tracer_of(provider: object) -> Tracer | None:
    """Return a provider's tracer; None when there is none, or none was set by the application."""
    if not isinstance(provider, TracerProvider) or isinstance(provider, trace.ProxyTracerProvider):
        return None
    return provider.get_tracer("threekit_async", __version__)


class TracedOperation(Operation):
    """One call as a span, which is the current one while the call runs.

    Of kind INTERNAL: the requests that leave the process are spans below it.
    """

    __slots__ = ("_attributes", "_name", "_span", "_token", "_tracer")

    def __init__(self, tracer: Tracer, name: str, attributes: Mapping[str, str | int]) -> None:
        self._tracer = tracer
        self._name = name
        self._attributes = attributes
        self._span: trace.Span = trace.INVALID_SPAN
        self._token: Token[context.Context] | None = None

    def __enter__(self) -> Self:
        # Samplers and processors are the application's, and may raise: no call ends by that.
        with suppress(Exception):
            self._span = self._tracer.start_span(
                self._name, kind=SpanKind.INTERNAL, attributes=self._attributes
            )
            self._token = context.attach(trace.set_span_in_context(self._span))
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """End the span; an error is named on it."""
        with suppress(Exception):
            if self._token is not None:
                context.detach(self._token)
            if error is not None and self._span.is_recording():
                self._failed(error)
            self._span.end()

    def attempts(self, number: int) -> None:
        """Say how many attempts there were."""
        with suppress(Exception):
            self._span.set_attribute("threekit.attempts", number)

    def answered(self, status: int) -> None:
        """Say what the last answer's status was."""
        with suppress(Exception):
            self._span.set_attribute("http.response.status_code", status)

    def happened(self, event: Happening) -> None:
        """Show an event on the span."""
        named: dict[str, Any] = facts(event, prefix="threekit.")
        with suppress(Exception):
            self._span.add_event(NAMES[type(event)], named)

    def _failed(self, error: BaseException) -> None:
        if isinstance(error, StatusError):
            self.answered(error.status)
            self.attempts(error.attempts)
        self._span.set_attribute("error.type", _type_of(error))
        # A caller who no longer waits is no failure of the call.
        if isinstance(error, Exception):
            self._span.set_status(Status(StatusCode.ERROR, _shown(error)))
        if isinstance(error, ThreekitError):
            # Without the errors it came from, which may hold what must not be seen.
            trace_back = "".join(format_exception(error, chain=False))
            self._span.record_exception(error, {"exception.stacktrace": trace_back})


def _type_of(error: BaseException) -> str:
    return str(error.status) if isinstance(error, StatusError) else type(error).__name__


def _shown(error: Exception) -> str:
    # What others raise, sources of uploads for instance, may say anything.
    return str(error) if isinstance(error, ThreekitError) else type(error).__name__
