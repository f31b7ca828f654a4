"""Calls as spans: one for each call, with the attempts' own spans below it."""

from __future__ import annotations

import ast
import asyncio
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from attrs import asdict, frozen
from opentelemetry import trace
from opentelemetry.instrumentation.aiohttp_client import AioHttpClientInstrumentor
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import SpanKind, StatusCode

from tests.conftest import Connect
from tests.session.happenings import CACHED, PATH, RENEWED, RETRY, WAITED
from tests.session.raw_server import answering
from threekit_async import (
    ConnectError,
    NotFoundError,
    PublicToken,
    ServerError,
    ThreekitError,
    UsageError,
)
from threekit_async.events import NAMES
from threekit_async.session.telling.tracing import UNTRACED, Happening, Operation, Tracing

ORIGIN = "https://admin.threekit.com"
SECRET = "tok-7f3a9c-recognisable"


@frozen
class Tracer:
    """An application's tracing, and what it has seen."""

    provider: TracerProvider
    seen: InMemorySpanExporter

    def operation(self, *, origin: str = ORIGIN) -> Operation:
        return Tracing(origin=origin, provider=self.provider).operation(verb="GET", path=PATH)

    def spans(self, kind: SpanKind = SpanKind.INTERNAL) -> list[ReadableSpan]:
        return [span for span in self.seen.get_finished_spans() if span.kind is kind]

    def span(self) -> ReadableSpan:
        [span] = self.spans()
        return span


@pytest.fixture
def tracer() -> Iterator[Tracer]:
    provider, seen = TracerProvider(shutdown_on_exit=False), InMemorySpanExporter()
    provider.add_span_processor(SimpleSpanProcessor(seen))
    yield Tracer(provider, seen)
    provider.shutdown()


def fails(tracer: Tracer, error: BaseException) -> ReadableSpan:
    with pytest.raises(type(error)), tracer.operation():
        raise error
    return tracer.span()


def facts(span: ReadableSpan) -> dict[str, Any]:
    return dict(span.attributes or {})


def answered(kind: type[Any], status: int) -> ThreekitError:
    error: ThreekitError = kind(
        f"GET /api/layers/a was answered {status}.",
        status=status,
        code=None,
        message="No",
        attempts=3,
    )
    return error


def test_a_call_is_a_span_named_by_its_template(tracer: Tracer) -> None:
    with tracer.operation() as span:
        span.answered(200)
        span.attempts(2)
    seen = tracer.span()
    assert seen.name == "threekit GET /api/layers/{layer_id}"
    assert facts(seen) == {
        "http.request.method": "GET",
        "url.template": PATH,
        "server.address": "admin.threekit.com",
        "server.port": 443,
        "http.response.status_code": 200,
        "threekit.attempts": 2,
    }
    assert seen.status.status_code is StatusCode.UNSET
    assert seen.instrumentation_scope is not None
    assert seen.instrumentation_scope.name == "threekit_async"


@pytest.mark.parametrize(
    ("origin", "address", "port"),
    [
        ("http://127.0.0.1:8787", "127.0.0.1", 8787),
        ("http://[::1]", "::1", 80),
        ("https://Preview.Threekit.com", "preview.threekit.com", 443),
    ],
)
def test_a_span_names_the_server(tracer: Tracer, origin: str, address: str, port: int) -> None:
    with tracer.operation(origin=origin):
        pass
    seen = facts(tracer.span())
    assert (seen["server.address"], seen["server.port"]) == (address, port)


@pytest.mark.parametrize("event", [RETRY, WAITED, RENEWED, CACHED])
def test_what_happens_inside_a_call_is_on_its_span(tracer: Tracer, event: Happening) -> None:
    with tracer.operation() as span:
        span.happened(event)
    [seen] = tracer.span().events
    assert seen.name == NAMES[type(event)]
    wanted = {f"threekit.{name}": value for name, value in asdict(event).items()}
    assert dict(seen.attributes or {}) == wanted


def test_an_error_status_is_an_error_of_the_span(tracer: Tracer) -> None:
    seen = fails(tracer, answered(ServerError, 503))
    assert seen.status.status_code is StatusCode.ERROR
    assert seen.status.description == "GET /api/layers/a was answered 503."
    named = facts(seen)
    assert (named["error.type"], named["http.response.status_code"]) == ("503", 503)
    assert named["threekit.attempts"] == 3
    [event] = seen.events
    recorded = dict(event.attributes or {})
    assert recorded["exception.type"] == "threekit_async.errors.ServerError"
    assert recorded["exception.message"] == "GET /api/layers/a was answered 503."
    assert "in fails" in str(recorded["exception.stacktrace"])


@pytest.mark.parametrize(
    ("error", "named"),
    [
        (answered(NotFoundError, 404), "404"),
        (ConnectError("GET /api/layers/a: refused."), "ConnectError"),
        (UsageError("The client is closed."), "UsageError"),
        (OSError("the upload's source broke"), "OSError"),
    ],
)
def test_an_error_is_named_by_its_status_or_its_class(
    tracer: Tracer, error: Exception, named: str
) -> None:
    seen = fails(tracer, error)
    assert seen.status.status_code is StatusCode.ERROR
    assert facts(seen)["error.type"] == named


def test_a_caller_who_no_longer_waits_is_no_error(tracer: Tracer) -> None:
    seen = fails(tracer, asyncio.CancelledError())
    assert seen.status.status_code is StatusCode.UNSET
    assert facts(seen)["error.type"] == "CancelledError"
    assert seen.events == ()


def test_no_span_shows_what_others_raise(tracer: Tracer) -> None:
    fails(tracer, OSError(f"https://files.example/?token={SECRET}"))
    ours = ConnectError("GET /api/layers/a: refused.")
    ours.__cause__ = OSError(SECRET)
    ours.__context__ = OSError(SECRET)
    with pytest.raises(ConnectError), tracer.operation():
        raise ours
    assert len(tracer.spans()) == 2
    assert SECRET not in "".join(span.to_json() for span in tracer.spans())


def test_a_trace_that_is_not_sampled_has_no_span(tracer: Tracer) -> None:
    unsampled = trace.NonRecordingSpan(trace.SpanContext(1, 1, is_remote=False))
    with trace.use_span(unsampled), tracer.operation() as span:
        span.attempts(1)
        span.happened(RETRY)
    assert tracer.spans() == []


def test_the_span_around_a_call_is_its_parent_and_current_again_afterwards(
    tracer: Tracer,
) -> None:
    with tracer.provider.get_tracer("app").start_as_current_span("nightly") as nightly:
        with tracer.operation():
            assert trace.get_current_span() is not nightly
        assert trace.get_current_span() is nightly
    call = next(span for span in tracer.spans() if span.name.startswith("threekit"))
    assert call.parent is not None
    assert call.parent.span_id == nightly.get_span_context().span_id


def test_nothing_is_traced_until_the_application_sets_a_provider(
    tracer: Tracer, monkeypatch: pytest.MonkeyPatch
) -> None:
    tracing = Tracing(origin=ORIGIN)
    assert tracing.operation(verb="GET", path=PATH) is UNTRACED
    monkeypatch.setattr("opentelemetry.trace._TRACER_PROVIDER", tracer.provider)
    with tracing.operation(verb="GET", path=PATH):
        pass
    assert len(tracer.spans()) == 1
    monkeypatch.undo()
    assert tracing.operation(verb="GET", path=PATH) is UNTRACED


@pytest.mark.parametrize("blocked", ["pass", "sys.modules['opentelemetry.trace'] = None"])
def test_opentelemetry_is_neither_needed_nor_imported(blocked: str) -> None:
    code = (
        f"import sys\n{blocked}\n"
        "from threekit_async.events import RetryPlanned\n"
        "from threekit_async.session.telling.tracing import Tracing\n"
        "event = RetryPlanned(verb='GET', path='/x', attempt=1, wait=0, reason='503')\n"
        "with Tracing(origin='https://x').operation(verb='GET', path='/x') as span:\n"
        "    span.attempts(1), span.answered(200), span.happened(event)\n"
        "sys.exit('opentelemetry' in sys.modules)\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_a_module_that_is_just_being_imported_is_no_tracing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(sys.modules, "opentelemetry.trace", type(sys)("opentelemetry.trace"))
    assert Tracing(origin=ORIGIN).operation(verb="GET", path=PATH) is UNTRACED


@pytest.fixture
def instrumented(tracer: Tracer) -> Iterator[None]:
    """Let the official instrumentation see every session of aiohttp."""
    instrumentor = AioHttpClientInstrumentor()
    instrumentor.instrument(tracer_provider=tracer.provider)
    yield
    instrumentor.uninstrument()


@pytest.mark.usefixtures("instrumented")
async def test_three_attempts_are_three_spans_below_one(connect: Connect, tracer: Tracer) -> None:
    statuses = iter([503, 503, 200])
    traces: list[str] = []

    async def answer(request: web.BaseRequest) -> web.StreamResponse:
        traces.append(request.headers["traceparent"])
        return web.json_response({"id": "a"}, status=next(statuses))

    async with answering(answer) as raw:
        tk = connect(raw)
        with tracer.operation(origin=raw.url):
            await tk.layers.get("a")
    parent, attempts = tracer.span(), tracer.spans(SpanKind.CLIENT)
    assert [attempt.parent and attempt.parent.span_id for attempt in attempts] == [
        parent.context.span_id
    ] * 3
    assert len({attempt.context.span_id for attempt in attempts}) == 3
    # What the server was told: one trace, and the span of each attempt.
    assert [told.split("-")[1:3] for told in traces] == [
        [f"{parent.context.trace_id:032x}", f"{attempt.context.span_id:016x}"]
        for attempt in attempts
    ]


def page_filter() -> Any:
    """Return the filter of URLs the how-to shows."""
    page = Path(__file__).parents[2] / "docs" / "how-to" / "observe.md"
    programs = re.findall(r"```python\n(.*?)```", page.read_text(encoding="utf-8"), re.DOTALL)
    [tree] = [ast.parse(code) for code in programs if "url_filter=without_query" in code]
    tree.body = [
        node
        for node in tree.body
        if isinstance(node, ast.FunctionDef)
        or (isinstance(node, ast.ImportFrom) and node.module == "yarl")
    ]
    named: dict[str, Any] = {}
    exec(compile(tree, str(page), "exec"), named)  # noqa: S102
    return named["without_query"]


@pytest.mark.parametrize(("filtered", "shown"), [(False, True), (True, False)])
async def test_the_filter_of_the_how_to_keeps_a_public_token_out_of_spans(
    connect: Connect, tracer: Tracer, filtered: bool, shown: bool
) -> None:
    async def answer(request: web.BaseRequest) -> web.StreamResponse:
        assert request.query["bearer_token"] == SECRET
        return web.json_response({"id": "a"})

    instrumentor = AioHttpClientInstrumentor()
    url_filter = page_filter() if filtered else None
    instrumentor.instrument(tracer_provider=tracer.provider, url_filter=url_filter)
    try:
        async with answering(answer) as raw:
            tk = connect(raw, token=PublicToken(SECRET))
            with tracer.operation(origin=raw.url):
                await tk.layers.get("a")
    finally:
        instrumentor.uninstrument()
    spans = tracer.seen.get_finished_spans()
    assert len(spans) == 2
    assert (SECRET in "".join(span.to_json() for span in spans)) is shown


@pytest.mark.usefixtures("instrumented")
async def test_calls_at_the_same_time_keep_their_attempts_apart(
    connect: Connect, tracer: Tracer
) -> None:
    async def answer(request: web.BaseRequest) -> web.StreamResponse:
        return web.json_response({"id": request.path.rpartition("/")[2]})

    async with answering(answer) as raw:
        tk = connect(raw)

        async def call(number: int) -> None:
            with tracer.operation(origin=raw.url):
                await tk.layers.get(str(number))

        await asyncio.gather(*map(call, range(20)))
    parents = {span.context.span_id for span in tracer.spans()}
    children = [span.parent and span.parent.span_id for span in tracer.spans(SpanKind.CLIENT)]
    assert len(children) == len(parents) == 20
    assert set(children) == parents
