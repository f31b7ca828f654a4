"""What is set in an aiohttp session while clients use it, and put back after the last of them."""

from __future__ import annotations

from typing import Any
from weakref import WeakKeyDictionary

import aiohttp
from attrs import evolve, frozen

from .patience import watched

__all__ = ("give_back", "take_over")


@frozen
class _Before:
    """How a session was, and how many clients use it now."""

    repeats: bool
    requests: type[aiohttp.ClientRequest]
    users: int = 0


_before: WeakKeyDictionary[aiohttp.ClientSession, _Before] = WeakKeyDictionary()


def take_over(session: aiohttp.ClientSession) -> None:
    """Turn aiohttp's own repeating off, and let it be seen when a request has its connection.

    What aiohttp repeats is not counted, waits for nothing, and knows no budget.
    """
    inside: Any = session
    before = _before.get(session)
    if before is None:
        before = _Before(inside._retry_connection, inside._request_class)  # noqa: SLF001
    _before[session] = evolve(before, users=before.users + 1)
    inside._retry_connection = False  # noqa: SLF001
    inside._request_class = watched(before.requests)  # noqa: SLF001


def give_back(session: aiohttp.ClientSession) -> bool:
    """Note that a client less uses it. Returns False: there is nothing to close."""
    inside: Any = session
    before = _before.pop(session)
    if before.users > 1:
        _before[session] = evolve(before, users=before.users - 1)
    else:
        inside._retry_connection = before.repeats  # noqa: SLF001
        inside._request_class = before.requests  # noqa: SLF001
    return False
