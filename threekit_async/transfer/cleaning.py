"""How text becomes a file name that every system accepts, and no other file has. Pure."""

from __future__ import annotations

import hashlib
import re
import unicodedata

__all__ = (
    "LONGEST_NAME",
    "MANIFEST_NAME",
    "NOTES_SUFFIX",
    "PART_SUFFIX",
    "clean",
    "clean_part",
    "distinct",
    "harmless",
    "same_name",
)

PART_SUFFIX = ".part"
"""What an unfinished file is called behind its final name."""

NOTES_SUFFIX = ".part.json"
"""What the notes on an unfinished file are called behind its final name."""

MANIFEST_NAME = "threekit-manifest.jsonl"
"""The record of what is finished, in the folder where files go."""

LONGEST_NAME = 255 - len(NOTES_SUFFIX)
"""Bytes of one part of a path: common file systems allow 255, and the longest suffix must fit."""

_LONGEST_VALUE = 120
_FORBIDDEN = re.compile(r'[\x00-\x1f\x7f/\\:*?"<>|]')
# Marks and letters that show nothing, and are not among Unicode's format characters.
_UNSEEN = re.compile(
    "[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180d\u180f\u2800\u3164\ufe00-\ufe0f\uffa0"
    "\U000e0100-\U000e01ef]"
)
_PLAIN = re.compile(r"[0-9A-Za-z_-]{1,64}")
# Lower case only: for a file system that ignores case, `A` is `a`.
_PLAIN_ID = re.compile(
    r"(?!(?:con|prn|aux|nul|com[0-9]|lpt[0-9])\Z)[0-9a-z_][0-9a-z_-]{0,79}", re.ASCII
)
# Most names are seen to be sound at once; all others are looked at in detail.
_SOUND = re.compile(
    r"(?!(?i:con|prn|aux|nul|com|lpt|threekit))[0-9A-Za-z_][0-9A-Za-z_-]{0,99}"
    r"(\.(?!(?i:part))[0-9A-Za-z]{1,16})?"
)
# Windows looks at what comes before the first dot, without blanks at its end.
_RESERVED = re.compile(
    r"(con|prn|aux|nul|conin\$|conout\$|com[0-9¹²³]|lpt[0-9¹²³]) *(\..*)?", re.IGNORECASE
)
# `THREEK~1.JSO` is another name of the manifest, where Windows keeps short names.
_SHORT = re.compile(r"[^.]{0,6}~[0-9]{1,6}(\..{0,3})?")
_SUFFIX = re.compile(r"\.[0-9A-Za-z]{1,8}\Z")


def harmless(text: str) -> str:
    """Replace what no file name should hold, in normal form C.

    That is: what some system refuses, separators, colons, control and format characters (they hide
    what a name says), unpaired surrogates, characters that show nothing, blanks but the plain one.
    """
    text = _FORBIDDEN.sub("_", unicodedata.normalize("NFC", text))
    if text.isascii():
        return text
    return "".join(map(_shown, _UNSEEN.sub("_", text)))


def _shown(character: str) -> str:
    category = unicodedata.category(character)
    if category == "Zs":
        return " "
    return "_" if category[0] == "C" or category in {"Zl", "Zp"} else character


def clean(text: str) -> str:
    """Make one value fit to be a piece of a file name; long ones are cut, and stay different."""
    if _PLAIN.fullmatch(text):
        return text
    # Each character is a byte at least, so what follows is never used.
    made = harmless(text[: _LONGEST_VALUE + 1])
    if len(text) <= _LONGEST_VALUE and len(made.encode()) <= _LONGEST_VALUE:
        return made
    suffix = _SUFFIX.search(text)
    end = f"~{_digest(text)[:12]}{suffix[0] if suffix else ''}"
    return _cut(made, _LONGEST_VALUE - len(end)) + end


def distinct(identity: str) -> str:
    """Make an id fit to be a piece of a file name, and different from every other id's.

    Also for file systems that ignore case. It has no dots, so that what follows one in the
    template can never be taken for a piece of it.
    """
    if _PLAIN_ID.fullmatch(identity):
        return identity
    # `~` is in no plain id, and cleaning alone would make `a/b` and `a:b` the same.
    start = re.sub(r"[^0-9A-Za-z_-]", "_", identity[:40]).lstrip("-")
    return f"{start or '_'}~{_digest(identity)[:32]}"


def clean_part(part: str, *, guarded: bool) -> str:
    """Make a filled part of the path a name that every system accepts, and that is not ours.

    :param guarded: whether it begins with a value. Then `.` does not hide the file, programs do
        not read `-` as an option, nor shells `~` as a home.
    """
    if _SOUND.fullmatch(part):
        return part
    part = unicodedata.normalize("NFC", part).strip(" ").rstrip(". ") or "_"
    if _SHORT.fullmatch(part):
        part = part.replace("~", "_")
    if _RESERVED.fullmatch(part) or (guarded and part[0] in "-.~"):
        part = f"_{part}"
    return f"{part}_" if _ours(part) else part


def _ours(part: str) -> bool:
    name = same_name(part)
    return name == MANIFEST_NAME or name.endswith((PART_SUFFIX, NOTES_SUFFIX))


def same_name(name: str) -> str:
    """Return what is equal for names that some file system takes for one: without case, composed.

    Compare it, do not store under it.
    """
    if name.isascii():
        return name.lower()
    return unicodedata.normalize("NFC", unicodedata.normalize("NFD", name).casefold())


def _cut(text: str, size: int) -> str:
    return text.encode()[:size].decode("utf-8", "ignore")


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
