"""The lines of a manifest: what each says, and how it is written. Pure."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any, TypeAlias

from attrs import frozen

__all__ = ("HEADER_START", "VERSION", "Entry", "Gone", "Header", "Line", "Mark", "read", "written")

VERSION = 1
"""What this package writes, and the newest it reads."""

HEADER_START = b'{"threekit_manifest":'
"""How every manifest begins."""

_quoted: Callable[[str], str] = json.JSONEncoder(ensure_ascii=False).encode
# What the index can hold, and far more than any file.
_MOST = 2**63 - 1


@frozen(kw_only=True)
class Entry:
    """A file that is finished.

    :param id: the layer's, or whatever the file was asked by.
    :param file_id: of the file whose bytes these are.
    :param name: relative to the folder; `/` separates folders.
    :param size: in bytes.
    :param sha256: of the bytes, as 64 hexadecimal digits; empty when nobody hashed them.
    :param modified: when the file on disk was last changed, in nanoseconds since 1970; 0 when that
        is not known.
    :param checked: the bytes were compared with the hash in the file's record.
    :param sure: no power cut can have taken the bytes: they were brought to the disk's surface
        after they were written, or were written in this run. Never part of a line.
    """

    id: str
    file_id: str
    name: str
    size: int
    sha256: str
    modified: int = 0
    checked: bool = False
    sure: bool = False


@frozen
class Header:
    """A run begins: the entries that follow were named by this template."""

    version: int
    template: str | None


@frozen
class Gone:
    """What was said of this name before does not hold any more."""

    name: str


@frozen
class Mark:
    """Everything the lines between two places tell of is on the disk's surface.

    Places count bytes from the manifest's beginning. Lines before `since` are of earlier runs, or
    of a sync that failed: a later one proves nothing about them.
    """

    since: int
    until: int


Line: TypeAlias = Entry | Header | Gone | Mark


def written(line: Line) -> bytes:
    """Write a line, with its newline.

    :raises UnicodeEncodeError: when a text holds half of a surrogate pair.
    """
    if isinstance(line, Entry):
        # By hand: this is done for each file, and a third as dear as a whole dictionary's way.
        text = (
            f'{{"id":{_quoted(line.id)},"file_id":{_quoted(line.file_id)},'
            f'"name":{_quoted(line.name)},"size":{line.size},"sha256":{_quoted(line.sha256)},'
            f'"modified":{line.modified},"checked":{"true" if line.checked else "false"}}}\n'
        )
    elif isinstance(line, Header):
        text = f'{{"threekit_manifest":{line.version},"template":{_quoted(line.template or "")}}}\n'
    elif isinstance(line, Gone):
        text = f'{{"gone":{_quoted(line.name)}}}\n'
    else:
        text = f'{{"synced":{line.until},"since":{line.since}}}\n'
    return text.encode()


def read(line: bytes) -> Line | None:
    """Read a line; None when it says nothing that can be believed. Unknown keys are ignored."""
    try:
        data: Any = json.loads(line.decode())
        if data.__class__ is not dict:
            return None
        if b"\\u" in line:
            # Half of a surrogate pair can be escaped, and nothing else here can hold it.
            json.dumps(data, ensure_ascii=False).encode()
    except (ValueError, RecursionError):
        return None
    if "id" in data:
        return _entry(data)
    return _header(data) or _gone(data) or _mark(data)


def _entry(data: dict[str, Any]) -> Entry | None:
    get: Callable[..., Any] = data.get
    identity, file_id, name, size = get("id"), get("file_id"), get("name"), get("size")
    sha256, modified, checked = get("sha256", ""), get("modified", 0), get("checked", False)
    if not (
        identity.__class__ is file_id.__class__ is name.__class__ is sha256.__class__ is str
        and size.__class__ is modified.__class__ is int
        and checked.__class__ is bool
        and 0 <= size <= _MOST
        and -_MOST <= modified <= _MOST
        and _stays(name)
    ):
        return None
    return Entry(
        id=identity,
        file_id=file_id,
        name=name,
        size=size,
        sha256=sha256,
        modified=modified,
        checked=checked,
    )


def _stays(name: str) -> bool:
    """Tell whether a name stays in its folder, on every system."""
    return not (
        not name
        or name[0] == "/"
        or "\\" in name
        or "\0" in name
        or (name[1:2] == ":" and name[0].isalpha())
        or (".." in name and ".." in name.split("/"))
    )


def _header(data: dict[str, Any]) -> Header | None:
    version: Any = data.get("threekit_manifest")
    template: Any = data.get("template")
    if version.__class__ is not int or version < 1:
        return None
    return Header(version, template if template.__class__ is str else None)


def _gone(data: dict[str, Any]) -> Gone | None:
    name: Any = data.get("gone")
    return Gone(name) if name.__class__ is str else None


def _mark(data: dict[str, Any]) -> Mark | None:
    since: Any = data.get("since")
    until: Any = data.get("synced")
    if since.__class__ is until.__class__ is int and 0 <= since <= until <= _MOST:
        return Mark(since, until)
    return None
