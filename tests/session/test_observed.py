"""One client's calls as hooks, log and spans see them; in both worlds."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Any

import pytest
from aiohttp import web
from opentelemetry.instrumentation.aiohttp_client import AioHttpClientInstrumentor
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import SpanKind, StatusCode

from tests.conftest import Connect
from tests.session.raw_server import Handler, answering
from threekit_async import DeadlineError, Hooks, ServerError
from threekit_async.events import Event, RequestEnded, facts

ATTEMPTED = ["AttemptEnded", "RetryPlanned"]


def statuses(*wanted: int) -> Handler:
    left = iter(wanted)

    async def answer(_request: web.BaseRequest) -> web.StreamResponse:
        return web.json_response({"id": "a"}, status=next(left))

    return answer


def everything(heard: list[Event]) -> Hooks:
    return Hooks(
        request_started=heard.append,
        request_ended=heard.append,
        attempt_ended=heard.append,
        retry_planned=heard.append,
    )


async def test_hooks_hear_a_call_from_start_to_end(connect: Connect) -> None:
    heard: list[Event] = []
    async with answering(statuses(503, 503, 200)) as raw:
        tk = connect(raw, hooks=everything(heard))
        await tk.layers.get("a")
    names = [type(event).__name__ for event in heard]
    assert names == ["RequestStarted", *ATTEMPTED, *ATTEMPTED, "AttemptEnded", "RequestEnded"]
    assert {facts(event)["path"] for event in heard} == {"/api/layers/{layer_id}"}
    last = heard[-1]
    assert isinstance(last, RequestEnded)
    assert (last.status, last.attempts, last.error) == (200, 3, None)
    assert (tk.stats.calls, tk.stats.requests, tk.stats.failures) == (1, 3, 0)


async def test_a_failed_call_says_what_is_raised(connect: Connect) -> None:
    heard: list[Event] = []
    async with answering(statuses(503, 503, 503)) as raw:
        tk = connect(raw, hooks=Hooks(request_ended=heard.append))
        with pytest.raises(ServerError):
            await tk.layers.get("a")
    [last] = heard
    assert isinstance(last, RequestEnded)
    assert (last.status, last.attempts, last.error) == (503, 3, "ServerError")
    assert tk.stats.failures == 1


async def test_a_hook_that_raises_breaks_no_call(
    connect: Connect, caplog: pytest.LogCaptureFixture
) -> None:
    async with answering(statuses(200, 200)) as raw:
        tk = connect(raw, hooks=Hooks(attempt_ended=lambda event: dict[object, object]()[event]))
        for _ in range(2):
            await tk.layers.get("a")
    assert [record.levelname for record in caplog.records] == ["ERROR"]


@pytest.fixture
def spans(monkeypatch: pytest.MonkeyPatch) -> Iterator[InMemorySpanExporter]:
    """Let the application trace, aiohttp's attempts too."""
    provider, exporter = TracerProvider(shutdown_on_exit=False), InMemorySpanExporter()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    monkeypatch.setattr("opentelemetry.trace._TRACER_PROVIDER", provider)
    AioHttpClientInstrumentor().instrument(tracer_provider=provider)
    yield exporter
    AioHttpClientInstrumentor().uninstrument()
    provider.shutdown()


def of(spans: InMemorySpanExporter, kind: SpanKind) -> list[ReadableSpan]:
    return [span for span in spans.get_finished_spans() if span.kind is kind]


async def test_a_call_is_one_span_with_its_attempts_below_it(
    connect: Connect, spans: InMemorySpanExporter
) -> None:
    async with answering(statuses(503, 503, 200)) as raw:
        await connect(raw).layers.get("a")
    [call], attempts = of(spans, SpanKind.INTERNAL), of(spans, SpanKind.CLIENT)
    assert call.name == "threekit GET /api/layers/{layer_id}"
    assert dict(call.attributes or {})["threekit.attempts"] == 3
    assert [event.name for event in call.events] == ["retry planned"] * 2
    assert len({attempt.context.span_id for attempt in attempts}) == 3
    assert {attempt.parent and attempt.parent.span_id for attempt in attempts} == {
        call.context.span_id
    }


async def silent(_request: web.BaseRequest) -> web.StreamResponse:
    await asyncio.get_running_loop().create_future()  # until the client hangs up
    return web.Response()


async def test_a_deadline_that_passes_is_the_error_of_the_call_and_of_its_span(
    connect: Connect, spans: InMemorySpanExporter
) -> None:
    heard: list[Any] = []
    async with answering(silent) as raw:
        tk = connect(raw, deadline=0.05, hooks=Hooks(request_ended=heard.append))
        with pytest.raises(DeadlineError):
            await tk.layers.get("a")
    [call] = of(spans, SpanKind.INTERNAL)
    assert call.status.status_code is StatusCode.ERROR
    assert dict(call.attributes or {})["error.type"] == heard[-1].error == "DeadlineError"
    assert heard[-1].attempts == 1
