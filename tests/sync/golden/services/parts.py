"""Parts of things."""

from __future__ import annotations

from ..things import Session, Thing

__all__ = ("Part", "Parts")


class Part:
    """One part: a service that inherits nothing."""

    def __init__(self, session: Session, number: int) -> None:
        self._session = session
        self._number = number

    @property
    def number(self) -> int:
        """Its number."""
        return self._number


class Parts:
    """All parts: `part = await things.parts.get(3)`."""

    def __init__(self, session: Session) -> None:
        self._session = session

    async def get(self, number: int, *, of: Thing | None = None) -> Part:
        """Open one."""
        self._session.log.append(f"part {number} of {of}")
        return Part(self._session, number)
