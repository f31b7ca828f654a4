"""The session: every call of every service goes through here."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Iterable
from typing import TYPE_CHECKING, Any, TypeVar

from attrs import evolve

from ..config import Settings
from ..errors import DecodeError, TransportError
from ..events import Stats
from ..hooks import Hooks
from ..network import Network
from ..options import Limits, Options, Retry, Timeout
from .auth import require_org_id
from .closing import Closing
from .decode import decode
from .identity.tokens import Tokens
from .keeping.file_store import FileStore
from .limits import Gate
from .pressure.budget import RetryBudget
from .repeating import Repeated
from .reply import Call, Exchange, Reply, Step
from .request import Multipart, Request, path_of, query_of
from .retry import Outcome
from .span import Span
from .steps import Limited, Observed, Redirected, Signed, in_time, told
from .telling.narrator import Narrator
from .telling.story import Story
from .telling.tracing import Tracing
from .transport import Transport

if TYPE_CHECKING:
    from .keeping.cache import Cache

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
    the same steps, see `_steps`. A call that waits between two attempts holds neither a slot nor a
    connection.

    :param made_at: where the client was made, for the warning when it is forgotten.
    """

    def __init__(
        self,
        *,
        settings: Settings,
        limits: Limits | None = None,
        options: Options | None = None,
        network: Network | None = None,
        hooks: Hooks | None = None,
        cache: Cache | None = None,
        files: FileStore | None = None,
        user_agent: str = "threekit-async",
        made_at: str | None = None,
    ) -> None:
        limits = limits or Limits()
        require_org_id(settings.token, settings.org_id)
        self.settings = settings
        self.options = options or Options()
        self.stats = Stats()
        self.narrator = Narrator(hooks)
        self.gate = Gate(limits)
        self.transport = Transport(user_agent=user_agent, network=network, made_at=made_at)
        self.cache = cache
        self.files = files
        #: Files being written now, and who waits for them.
        self.writing: dict[str, asyncio.Event] = {}
        self.closing = Closing()
        self._tracing = Tracing(origin=settings.origin)
        self._tokens = Tokens(settings.token, org_id=settings.org_id)
        self._repeated = Repeated(
            budget=RetryBudget(limits.retry_budget),
            closing=self.closing,
            stats=self.stats,
            narrator=self.narrator,
        )
        self._background: set[asyncio.Task[Any]] = set()
        self._exchange = self._steps()

    def _steps(self) -> Exchange:
        """Put the steps of a call in order, outermost first."""
        stats = self.stats
        steps: list[Step] = [
            told,
            in_time,
            self._repeated,
            Limited(gate=self.gate, stats=stats),
            Signed(tokens=self._tokens, stats=stats),
        ]
        if self.cache is not None:
            from .keeping.cache import Cached

            steps.append(Cached(cache=self.cache, stats=stats))
        steps += [Redirected(origin=self.settings.origin), Observed(stats=stats)]
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

    async def fetch(
        self, request: Request[Any], options: Options | None = None, *, bulk: bool = False
    ) -> Reply:
        """Send a request and return the answer's bytes, undecoded.

        :param bulk: it is one of very many, and may wait while the server is slow.
        """
        self._check()
        reply = await self._exchange(self._call(request, options, buffered=True, bulk=bulk))
        if not reply.kept:
            self.stats.bytes_received += len(reply.body)
        return reply

    def read(self, request: Request[T], reply: Reply) -> T:
        """Decode the bytes of an answer."""
        try:
            return decode(
                reply.body, request.returns, asked=str(request), content_type=reply.content_type
            )
        except DecodeError:
            # As long as the server says that it still holds, it would be read again.
            if reply.forget is not None:
                reply.forget()
            raise

    async def stream(self, request: Request[Any], options: Options | None = None) -> Reply:
        """Send a request and hand over its answer with the body still open.

        Use it as `with await session.stream(...) as reply`: until the reply is closed it holds a
        connection. What fails before the body begins is repeated as for `send`; what fails inside
        it is the caller's to repeat.
        """
        self._check()
        return await self._exchange(self._call(request, options, buffered=False, bulk=True))

    def _check(self) -> None:
        """Refuse what could not be sent, before it waits for anything."""
        self.transport.check()
        if self._tokens.fixed is None:
            self._tokens.refuse_own_call()

    async def pause(self, seconds: float) -> None:
        """Wait, holding neither a connection nor a slot; for services that look again later."""
        await self.closing.rest(seconds)
        self.transport.check()

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
        """End what waits, what runs in the background, and every connection."""
        self.closing.close()
        await _ended(task for task in self._background if task is not asyncio.current_task())
        await self._tokens.aclose()
        await self.transport.aclose()
        if self.cache is not None:
            self.cache.close()

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

    async def again(
        self, request: Request[Any], error: TransportError, *, attempt: int, retry: Retry
    ) -> bool:
        """Wait for the next attempt after a body broke off; False when there is none."""
        gave_up = await self._repeated.again(
            request,
            attempt=attempt,
            outcome=Outcome(sent=error.sent),
            retry=retry,
            remaining=None,
            reason=type(error).__name__,
        )
        return gave_up is None

    def _call(
        self, request: Request[Any], options: Options | None, *, buffered: bool, bulk: bool
    ) -> Call:
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
            bulk=bulk,
            repeatable=not _unrepeatable(request),
            story=self._story(request),
        )

    def _story(self, request: Request[Any]) -> Story:
        return Story(
            verb=request.verb,
            path=request.path,
            stats=self.stats,
            narrator=self.narrator,
            operation=self._tracing.operation(verb=request.verb, path=request.path),
            clock=self.clock,
        )

    def __repr__(self) -> str:
        return f"<Session {self.settings.origin} {self.gate!r} {self.transport!r}>"


async def _ended(tasks: Iterable[asyncio.Task[Any]]) -> None:
    """Cancel tasks and wait for their end, those of another loop in vain."""
    here, ours = asyncio.get_running_loop(), list[asyncio.Task[Any]]()
    for task in list(tasks):
        if task.get_loop() is here:
            task.cancel()
            ours.append(task)
        elif task.get_loop().is_running():
            task.get_loop().call_soon_threadsafe(task.cancel)
    await asyncio.gather(*ours, return_exceptions=True)


def _unrepeatable(request: Request[Any]) -> bool:
    return isinstance(request.body, Multipart) and not request.body.repeatable


def _caching(request: Request[Any], options: Options) -> dict[str, object]:
    if request.verb != "GET":
        return {}
    return {"cacheScope": options.cache_scope, "cacheMaxAge": options.cache_max_age}


def _through(step: Step, proceed: Exchange) -> Exchange:
    return lambda call: step(call, proceed)
