"""One call, told from its start to its end."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Any

import pytest
from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from tests.session.happenings import PATH, RETRY
from threekit_async import ConnectError
from threekit_async.events import Event, RequestEnded, RequestStarted, RetryPlanned, Stats
from threekit_async.hooks import Hooks
from threekit_async.session.telling.narrator import Narrator
from threekit_async.session.telling.story import Story
from threekit_async.session.telling.tracing import UNTRACED, Operation, Tracing

STARTED = RequestStarted(verb="GET", path=PATH)


def story(hooks: Hooks | None = None, operation: Operation = UNTRACED) -> Story:
    """Make a story whose clock moves on by a second with each look."""
    moments: Iterator[int] = iter(range(100))
    return Story(
        verb="GET",
        path=PATH,
        stats=Stats(),
        narrator=Narrator(hooks),
        operation=operation,
        clock=lambda: float(next(moments)),
    )


def ended(**changes: Any) -> RequestEnded:
    facts: dict[str, Any] = {"status": 200, "attempts": 1, "seconds": 1.0, **changes}
    return RequestEnded(verb="GET", path=PATH, **facts)


@pytest.fixture
def heard() -> list[Event]:
    return []


@pytest.fixture
def hooks(heard: list[Event]) -> Hooks:
    return Hooks(
        request_started=heard.append, request_ended=heard.append, retry_planned=heard.append
    )


def test_a_call_is_told_in_order(hooks: Hooks, heard: list[Event]) -> None:
    with story(hooks) as told:
        told.happened(RETRY)
        told.attempts, told.status = 2, 200
    assert heard == [STARTED, RETRY, ended(attempts=2)]
    assert told.stats == Stats(calls=1)


@pytest.mark.parametrize("error", [ConnectError("refused"), asyncio.CancelledError()])
def test_a_call_that_fails_is_told_with_its_error(
    hooks: Hooks, heard: list[Event], error: BaseException
) -> None:
    told = story(hooks)
    told.attempts = 3
    with pytest.raises(type(error)), told:
        raise error
    assert heard[-1] == ended(status=None, attempts=3, error=type(error).__name__)
    assert told.stats == Stats(calls=1, failures=1)


def test_a_call_nobody_hears_of_is_counted_all_the_same() -> None:
    with story() as told:
        pass
    assert told.stats == Stats(calls=1)


@pytest.fixture
def seen() -> Iterator[tuple[TracerProvider, InMemorySpanExporter]]:
    provider, exporter = TracerProvider(shutdown_on_exit=False), InMemorySpanExporter()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    yield provider, exporter
    provider.shutdown()


def test_the_span_says_the_same(
    seen: tuple[TracerProvider, InMemorySpanExporter], heard: list[Event]
) -> None:
    provider, exporter = seen
    operation = Tracing(origin="https://x", provider=provider).operation(verb="GET", path=PATH)
    with story(None, operation) as told:
        told.happened(RETRY)
        told.attempts, told.status = 2, 200
    [span] = exporter.get_finished_spans()
    facts = dict(span.attributes or {})
    assert (facts["threekit.attempts"], facts["http.response.status_code"]) == (2, 200)
    assert [event.name for event in span.events] == ["retry planned"]


def test_hooks_run_inside_the_span_and_cannot_keep_it_open(
    seen: tuple[TracerProvider, InMemorySpanExporter],
) -> None:
    provider, exporter = seen
    current: list[trace.Span] = []

    def stop(_event: object) -> None:
        current.append(trace.get_current_span())
        raise KeyboardInterrupt

    operation = Tracing(origin="https://x", provider=provider).operation(verb="GET", path=PATH)
    told = story(Hooks(request_ended=stop), operation)
    with pytest.raises(KeyboardInterrupt), told:
        pass
    [span] = exporter.get_finished_spans()
    assert current[0].get_span_context() == span.context
    assert trace.get_current_span() is trace.INVALID_SPAN


def test_only_what_is_heard_is_made(monkeypatch: pytest.MonkeyPatch) -> None:
    def made(**_facts: object) -> None:
        raise AssertionError("nobody hears of it")

    monkeypatch.setattr("threekit_async.session.telling.story.RequestStarted", made)
    monkeypatch.setattr(Narrator, "hears", lambda *_: False)
    with story():
        pass


def test_a_retry_is_an_event_like_any_other(heard: list[Event]) -> None:
    told = story(Hooks(retry_planned=heard.append))
    told.happened(RetryPlanned(verb="GET", path=PATH, attempt=2, wait=0, reason="429"))
    assert [type(event) for event in heard] == [RetryPlanned]
