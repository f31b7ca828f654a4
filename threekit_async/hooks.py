"""Functions of the application that are told what happens."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from inspect import iscoroutinefunction
from typing import Any, TypeAlias

from attrs import fields, frozen

from .errors import ConfigError
from .events import (
    NAMES,
    AttemptEnded,
    CacheAnswered,
    Event,
    FileEnded,
    PageRead,
    RequestEnded,
    RequestStarted,
    RetryPlanned,
    TokenRenewed,
    Waited,
)

__all__ = ("Hook", "Hooks")

Hook: TypeAlias = Callable[[Any], object]
"""A function that is told of one kind of event."""


@frozen(kw_only=True, repr=False)
class Hooks:
    """Name one function for each event you want to hear of; each takes the event.

    Hooks are plain functions, called in place on the event loop, for the synchronous client on
    the thread where its loop runs. Every call waits while a hook runs: count, note, hand over to
    a queue, and leave the rest to others. What a hook raises breaks no call: it is logged, once
    for each hook.

    :raises ConfigError: when a hook is not a function, or has to be awaited.

        hooks = Hooks(retry_planned=lambda event: print(event.path, event.reason))
    """

    request_started: Callable[[RequestStarted], object] | None = None
    request_ended: Callable[[RequestEnded], object] | None = None
    attempt_ended: Callable[[AttemptEnded], object] | None = None
    retry_planned: Callable[[RetryPlanned], object] | None = None
    waited: Callable[[Waited], object] | None = None
    token_renewed: Callable[[TokenRenewed], object] | None = None
    cache_answered: Callable[[CacheAnswered], object] | None = None
    page_read: Callable[[PageRead], object] | None = None
    file_ended: Callable[[FileEnded], object] | None = None

    def __attrs_post_init__(self) -> None:
        for kind, hook in self.given():
            _check(NAMES[kind].replace(" ", "_"), hook)

    def given(self) -> Iterator[tuple[type[Event], Hook]]:
        """Iterate over the hooks that are there, each with the event it hears of."""
        for kind, name in NAMES.items():
            hook: Hook | None = getattr(self, name.replace(" ", "_"))
            if hook is not None:
                yield kind, hook

    def __repr__(self) -> str:
        given = [one.name for one in fields(Hooks) if getattr(self, one.name) is not None]
        return f"<Hooks {' '.join(given) or 'none'}>"


def _check(name: str, hook: object) -> None:
    if not callable(hook):
        raise ConfigError(
            f"The hook {name} must be a function that takes the event, not {type(hook).__name__}."
        )
    # An object is called through its class.
    if iscoroutinefunction(hook) or iscoroutinefunction(type(hook).__call__):
        raise ConfigError(
            f"The hook {name} is an async function, and nobody would await it. "
            "Give a plain one; it may start a task of its own."
        )
