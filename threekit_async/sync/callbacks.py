"""Functions of a synchronous caller, where the asynchronous client awaits what they return."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from inspect import isawaitable
from typing import ParamSpec, TypeVar, cast

__all__ = ("awaiting",)

P = ParamSpec("P")
T = TypeVar("T")


def awaiting(function: Callable[P, T]) -> Callable[P, Awaitable[T]]:
    """Make a plain function one that can be awaited; it runs on the loop's thread.

    A function that returns something to await, against its type, is awaited there.
    """

    async def awaited(*args: P.args, **kwargs: P.kwargs) -> T:
        made: object = function(*args, **kwargs)
        return cast("T", await made if isawaitable(made) else made)

    return awaited
