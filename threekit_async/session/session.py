"""The session: every call of every service goes through here."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Iterable
from typing import TYPE_CHECKING, Any, NoReturn, TypeVar

from attrs import evolve

from ..config import Settings
from ..errors import DecodeError
from ..events import Stats
from ..hooks import Hooks
from ..models.base import converter
from ..network import Network
from ..options import Limits, Options, Retry, Timeout, accepted, laid
from .auth import require_org_id
from .closing import Closing
from .decode import decode
from .identity.tokens import Tokens
from .keeping.file_store import FileStore
from .limits import Gate
from .pressure.budget import RetryBudget
from .repeating import Repeated
from .reply import Call, Exchange, Reply, Step, Taker
from .request import Multipart, Request, path_of, query_of
from .span import Span
from .steps import Limited, Observed, Redirected, Signed, in_time, taken, told
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

    `send` returns what the request says it returns; `stream` has the open body read. Both take
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
        self.options: Options = options or Options()
        self.stats: Stats = Stats()
        self.narrator: Narrator = Narrator(hooks)
        self.gate: Gate = Gate(limits)
        self.transport: Transport = Transport(
            user_agent=user_agent, network=network, made_at=made_at
        )
        self.cache = cache
        self.files = files
        #: Files being written now, and who waits for them.
        self.writing: dict[str, asyncio.Event] = {}
        self.closing: Closing = Closing()
        self._tracing = Tracing(origin=settings.origin)
        self._tokens = Tokens(settings.token, org_id=settings.org_id)
        self._repeated = Repeated(
            budget=RetryBudget(limits.retry_budget),
            closing=self.closing,
            stats=self.stats,
        )
        self._background: set[asyncio.Task[Any]] = set()
        self._exchange = self._steps()
        # What the first answer needs is imported here: not by a call, which would hold up its loop,
        # or be in the middle of it when the process forks.
        converter()

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
        steps += [Redirected(origin=self.settings.origin), Observed(stats=stats), taken]
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
        reply = await self._exchange(self._call(request, options, bulk=bulk))
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

    async def stream(
        self, request: Request[Any], taker: Taker[T], options: Options | None = None
    ) -> T:
        """Send a request, have its answer's open body read, and return what that gives.

        Reading is part of the attempt: it holds the connection, and when the body breaks off the
        call is repeated as for `send`. `taker` says what each attempt asks for, and reads what
        comes.
        """
        self._check()
        reply = await self._exchange(self._call(request, options, taker=taker, bulk=True))
        taken: T = reply.taken
        return taken

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
        self.gate.close()
        if self.cache is not None:
            self.cache.close()

    def deadline_for(self, options: Options | None) -> float | None:
        """Return the deadline that holds for a call with these options, in seconds."""
        return laid(options, self.options).deadline

    def patient(self, options: Options | None) -> Options:
        """Return options for a call that is answered only when the server's work is done.

        A timeout that was given, for the call or for the client, holds; the default is too short.
        """
        given = accepted(options)
        return evolve(given, timeout=given.timeout or self.options.timeout or _PATIENT)

    def within(self, options: Options | None) -> Span:
        """Start the deadline of a call of several steps: each takes `span.options()`."""
        return Span.begin(options, self.deadline_for(options), self.clock)

    def _call(
        self,
        request: Request[Any],
        options: Options | None,
        *,
        bulk: bool,
        taker: Taker[Any] | None = None,
    ) -> Call:
        chosen = laid(options, self.options)
        query = {"orgId": self.settings.org_id, **_caching(request, chosen), **request.query}
        path = path_of(request.path, request.params)
        # The length and the hash of a file are those of its plain bytes, and nothing bounds them.
        plain = taker is not None or request.returns.kind == "a file"
        headers = {"Accept-Encoding": "identity"} if plain else {}
        now = asyncio.get_running_loop().time()
        return Call(
            request=request,
            url=f"{self.settings.origin}{path}?{query_of(query.items())}".rstrip("?"),
            headers={**chosen.headers, **headers},
            timeout=chosen.timeout or _TIMEOUT,
            retry=_ONCE if _unrepeatable(request) else chosen.retry or _RETRY,
            started=now,
            deadline=None if chosen.deadline is None else now + chosen.deadline,
            buffered=taker is None,
            bulk=bulk,
            repeatable=not _unrepeatable(request),
            story=self._story(request),
            taker=taker,
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

    def __reduce__(self) -> NoReturn:
        raise TypeError(
            "A client does not pickle, and neither do its services: it holds open connections. "
            "Make a new client where it is needed, as in the other process."
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
