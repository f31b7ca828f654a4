"""What is known about the request being answered, and about nothing else.

Each request is answered within one task, so a context variable holds it; the typed keys of
aiohttp's requests are younger than the oldest aiohttp that is supported.
"""

from __future__ import annotations

from contextvars import ContextVar

from attrs import define, frozen


@frozen(kw_only=True)
class Caller:
    """Say who asks.

    :param kind: ``"private"``, ``"public"`` or ``"none"``.
    """

    kind: str
    org_id: str = ""
    user_id: str = ""


NOBODY = Caller(kind="none")


@define
class Exchange:
    """One request and what became of it so far.

    :param caller: who asks; nobody before the access rules have spoken.
    :param carried_out: what was asked for was done: the route's handler came to its end.
    :param streamed: bytes of the body that were sent in pieces.
    :param fault: effect of the fault rule that is applied, if one is.
    :param whole: the body must come in one piece, whatever its size: a fault will change it.
    :param earlier: how many rows earlier than it should a page starts.
    """

    caller: Caller = NOBODY
    carried_out: bool = False
    streamed: int = 0
    fault: str | None = None
    whole: bool = False
    earlier: int = 0


_CURRENT: ContextVar[Exchange] = ContextVar("emulator_exchange")


def begin() -> Exchange:
    """Forget the request before, which may have come over the same connection."""
    exchange = Exchange()
    _CURRENT.set(exchange)
    return exchange


def current() -> Exchange:
    """Return what is known about the request being answered."""
    return _CURRENT.get()
