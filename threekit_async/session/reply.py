"""One attempt going out, and what came back."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from typing import Any, Protocol, Self, TypeVar

from attrs import define, evolve, field, frozen

from ..options import Retry, Timeout
from .auth import Credentials
from .redact import shown_headers, shown_url
from .request import Request, query_of
from .telling.story import Story

__all__ = ("Call", "Exchange", "OpenBody", "Reply", "Step", "Taker")

T_co = TypeVar("T_co", covariant=True)


@frozen(kw_only=True)
class Call:
    """A request on its way: the URL it goes to and how long it may take.

    `started` and `deadline` are readings of the loop's clock. A buffered call reads the whole
    answer before it counts as done; the other kind hands its open body to `taker`, which reads it
    as part of the attempt. `bulk` calls are some of very many; `repeatable` ones can be sent again
    from their beginning. `secrets` names the headers and query parameters that credentials have
    added.
    """

    request: Request[Any]
    # Once signed, both may hold a token, and a traceback may show its frames' values.
    url: str = field(repr=shown_url)
    headers: Mapping[str, str] = field(repr=lambda headers: str(shown_headers(headers)))
    timeout: Timeout
    retry: Retry
    started: float
    deadline: float | None
    buffered: bool
    story: Story = field(repr=False)
    bulk: bool = False
    repeatable: bool = True
    secrets: frozenset[str] = frozenset()
    attempt: int = 1
    taker: Taker[Any] | None = field(default=None, repr=False)

    def again(self) -> Call:
        """Return the call for the next attempt."""
        return evolve(self, attempt=self.attempt + 1)

    def signed(self, credentials: Credentials) -> Call:
        """Return the call with what tells the server who asks."""
        url, headers, added = self.url, credentials.headers(), credentials.query()
        if query := query_of(added.items()):
            url += ("&" if "?" in url else "?") + query
        # Spelled out: evolve() costs as much as the rest of the session's own work.
        return Call(
            request=self.request,
            url=url,
            headers={**self.headers, **headers},
            timeout=self.timeout,
            retry=self.retry,
            started=self.started,
            deadline=self.deadline,
            buffered=self.buffered,
            story=self.story,
            bulk=self.bulk,
            repeatable=self.repeatable,
            secrets=frozenset((*headers, *added)),
            attempt=self.attempt,
            taker=self.taker,
        )

    def __str__(self) -> str:
        return str(self.request)


class OpenBody(Protocol):
    """The bytes of an answer that are still arriving."""

    def chunks(self) -> AsyncIterator[bytes]:
        """Iterate over the pieces as they come; raises TransportError when they stop early."""
        ...

    def close(self) -> None:
        """Give the connection up; harmless when everything was read."""
        ...


@define(kw_only=True)
class Reply:
    """An answer: `body` when it was read, `open_body` while it is still arriving.

    `kept` ones come from the cache, after the server has said that they still hold. `forget` drops
    what the cache has of an answer, for whoever finds that it cannot be read.
    """

    status: int
    # A server may repeat in both what it was sent.
    headers: Mapping[str, str] = field(repr=lambda headers: str(shown_headers(headers)))
    body: bytes = field(default=b"", repr=lambda body: f"<{len(body)} bytes>")
    open_body: OpenBody | None = None
    attempts: int = 1
    seconds: float = 0.0
    kept: bool = False
    #: What the call's taker returned.
    taken: Any = field(default=None, repr=False)
    #: From another origin, to which the API has redirected.
    abroad: bool = False
    forget: Callable[[], None] | None = field(default=None, repr=False)

    @property
    def content_type(self) -> str:
        """The media type without parameters, in lower case; "" when there is none."""
        return self.headers.get("Content-Type", "").partition(";")[0].strip().lower()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Release the connection."""
        if self.open_body is not None:
            self.open_body.close()


class Taker(Protocol[T_co]):
    """Who reads the open bodies of a call's attempts."""

    def headers(self) -> Mapping[str, str]:
        """Say what the next attempt asks for besides, as a range of bytes."""
        ...

    async def take(self, reply: Reply) -> T_co:
        """Read an open body; a TransportError raised here is the attempt's."""
        ...


Exchange = Callable[[Call], Awaitable[Reply]]
Step = Callable[[Call, Exchange], Awaitable[Reply]]
