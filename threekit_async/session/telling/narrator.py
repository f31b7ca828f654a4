"""Who is told what happens: the log, and the application's hooks."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from ...events import LEVELS, NAMES, Event, log, logger

if TYPE_CHECKING:
    from ...hooks import Hook, Hooks

__all__ = ("Narrator",)


class Narrator:
    """Tell the log and the hooks of events.

    `if narrator.hears(AttemptEnded): narrator.tell(AttemptEnded(...))`: an event nobody would hear
    of is never made.
    """

    __slots__ = ("_failed", "_hooks")

    def __init__(self, hooks: Hooks | None = None) -> None:
        self._hooks: dict[type[Event], Hook] = dict(hooks.given()) if hooks else {}
        #: Of what each one raises, the first is enough.
        self._failed: set[type[Event]] = set()

    def hears(self, kind: type[Event]) -> bool:
        """Tell whether anybody would hear of such an event."""
        return kind in self._hooks or logger.isEnabledFor(LEVELS[kind])

    def tell(self, event: Event) -> None:
        """Log an event and call its hook; what the hook raises is logged once."""
        with suppress(Exception):  # a handler of the application's may raise
            log(event)
        hook = self._hooks.get(type(event))
        if hook is not None:
            self._call(hook, event)

    def _call(self, hook: Hook, event: Event) -> None:
        try:
            hook(event)
        except Exception:  # noqa: BLE001  # an observer never breaks what it observes
            kind = type(event)
            if kind in self._failed:
                return
            self._failed.add(kind)
            with suppress(Exception):
                logger.exception(
                    "The hook for '%s' raised, and the call went on. It is called again next time; "
                    "what it raises then is not logged.",
                    NAMES[kind],
                )

    def __repr__(self) -> str:
        told = ["the log", *(f"a hook for '{NAMES[kind]}'" for kind in self._hooks)]
        return f"<Narrator tells {', '.join(told)}>"
