"""A server that has its limits: so many requests a second, so many at once, so long for each.

The vendor documents none of them, so all are off unless the settings say otherwise.
"""

from __future__ import annotations

import asyncio
import math
import time
from typing import TYPE_CHECKING

from attrs import define

from threekit_async.emulator.data.tables import TOKENS
from threekit_async.emulator.web.answers import VendorError
from threekit_async.emulator.web.reading import is_text, presented_token

if TYPE_CHECKING:
    from aiohttp import web
    from aiohttp.typedefs import Handler

    from threekit_async.emulator.data.store import Store
    from threekit_async.emulator.settings import EmulatorSettings

_TOO_MANY = VendorError(429, "too_many_requests", "Too many requests")
_OVERLOADED = VendorError(503, "overloaded", "Too many requests at once")


@define
class Bucket:
    """Tokens that come back at a steady rate, up to a second's worth, or one if that is more.

    :param level: tokens that are left.
    :param at: when that was known.
    """

    rate: float
    level: float
    at: float

    def take(self, now: float) -> float:
        """Take a token and return 0, or return after how many seconds there will be one."""
        self.level = min(_burst(self.rate), self.level + (now - self.at) * self.rate)
        self.at = now
        if self.level < 1:
            return (1 - self.level) / self.rate
        self.level -= 1
        return 0.0


def _burst(rate: float) -> float:
    return max(1.0, rate)


class Pressure:
    """Let requests through as fast, and as many at once, as the settings allow."""

    def __init__(self, settings: EmulatorSettings, store: Store) -> None:
        self._rate = settings.rate_limit
        self._latency = settings.latency
        self._refuses = settings.overload == "refuse"
        self._places = asyncio.Semaphore(settings.capacity) if settings.capacity else None
        self._store = store
        self._buckets: dict[str, Bucket] = {}

    def clear(self) -> None:
        """Give every organisation its full rate again."""
        self._buckets.clear()

    async def admit(self, request: web.Request, *, handler: Handler) -> web.StreamResponse:
        """Answer a request once there is a place for it, or refuse it."""
        if self._rate is not None and (wait := self._bucket(request, self._rate)):
            return _TOO_MANY.answer({"Retry-After": str(math.ceil(wait))})
        if self._places is None:
            return await self._slowly(request, handler)
        if self._refuses and self._places.locked():
            return _OVERLOADED.answer()
        async with self._places:
            return await self._slowly(request, handler)

    async def _slowly(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        if self._latency:
            await asyncio.sleep(self._latency)
        return await handler(request)

    def _bucket(self, request: web.Request, rate: float) -> float:
        """Take from the organisation's bucket; those who name none have one together."""
        now, org_id = time.monotonic(), self._organisation(request)
        if org_id not in self._buckets:
            self._buckets[org_id] = Bucket(rate, _burst(rate), now)
        return self._buckets[org_id].take(now)

    def _organisation(self, request: web.Request) -> str:
        token = presented_token(request)
        record = self._store.get(TOKENS, token) if token and is_text(token) else None
        return "" if record is None else str(record["orgId"])


def pressure_of(settings: EmulatorSettings, store: Store) -> Pressure | None:
    """Return what holds requests back; ``None`` when nothing does, which then costs nothing."""
    limited = settings.rate_limit is not None or settings.capacity is not None
    return Pressure(settings, store) if limited or settings.latency else None
