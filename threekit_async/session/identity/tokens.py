"""The credentials of now: asked for once, however many calls need them at the same time."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Awaitable
from contextvars import ContextVar
from copy import copy
from functools import partial
from typing import NoReturn

from attrs import field, frozen

from ...errors import ConfigError, ThreekitError, UsageError
from ..auth import Credentials, Provider, Token, credentials, require_org_id
from ..wire.beside import Beside

__all__ = ("Tokens",)


# Whose providers are running here: one that calls its own client would wait for itself.
_ASKING: ContextVar[frozenset[Tokens]] = ContextVar("threekit_async_asking", default=frozenset())


class Tokens:
    """Hold what the next request is signed with.

    A provider is asked when the first request needs a token, and again when the server has refused
    that token. Whoever needs an answer that is on its way waits for it; one who stops waiting
    takes nothing from the others. A failure is not kept: the next one who needs a token asks.

    :param org_id: the client's organisation, which some credentials cannot do without.
    """

    def __init__(self, source: Credentials | Provider, *, org_id: str | None = None) -> None:
        self._provider = source if isinstance(source, Provider) else None
        self._org_id = org_id
        self._now = None if isinstance(source, Provider) else source
        self._flight: asyncio.Task[Credentials] | None = None
        #: The credentials, when they are the same for ever; None when a provider gives them.
        self.fixed: Credentials | None = self._now

    async def current(self) -> Credentials:
        """Return the credentials to use now.

        A ThreekitError of the provider is raised as it is; a ConnectError, for instance, is tried
        again as any other.

        :raises ConfigError: when the provider fails otherwise, or gives no token.
        :raises UsageError: when it waits for this client, or was stopped.
        """
        return await self._asked() if self._now is None else self._now

    async def renewed(self, after: Credentials) -> bool:
        """Ask for others after the server has refused these; False when there are no others.

        Raises what `current` raises.
        """
        if self._provider is None:
            return False
        # Somebody else may have asked since the refused request was signed.
        return self._now != after or await self._asked() != after

    def refuse_own_call(self) -> None:
        """Refuse a call of the client inside its own provider: it would wait for itself.

        :raises UsageError: when that is where this is.
        """
        if self in _ASKING.get():
            raise UsageError(
                f"{self._named} waits for the client that waits for it. "
                "Ask for the token with another client; nothing was sent."
            )

    async def aclose(self) -> None:
        """Stop asking. A function that blocks its thread goes on unheard."""
        flight, self._flight = self._flight, None
        here = flight is not None and flight.get_loop() is asyncio.get_running_loop()
        if flight is not None and here and flight is not asyncio.current_task():
            flight.cancel()
            await asyncio.wait((flight,))

    async def _asked(self) -> Credentials:
        flight = self._begun()
        # Unlike shield(), this leaves a failure that nobody waits for any more unreported.
        await asyncio.wait((flight,))
        if flight.cancelled():
            raise UsageError(
                f"{self._named} was stopped before it answered, as closing the client does; "
                "nothing was sent."
            )
        if (error := flight.exception()) is not None:
            raise _own(error)
        return flight.result()

    def _begun(self) -> asyncio.Task[Credentials]:
        flight = self._flight
        loop = asyncio.get_running_loop()
        if flight is None or flight.done() or flight.get_loop() is not loop:
            flight = self._flight = loop.create_task(self._fly())
            flight.add_done_callback(_seen)
        else:
            self.refuse_own_call()
        return flight

    async def _fly(self) -> Credentials:
        assert self._provider is not None  # noqa: S101  # fixed credentials are never asked for
        _ASKING.set(_ASKING.get() | {self})
        answer = await _answer(self._provider)
        if isinstance(answer, _Failure):
            self._fail(answer)
        require_org_id(answer, self._org_id)
        self._now = answer
        return answer

    def _fail(self, failure: _Failure) -> NoReturn:
        if failure.unfit:
            raise ConfigError(f"{self._named} gave no token that can be used. {failure.error}")
        if isinstance(failure.error, ThreekitError):
            raise failure.error
        # The provider's own words may hold a secret. Its error is the cause all the same: without
        # it nobody could tell what is wrong, and it shows what it would show without this package.
        raise ConfigError(
            f"{self._named} failed ({type(failure.error).__name__}); nothing was sent. The cause "
            "is attached to this error. The next call asks it again."
        ) from failure.error

    @property
    def _named(self) -> str:
        return f"The token provider {self._provider.name if self._provider else None}"

    def __repr__(self) -> str:
        # Credentials of a user's own class may show what they hold.
        source = type(self.fixed).__name__ if self.fixed is not None else repr(self._provider)
        return f"<Tokens {source}>"


def _own(error: BaseException) -> BaseException:
    """Give each who waits an error of its own: it gathers the frames of whoever raises it."""
    if not isinstance(error, ThreekitError):
        return error
    try:
        mine = copy(error)
    except Exception:  # noqa: BLE001  # of a class that cannot be copied
        return error
    mine.__cause__, mine.__context__ = error.__cause__, error.__context__
    mine.__suppress_context__ = error.__suppress_context__
    return mine.with_traceback(error.__traceback__)


@frozen
class _Failure:
    # Its words may hold a secret.
    error: Exception = field(repr=False)
    #: It answered, but with no token.
    unfit: bool = False


async def _answer(provider: Provider) -> Credentials | _Failure:
    given = _tried(provider) if provider.waits else await _tried_beside(provider)
    if isinstance(given, _Failure) or not inspect.isawaitable(given):
        return given
    try:
        return _read(await given)
    except Exception as error:  # noqa: BLE001  # a provider may fail in any way
        return _Failure(error)


async def _tried_beside(provider: Provider) -> Credentials | Awaitable[Token] | _Failure:
    thread = Beside("threekit-token")
    try:
        return await thread.run(partial(_tried, provider))
    finally:
        thread.end()


def _tried(provider: Provider) -> Credentials | Awaitable[Token] | _Failure:
    # What goes wrong is returned: a StopIteration that is raised would arrive as something else.
    try:
        given = provider.ask()
        return given if inspect.isawaitable(given) else _read(given)
    except Exception as error:  # noqa: BLE001  # a provider may fail in any way
        return _Failure(error)


def _read(given: object) -> Credentials | _Failure:
    # No future and no frame that raises may hold what was given: each may be shown.
    try:
        found = credentials(given)
    except ConfigError as error:
        return _Failure(error, unfit=True)
    if isinstance(found, Provider):
        return _Failure(ConfigError("It is a function; give what that returns."), unfit=True)
    return found


def _seen(flight: asyncio.Task[Credentials]) -> None:
    # Whoever waited has got the error; when all have left, it is no news.
    if not flight.cancelled():
        flight.exception()
