"""Walks through what a call returned, for anything that would have to be awaited."""

from __future__ import annotations

import inspect
import re
from collections.abc import AsyncIterable, Awaitable, Collection, Iterator, Mapping
from contextlib import AbstractAsyncContextManager
from itertools import islice
from typing import Any

from attrs import field, frozen

from threekit_async import Pager, Thorough

__all__ = ("Walk",)

_WAITS = (Awaitable, AsyncIterable, AbstractAsyncContextManager)
_SPEAKS_OF_WAITING = re.compile(r"\b(Async\w+|Awaitable|Coroutine)\b")
_ATOMS = (str, bytes, int, float, type(None))
_MANY = 20
_DEEP = 8


@frozen
class Walk:
    """A walk from one value through all that it leads to: items, attributes, methods, pages.

    Bounded: of many items the first are looked at, and nothing twice.
    """

    #: What was looked at; kept, or another object might get the number of one that is gone.
    _seen: dict[int, Any] = field(factory=dict[int, Any], init=False)

    @property
    def count(self) -> int:
        """How many objects were looked at."""
        return len(self._seen)

    def problems(self, value: Any, path: str, depth: int = 0) -> Iterator[str]:
        """Name each place that would have to be awaited, by its path from the value."""
        if isinstance(value, _ATOMS) or id(value) in self._seen or depth > _DEEP:
            return
        self._seen[id(value)] = value
        if kind := _waiting(value):
            yield f"{path} {kind}"
            return
        for below, name in self._below(value):
            yield from self.problems(below, f"{path}{name}", depth + 1)

    def _below(self, value: Any) -> Iterator[tuple[Any, str]]:
        if isinstance(value, Mapping):
            for key, item in islice(value.items(), _MANY):
                yield item, f"[{key!r}]"
        elif isinstance(value, (Pager, Thorough)):
            yield from _listed(value)
        elif isinstance(value, (Collection, Iterator)):
            yield from _items(iter(value))
        if _ours(value):
            yield from self._attributes(value)

    @staticmethod
    def _attributes(value: Any) -> Iterator[tuple[Any, str]]:
        for name in dir(value):
            if not name.startswith("_"):
                yield getattr(value, name), f".{name}"


def _waiting(value: Any) -> str:
    """Say how a value would have to be waited for; nothing when it would not."""
    if inspect.iscoroutinefunction(value) or inspect.isasyncgenfunction(value):
        return "is a coroutine function"
    if isinstance(value, _WAITS) and not isinstance(value, type):
        return f"is {type(value).__name__}, which is asynchronous"
    if inspect.isroutine(value) and (said := _SPEAKS_OF_WAITING.search(_returned(value))):
        return f"returns {said.group()}"
    return ""


def _returned(function: Any) -> str:
    try:
        return str(inspect.signature(function).return_annotation)
    except (ValueError, TypeError):  # written in C
        return ""


def _ours(value: Any) -> bool:
    return type(value).__module__.startswith("threekit_async")


def _items(items: Iterator[Any]) -> Iterator[tuple[Any, str]]:
    for index, item in enumerate(islice(items, _MANY)):
        yield item, f"[{index}]"


def _listed(listing: Any) -> Iterator[tuple[Any, str]]:
    """Use a listing, or a walk, in every way there is."""
    rows = iter(listing)
    yield rows, "<iter>"
    yield from _items(rows)
    if isinstance(listing, Pager):
        yield listing.first(), ".first()"
        yield listing.pages(), ".pages()"
        yield listing.all(limit=2), ".all()"
        yield listing.thorough(), ".thorough()"
    else:
        yield listing.walked, ".walked"
        yield listing.close(), ".close()"
