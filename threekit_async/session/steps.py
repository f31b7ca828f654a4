"""The steps of a call: each is given the call and how to proceed, and returns the answer.

`Session` puts them in order; `repeating.py` has the one that repeats.
"""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime

from attrs import evolve, frozen

from ..errors import DeadlineError, RedirectError, RequestTimeoutError, TransportError
from ..events import AttemptEnded, Stats, TokenRenewed, Waited
from .identity.echoes import masked, masked_headers
from .identity.frames import forget_values
from .identity.redirects import MOST_HOPS, Hop, next_hop
from .identity.tokens import Tokens
from .limits import Gate
from .next_step import once_more
from .redact import shown_url
from .reply import Call, Exchange, Reply
from .retry import retry_after

__all__ = ("Limited", "Observed", "Redirected", "Signed", "in_time", "taken", "told")

_REFUSALS = frozenset({429, 503})
# Bytes of a file.
_MUCH = 64 * 1024


async def told(call: Call, proceed: Exchange) -> Reply:
    """Tell who observes of the call as a whole."""
    with call.story:
        return await proceed(call)


async def in_time(call: Call, proceed: Exchange) -> Reply:
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
            f"{call}: the deadline of {round(call.deadline - call.started, 3):g} s passed. "
            f"Options(deadline=...) allows more. {_how_far(call)}",
            sent=call.story.reached,
        ) from None


def _how_far(call: Call) -> str:
    """Say how far a call came that is given up, and how to go on."""
    if call.story.reached:
        return once_more(str(call))
    if call.story.attempts:
        return "Nothing was sent: there was no connection. Check the host and the network."
    return "Nothing was sent: the call waited for its turn."


@frozen(kw_only=True)
class Limited:
    """Hold a slot for as long as an attempt, its body included, needs a connection."""

    gate: Gate
    stats: Stats

    async def __call__(self, call: Call, proceed: Exchange) -> Reply:
        """Take the step."""
        held_back = await self.gate.enter(bulk=call.bulk, kind=call.request.path)
        began = asyncio.get_running_loop().time()
        try:
            if held_back:
                self._tell(call, held_back)
            reply = await proceed(call)
        except BaseException as error:
            if isinstance(error, TransportError) and not _broke_off(call, error):
                self._learn(call, began, None)
            else:
                self.gate.unheard(kind=call.request.path, bulk=call.bulk, began=began)
            self.gate.leave(bulk=call.bulk)
            raise
        self._learn(call, began, reply)
        self.gate.leave(bulk=call.bulk)
        return reply

    def _learn(self, call: Call, began: float, reply: Reply | None) -> None:
        refused = reply is not None and reply.status in _REFUSALS
        self.gate.answered(
            kind=call.request.path,
            bulk=call.bulk,
            began=began,
            status=reply.status if reply else None,
            retry_after=retry_after(reply.headers, datetime.now(tz=UTC))
            if reply and refused
            else None,
            abroad=reply is not None and reply.abroad,
        )

    def _tell(self, call: Call, seconds: float) -> None:
        self.stats.waited += seconds
        request = call.request
        call.story.happened(Waited(verb=request.verb, path=request.path, seconds=seconds))


def _broke_off(call: Call, error: TransportError) -> bool:
    """Tell whether the line broke after much of a file had come: that is no server's failure."""
    return call.story.received >= _MUCH and not isinstance(error, RequestTimeoutError)


@frozen(kw_only=True)
class Signed:
    """Attach the credentials; get others, once, when the server refuses them with 401."""

    tokens: Tokens
    stats: Stats

    async def __call__(self, call: Call, proceed: Exchange) -> Reply:
        """Take the step."""
        credentials = self.tokens.fixed or await self.tokens.current()
        reply = await _sent(call.signed(credentials), proceed)
        # What is refused for its credentials is not carried out: even a write is sent again.
        if reply.status != 401 or reply.abroad or not call.repeatable:
            return reply
        began = asyncio.get_running_loop().time()
        if not await self.tokens.renewed(credentials):
            return reply
        self.stats.tokens_renewed += 1
        seconds = asyncio.get_running_loop().time() - began
        call.story.happened(TokenRenewed(seconds=seconds, reason="401"))
        return await _sent(call.signed(await self.tokens.current()), proceed)


async def _sent(call: Call, proceed: Exchange) -> Reply:
    """Proceed with a signed call, and let nothing out that shows the credentials."""
    try:
        reply = await proceed(call)
    except BaseException as error:
        forget_values(error)
        raise
    if not 200 <= reply.status < 300:
        reply.body = masked(call, reply.body)
        reply.headers = masked_headers(call, reply.headers)
    return reply


@frozen(kw_only=True)
class Redirected:
    """Follow redirects of reads; credentials stay behind when the origin is another one."""

    origin: str

    async def __call__(self, call: Call, proceed: Exchange) -> Reply:
        """Take the step."""
        asked = call
        for _ in range(MOST_HOPS + 1):
            reply = await proceed(call)
            if call is not asked:
                reply.abroad = not call.url.startswith(f"{self.origin}/")
            if not 300 <= reply.status < 400:
                return reply
            hop = self._hop(call, reply)
            if hop is None:
                return reply
            reply.close()
            call = evolve(call, url=hop.url, headers=hop.headers)
        raise RedirectError(
            f"{call}: more than {MOST_HOPS} redirects; the next one was to {shown_url(call.url)}. "
            "Check the host setting and any proxy; if both are right, the server is at fault."
        )

    def _hop(self, call: Call, reply: Reply) -> Hop | None:
        return next_hop(
            asked=str(call),
            url=call.url,
            headers=call.headers,
            verb=call.request.verb,
            status=reply.status,
            location=reply.headers.get("Location"),
            origin=self.origin,
            signed=call.secrets,
        )


@frozen(kw_only=True)
class Observed:
    """Count the attempt, and report it to whoever listens."""

    stats: Stats

    async def __call__(self, call: Call, proceed: Exchange) -> Reply:
        """Take the step."""
        self.stats.requests += 1
        story = call.story
        story.attempts, story.status, story.received = call.attempt, None, 0
        if not story.narrator.hears(AttemptEnded):
            reply = await proceed(call)
            story.status = reply.status
            return reply
        began = asyncio.get_running_loop().time()
        try:
            reply = await proceed(call)
        except BaseException as error:
            story.narrator.tell(_ended(call, began, error=type(error).__name__))
            raise
        story.status = reply.status
        story.narrator.tell(_ended(call, began, status=reply.status))
        return reply


async def taken(call: Call, proceed: Exchange) -> Reply:
    """Have an open body read: the attempt ends with its last byte, or fails inside it."""
    taker = call.taker
    if taker is None:
        return await proceed(call)
    if asked := taker.headers():
        call = evolve(call, headers={**call.headers, **asked})
    reply = await proceed(call)
    if reply.open_body is not None:
        with reply:
            reply.taken = await taker.take(reply)
    return reply


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
