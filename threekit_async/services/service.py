"""What every service has."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Self

from ..options import Options, Retry, Timeout
from ..session.session import Session

__all__ = ("Service",)


class Service:
    """One API of the platform, over a session it shares with the client and its other services."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def with_options(
        self,
        *,
        timeout: Timeout | None = None,
        retry: Retry | None = None,
        deadline: float | None = None,
        headers: Mapping[str, str] | None = None,
        cache_scope: str | None = None,
        cache_max_age: int | None = None,
    ) -> Self:
        """Return this service with other defaults; it shares connections, limits and counters.

        :param timeout: bounds of one attempt; see `Timeout`.
        :param retry: how failed attempts are repeated; see `Retry`.
        :param deadline: seconds for each call, all its attempts included.
        :param headers: added to those of every request.
        :param cache_scope: asks the platform's delivery network to keep what is read; see
            `Options`.
        :param cache_max_age: for how many seconds.
        :raises ConfigError: when one of them is of another kind, or impossible.
        """
        given = Options(
            timeout=timeout,
            retry=retry,
            deadline=deadline,
            headers={} if headers is None else headers,
            cache_scope=cache_scope,
            cache_max_age=cache_max_age,
        )
        return type(self)(self._session.with_options(given))
