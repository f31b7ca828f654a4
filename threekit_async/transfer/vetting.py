"""Whether what was uploaded is what was meant. Pure, but for a look at the file."""

from __future__ import annotations

from pathlib import Path

from ..errors import IntegrityError, UnsafeNameError
from ..models.files import File
from ..session.request import FilePart
from .fingerprint import Fingerprint, is_as_it_was
from .known import Known
from .promise import promised_digest

__all__ = ("changed", "check_record", "known_of_part", "path_of", "refuse_rival")


def refuse_rival(rival: str | None, part: FilePart, id: str) -> None:  # noqa: A002
    """Refuse to make an asset that somebody else of this run makes.

    :param rival: who that is; None when nobody does.
    :raises UnsafeNameError: when somebody does.
    """
    if rival is not None:
        raise UnsafeNameError(
            f"{id} would be imported as {part.filename}, and so is {rival}: the second would "
            "replace what the first has made. Upload it under another name, with "
            "Upload(path, filename=...)."
        )


def known_of_part(part: FilePart, found: Fingerprint) -> Known:
    """Return what is known of a part whose bytes were read."""
    return Known(
        id="",
        name=part.filename,
        size=found.size,
        sha256=found.sha256,
        modified=found.modified,
        path=path_of(part),
    )


def path_of(part: FilePart) -> str | None:
    """Return where a part's file lies, from the root on; None for what is no file on disk."""
    return str(part.source.absolute()) if isinstance(part.source, Path) else None


def check_record(id: str, part: FilePart, file: File, found: Fingerprint) -> None:  # noqa: A002
    """Compare what the API says it has with what was read here.

    :raises IntegrityError: when length or sha256 differ.
    """
    promised = promised_digest(file)
    if promised is None and not is_as_it_was(part, found):
        raise changed(id)
    if file.size not in {None, found.size} or promised not in {None, found.sha256}:
        raise IntegrityError(
            f"{id}: {found.size} bytes with sha256 {found.sha256[:12]}... were read here, and "
            f"record {file.id} says {file.size} with {(promised or 'none')[:12]}.... The file may "
            "have changed while it was uploaded: upload it again when it is complete, and do not "
            "use that record."
        )


def changed(id: str) -> IntegrityError:  # noqa: A002
    """Say that a file was written to meanwhile."""
    return IntegrityError(
        f"{id} changed while it was uploaded, so that what has arrived may be neither the old nor "
        "the new. Upload it again when it is complete."
    )
