"""Files that are saved with a configuration, and what each of them is for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from attrs import frozen

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from threekit_async.emulator.web.forms import FormFile

THUMBNAIL = "thumbnail"


@frozen(kw_only=True)
class Assigned:
    """Which of the files is the thumbnail, and which file each key names."""

    thumbnail: FormFile | None
    attachments: Mapping[str, FormFile]


def assign(files: Sequence[FormFile], mapping: Mapping[str, object]) -> Assigned:
    """Give each file its purpose.

    ``mapping`` is from keys to file names; every file must be in it (the vendor's reference).
    Without it, a single file becomes the thumbnail (seen in public integrations), as does one
    sent in the field ``thumbnail``, the field's name of old.

    :raises ValueError: when a file has no purpose, or a name no file or more than one.
    """
    by_name = {file.filename: file for file in files}
    chosen = {key: by_name[name] for key, name in _known(mapping, by_name).items()}
    loose = [file for file in files if file not in chosen.values()]
    thumbnail = _thumbnail(loose, alone=len(files) == 1 and not mapping)
    if len(by_name) != len(files) or len(loose) > (thumbnail is not None):
        raise ValueError("each file needs a name of its own and an attachment")
    return Assigned(thumbnail=thumbnail, attachments=chosen)


def _known(mapping: Mapping[str, object], names: Mapping[str, object]) -> dict[str, str]:
    known = {key: name for key, name in mapping.items() if isinstance(name, str) and name in names}
    if len(known) != len(mapping):
        raise ValueError("an attachment names no file")
    return known


def _thumbnail(loose: Sequence[FormFile], *, alone: bool) -> FormFile | None:
    named = [file for file in loose if file.field == THUMBNAIL or alone]
    return named[0] if named else None
