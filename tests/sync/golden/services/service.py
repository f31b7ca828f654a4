"""What every service has."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Self

from ..things import Session

__all__ = ("Service",)


class Service:
    """One service."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def with_options(
        self, *, deadline: float | None = None, headers: Mapping[str, str] | None = None
    ) -> Self:
        """Return this service with other defaults."""
        return type(self)(Session(headers, deadline, self._session.log))

    async def healthcheck(self) -> None:
        """Return when the service is up; things say more than that."""
        self._session.log.append("up")
