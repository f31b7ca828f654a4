"""The asynchronous client of an example."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import cached_property
from types import TracebackType
from typing import TYPE_CHECKING, Self

from .things import P, Raw, Session, T, raw_of, recording, veiled

if TYPE_CHECKING:
    from .services.everything import Everything

__all__ = ("AsyncThreekit",)


class AsyncThreekit:
    """Talk to nobody.

    Make one client for each process and event loop, and share it; close it with `aclose()`.
    """

    def __init__(self, *, token: str | None = None, deadline: float = 5) -> None:
        self._session = Session(veiled(token), deadline)

    @classmethod
    def from_env(cls, *, token: str | None = None) -> Self:
        """Make one from the environment."""
        return cls(token=veiled(token or "found"))

    @classmethod
    def variables(cls, prefix: str = "THREEKIT_") -> tuple[str, ...]:
        """Name what `from_env` reads."""
        return (f"{prefix}TOKEN",)

    @staticmethod
    def version() -> str:
        """Name the version."""
        return "1"

    @cached_property
    def everything(self) -> Everything:
        """Everything."""
        from .services.everything import Everything

        return Everything(self._session)

    @property
    def log(self) -> list[str]:
        """What happened."""
        return self._session.log

    def with_options(self, *, deadline: float | None = None) -> Self:
        """Return a client with other defaults."""
        twin = object.__new__(type(self))
        twin._session = Session(self._session.token, deadline, self._session.log)
        return twin

    async def ping(self, *, times: int = 1) -> str:
        """Answer."""
        return "pong" * times

    async def raw(
        self, method: Callable[P, Awaitable[T]], /, *args: P.args, **kwargs: P.kwargs
    ) -> Raw[T]:
        """Call a method: `await tk.raw(tk.everything.get, "a")`."""
        with recording() as replies:
            return raw_of(await method(*args, **kwargs), replies)

    async def aclose(self) -> None:
        """End."""
        self._session.log.append("closed")

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self.aclose()

    def __repr__(self) -> str:
        return f"<AsyncThreekit {self._session.token}>"
