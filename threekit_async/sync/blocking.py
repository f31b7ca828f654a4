"""Says so when a synchronous call stops an event loop of the caller's."""

from __future__ import annotations

import asyncio
import sys
import warnings

from ..place import frame_of_caller

__all__ = ("BlockingCallWarning", "warn_of_blocking")


class BlockingCallWarning(RuntimeWarning):
    """A call of the synchronous client held up the event loop it was made in.

    Given once for each line of code, as Python's filters have it; `error` makes it an exception,
    raised before anything is sent. Never in an interactive session (Jupyter, IPython), where
    nothing else waits for the loop.
    """


def warn_of_blocking() -> None:
    """Warn when the caller's thread has an event loop that would stand still.

    :raises BlockingCallWarning: where warnings are errors.
    """
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return
    if hasattr(sys, "ps1"):  # an interactive session
        return
    caller, called = frame_of_caller()
    if caller is None:
        return
    warnings.warn_explicit(
        _said(called),
        BlockingCallWarning,
        caller.f_code.co_filename,
        caller.f_lineno,
        module=caller.f_globals.get("__name__"),
        registry=caller.f_globals.setdefault("__warningregistry__", {}),
    )


def _said(called: str) -> str:
    """Say what blocks, and what to write instead.

    :param called: as `Layers.get`, `Pager.__iter__`, or a function of the bridge that steps.
    """
    owner, _, name = called.rpartition(".")
    if owner and not name.startswith("_"):
        what = f"{called}() of the synchronous client"
        instead = f"`await` {called}() of an AsyncThreekit"
    else:
        what = f"Iterating over a {owner or 'result'} of the synchronous client"
        instead = "iterate with `async for` over the same of an AsyncThreekit"
    return (
        f"{what} holds up the event loop that runs here: nothing else of this thread is served "
        f"meanwhile. Instead {instead}, or hand the work to a thread with "
        "`await asyncio.to_thread(...)`."
    )
