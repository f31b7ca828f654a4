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
    ) -> Self:
        """Return this service with other defaults; it shares connections, limits and counters.

        :param timeout: bounds of one attempt; see `Timeout`.
        :param retry: how failed attempts are repeated; see `Retry`.
        :param deadline: seconds for each call, all its attempts included.
        :param headers: added to those of every request.
        """
        given = Options(timeout=timeout, retry=retry, deadline=deadline, headers=headers or {})
        return type(self)(self._session.with_options(given))
