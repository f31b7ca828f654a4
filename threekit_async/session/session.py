"""The session: every call of every service goes through here."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Coroutine
from datetime import UTC, datetime
from typing import Any, TypeVar

from attrs import evolve

from ..config import Settings
from ..errors import DeadlineError, TransportError
from ..events import AttemptEnded, RetryPlanned, Stats, emit, listening
from ..options import Limits, Options, Retry, Timeout
from .decode import decode
from .failure import failure_of, outcome_of
from .limits import Gate
from .next_step import once_more
from .reply import Call, Exchange, Reply, Step
from .request import Multipart, Request, path_of, query_of
from .retry import GiveUp, Outcome, decide
from .span import Span
from .transport import Transport

__all__ = ("Session",)

T = TypeVar("T")

_TIMEOUT = Timeout()
_RETRY = Retry()
# The server is silent until its work is done; public integrations allow for two minutes and more.
_PATIENT = Timeout(read=300.0)
_ONCE = Retry(attempts=1)


class Session:
    """Send requests and decode their answers.

    `send` returns what the request says it returns; `stream` hands over the open body. Both take
    the same steps, outermost first: `_in_time`, `_retried`, `_limited`, `_signed`, `_observed`,
    and the transport. A call that waits between two attempts holds neither a slot nor a connection.
    """

    def __init__(
        self,
        *,
        settings: Settings,
        limits: Limits | None = None,
        options: Options | None = None,
        user_agent: str = "threekit-async",
    ) -> None:
        self.settings = settings
        self.options = options or Options()
        self.stats = Stats()
        self.gate = Gate(limits or Limits())
        self.transport = Transport(user_agent=user_agent)
        #: Files being written now, and who waits for them.
        self.writing: dict[str, asyncio.Event] = {}
        self._background: set[asyncio.Task[Any]] = set()
        self._exchange = self._steps()

    def _steps(self) -> Exchange:
        steps: tuple[Step, ...] = (
            _in_time,
            self._retried,
            self._limited,
            self._signed,
            self._observed,
        )
        exchange: Exchange = self.transport.exchange
        for step in reversed(steps):
            exchange = _through(step, exchange)
        return exchange

    def with_options(self, options: Options) -> Session:
        """Return a session with other defaults that shares pool, limits and counters."""
        twin = object.__new__(Session)
        twin.__dict__.update(self.__dict__)
        twin.options = options.over(self.options)
        return twin

    async def send(self, request: Request[T], options: Options | None = None) -> T:
        """Send a request and return the decoded answer."""
        return self.read(request, await self.fetch(request, options))

    async def fetch(self, request: Request[Any], options: Options | None = None) -> Reply:
        """Send a request and return the answer's bytes, undecoded."""
        reply = await self._exchange(self._call(request, options, buffered=True))
        self.stats.bytes_received += len(reply.body)
        return reply

    def read(self, request: Request[T], reply: Reply) -> T:
        """Decode the bytes of an answer."""
        return decode(
            reply.body, request.returns, asked=str(request), content_type=reply.content_type
        )

    async def stream(self, request: Request[Any], options: Options | None = None) -> Reply:
        """Send a request and hand over its answer with the body still open.

        Use it as `with await session.stream(...) as reply`: until the reply is closed it holds a
        connection. What fails before the body begins is repeated as for `send`; what fails inside
        it is the caller's to repeat.
        """
        return await self._exchange(self._call(request, options, buffered=False))

    async def pause(self, seconds: float) -> None:
        """Wait, holding neither a connection nor a slot; for services that look again later."""
        await asyncio.sleep(seconds)

    def clock(self) -> float:
        """Read the loop's clock, in seconds; only differences mean something."""
        return asyncio.get_running_loop().time()

    def in_background(self, work: Coroutine[Any, Any, T]) -> asyncio.Task[T]:
        """Run work beside the caller; closing the session ends what is left of it."""
        task = asyncio.get_running_loop().create_task(work)
        self._background.add(task)
        task.add_done_callback(self._background.discard)
        return task

    async def aclose(self) -> None:
        """End background work and close every connection."""
        tasks = [task for task in self._background if task is not asyncio.current_task()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await self.transport.aclose()

    def retry_for(self, options: Options | None) -> Retry:
        """Return the retry policy that holds for a call with these options."""
        return (options and options.retry) or self.options.retry or _RETRY

    def deadline_for(self, options: Options | None) -> float | None:
        """Return the deadline that holds for a call with these options, in seconds."""
        return options.over(self.options).deadline if options else self.options.deadline

    def patient(self, options: Options | None) -> Options:
        """Return options for a call that is answered only when the server's work is done.

        A timeout that was given, for the call or for the client, holds; the default is too short.
        """
        given = options or Options()
        return evolve(given, timeout=given.timeout or self.options.timeout or _PATIENT)

    def within(self, options: Options | None) -> Span:
        """Start the deadline of a call of several steps: each takes `span.options()`."""
        return Span.begin(options, self.deadline_for(options), self.clock)

    def _call(self, request: Request[Any], options: Options | None, *, buffered: bool) -> Call:
        chosen = options.over(self.options) if options else self.options
        query = {"orgId": self.settings.org_id, **_caching(request, chosen), **request.query}
        path = path_of(request.path, request.params)
        # The length and the hash of a file are those of its plain bytes.
        headers = {} if buffered else {"Accept-Encoding": "identity"}
        now = asyncio.get_running_loop().time()
        return Call(
            request=request,
            url=f"{self.settings.origin}{path}?{query_of(query.items())}".rstrip("?"),
            headers={**chosen.headers, **headers},
            timeout=chosen.timeout or _TIMEOUT,
            retry=_ONCE if _unrepeatable(request) else chosen.retry or _RETRY,
            started=now,
            deadline=None if chosen.deadline is None else now + chosen.deadline,
            buffered=buffered,
        )

    async def _retried(self, call: Call, proceed: Exchange) -> Reply:
        """Repeat an attempt that failed, as long as `decide` says so."""
        clock = asyncio.get_running_loop().time
        while True:
            ended = await _attempted(call, proceed)
            if isinstance(ended, Reply) and 200 <= ended.status < 300:
                ended.attempts, ended.seconds = call.attempt, clock() - call.started
                return ended
            repeated = await self.repeats(
                call.request,
                attempt=call.attempt,
                outcome=outcome_of(ended, datetime.now(tz=UTC)),
                retry=call.retry,
                remaining=None if call.deadline is None else call.deadline - clock(),
                reason=type(ended).__name__ if isinstance(ended, TransportError) else ended.status,
            )
            if not repeated:
                raise failure_of(
                    call, ended, seconds=clock() - call.started, moment=datetime.now(tz=UTC)
                )
            call = call.again()

    async def repeats(
        self,
        request: Request[Any],
        *,
        attempt: int,
        outcome: Outcome,
        retry: Retry,
        remaining: float | None,
        reason: object,
    ) -> bool:
        """Count, report and wait for the next attempt; False when there is none."""
        verdict = decide(
            safety=request.safety,
            attempt=attempt,
            outcome=outcome,
            retry=retry,
            remaining=remaining,
            chance=random.random(),  # noqa: S311  # jitter, not a secret
        )
        if isinstance(verdict, GiveUp):
            return False
        self.stats.retries += 1
        emit(
            RetryPlanned(
                verb=request.verb,
                path=request.path,
                attempt=attempt,
                wait=verdict.seconds,
                reason=str(reason),
            )
        )
        await asyncio.sleep(verdict.seconds)
        return True

    async def _limited(self, call: Call, proceed: Exchange) -> Reply:
        """Hold a slot for as long as the attempt, or its open body, needs a connection."""
        await self.gate.enter()
        try:
            reply = await proceed(call)
        except BaseException:
            self.gate.leave()
            raise
        if reply.open_body is None:
            self.gate.leave()
        else:
            reply.on_close.append(self.gate.leave)
        return reply

    async def _signed(self, call: Call, proceed: Exchange) -> Reply:
        """Attach the credentials of this attempt."""
        return await proceed(call.signed(self.settings.token))

    async def _observed(self, call: Call, proceed: Exchange) -> Reply:
        """Count the attempt, and report it to whoever listens."""
        self.stats.requests += 1
        if not listening():
            return await proceed(call)
        began = asyncio.get_running_loop().time()
        try:
            reply = await proceed(call)
        except BaseException as error:
            emit(_ended(call, began, error=type(error).__name__))
            raise
        emit(_ended(call, began, status=reply.status))
        return reply

    def __repr__(self) -> str:
        return f"<Session {self.settings.origin} {self.gate!r} {self.transport!r}>"


def _unrepeatable(request: Request[Any]) -> bool:
    return isinstance(request.body, Multipart) and not request.body.repeatable


def _caching(request: Request[Any], options: Options) -> dict[str, object]:
    if request.verb != "GET":
        return {}
    return {"cacheScope": options.cache_scope, "cacheMaxAge": options.cache_max_age}


def _through(step: Step, proceed: Exchange) -> Exchange:
    return lambda call: step(call, proceed)


async def _in_time(call: Call, proceed: Exchange) -> Reply:
    """Hold the whole call, its attempts and waits, to the deadline."""
    if call.deadline is None:
        return await proceed(call)
    bound = asyncio.timeout_at(call.deadline)
    try:
        async with bound:
            return await proceed(call)
    except TimeoutError:
        if not bound.expired():
            raise
        raise DeadlineError(
            f"{call}: the deadline of {call.deadline - call.started:g} s passed. "
            f"Options(deadline=...) allows more. {once_more(str(call))}",
            sent=True,
        ) from None


async def _attempted(call: Call, proceed: Exchange) -> Reply | TransportError:
    try:
        return await proceed(call)
    except TransportError as error:
        return error


def _ended(
    call: Call, began: float, *, status: int | None = None, error: str | None = None
) -> AttemptEnded:
    return AttemptEnded(
        verb=call.request.verb,
        path=call.request.path,
        attempt=call.attempt,
        status=status,
        seconds=asyncio.get_running_loop().time() - began,
        error=error,
    )
