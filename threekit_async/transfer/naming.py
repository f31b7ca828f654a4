"""The moment a complete file gets its final name. All blocks."""

from __future__ import annotations

import os

from ..errors import UnsafeNameError
from .opening import remove
from .refusals import NO_LINKS

__all__ = ("claimed", "give_name")


def give_name(part: str, final: str, *, replace: bool) -> None:
    """Give a complete file its final name, in one step; it has its old one no more.

    :param replace: what is there under it; else that stays, where the file system has links.
    :raises UnsafeNameError: when something is there that stays.
    :raises OSError: when the system refuses; nothing has changed then.
    """
    if not replace:
        claimed(part, final)
    os.replace(part, final)  # noqa: PTH105
    # Where both are names of one file already, replacing does nothing.
    if not replace:
        remove(part)


def claimed(source: str, final: str) -> bool:
    """Give a file one more name, which nobody has; False when the file system has no links.

    :raises UnsafeNameError: when somebody has it.
    :raises OSError: when the system refuses for another reason.
    """
    try:
        os.link(source, final)
    except FileExistsError:
        raise UnsafeNameError(
            f"{final} has appeared meanwhile and is another file. Move it, or put {{id}} "
            "into the name."
        ) from None
    except OSError as error:
        if error.errno not in NO_LINKS:
            raise
        return False
    return True
