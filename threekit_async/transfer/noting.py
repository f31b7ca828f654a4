"""The notes beside an unfinished file, in `<name>.part.json`. All blocks."""

from __future__ import annotations

import os

from .cleaning import NOTES_SUFFIX
from .opening import FLAGS, remove, write_all
from .resume import Notes

__all__ = ("notes_of", "remove_notes", "write_notes")

_LARGEST = 1024 * 1024


def notes_of(final: str) -> Notes | None:
    """Read the notes for a final name; None when there are none that can be believed."""
    try:
        descriptor = os.open(final + NOTES_SUFFIX, FLAGS & ~os.O_CREAT)
    except OSError:
        return None
    try:
        return Notes.read(os.read(descriptor, _LARGEST))
    except OSError:
        return None
    finally:
        os.close(descriptor)


def write_notes(final: str, notes: Notes) -> None:
    """Write them over the earlier ones: a full disk has no place for others.

    They are not flushed: the hash in them tells whether they and the bytes belong together.

    :raises OSError: when the system refuses.
    """
    text = notes.encoded()
    descriptor = os.open(final + NOTES_SUFFIX, FLAGS, 0o666)
    try:
        write_all(descriptor, text)
        os.ftruncate(descriptor, len(text))
    finally:
        os.close(descriptor)


def remove_notes(final: str) -> None:
    """Remove them, where there are any.

    :raises OSError: when the system refuses.
    """
    remove(final + NOTES_SUFFIX)
