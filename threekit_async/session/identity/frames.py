"""What the frames of a traceback hold: error reports show it, and aiohttp's hold the token."""

from __future__ import annotations

from contextlib import suppress

__all__ = ("forget_values",)


def forget_values(error: BaseException) -> None:
    """Empty aiohttp's frames in the traceback of an error, and of those it came from.

    What the transport raises has no such frames; a call that is cancelled, or stopped by Ctrl-C,
    comes through them. Files and lines stay, for whoever looks where a call was.
    """
    seen: set[int] = set()
    left: list[BaseException | None] = [error]
    while left:
        one = left.pop()
        if one is None or id(one) in seen:
            continue
        seen.add(id(one))
        left += [one.__cause__, one.__context__]
        _empty(one)


def _empty(error: BaseException) -> None:
    step = error.__traceback__
    while step is not None:
        frame = step.tb_frame
        if str(frame.f_globals.get("__name__")).partition(".")[0] == "aiohttp":
            with suppress(RuntimeError):  # it has not ended
                frame.clear()
        step = step.tb_next
