"""What is known about the request being answered, and about nothing else.

Each request is answered within one task, so context variables hold it; the typed keys of
aiohttp's requests are younger than the oldest aiohttp that is supported.
"""

from __future__ import annotations

from contextvars import ContextVar

from attrs import frozen


@frozen(kw_only=True)
class Caller:
    """Say who asks.

    :param kind: ``"private"``, ``"public"`` or ``"none"``.
    """

    kind: str
    org_id: str = ""
    user_id: str = ""


NOBODY = Caller(kind="none")
_CALLER: ContextVar[Caller] = ContextVar("emulator_caller", default=NOBODY)
_WHOLE: ContextVar[bool] = ContextVar("emulator_whole", default=False)
_STREAMED: ContextVar[int] = ContextVar("emulator_streamed", default=0)


def begin() -> None:
    """Forget the request before, which may have come over the same connection."""
    _CALLER.set(NOBODY)
    _WHOLE.set(False)
    _STREAMED.set(0)


def recognise(caller: Caller) -> None:
    """Remember who asks."""
    _CALLER.set(caller)


def current_caller() -> Caller:
    """Return who asks; nobody before the access rules have spoken."""
    return _CALLER.get()


def want_whole() -> None:
    """Ask for the body in one piece, whatever its size, because a fault will cut it."""
    _WHOLE.set(True)


def whole_wanted() -> bool:
    """Tell whether the body must come in one piece."""
    return _WHOLE.get()


def count_streamed(size: int) -> None:
    """Count bytes of a body that is sent in pieces."""
    _STREAMED.set(_STREAMED.get() + size)


def streamed() -> int:
    """Return how many bytes of the body were sent in pieces."""
    return _STREAMED.get()
