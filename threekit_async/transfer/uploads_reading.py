"""The lines of a record of uploads, as far as they can be believed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Final

from attrs import define, field

from ..errors import UsageError
from .known import Known, decoded, known_in
from .manifest import complete_lines

__all__ = ("UploadsReading", "header_of", "no_record")

_VERSION: Final = 1
_HEADER_START: Final = b'{"threekit_uploads": '


def header_of(place: Mapping[str, object]) -> dict[str, object]:
    """Return the line that begins what is known of a place: of one organisation at one origin."""
    return {"threekit_uploads": _VERSION, **place}


@define
class UploadsReading:
    """Reads the lines of one place. What cannot be read is skipped: the API is asked then.

    `size` is where the last complete line ends that was read.
    """

    _descriptor: int
    _path: Path
    _place: Mapping[str, object]
    size: int = field(default=0, init=False)

    def entries(self) -> Iterator[Known]:
        """Read what is known of the place.

        :raises UsageError: when it is no such record, or a newer version of this package wrote it.
        """
        ours = False
        for length, line in complete_lines(self._descriptor, partial(_check_beginning, self._path)):
            if not self.size:
                _check_beginning(self._path, line)
            self.size += length
            data = decoded(line)
            if "threekit_uploads" in data:
                _check_version(data["threekit_uploads"], self._path)
                ours = all(data.get(key) == value for key, value in self._place.items())
            elif ours and (known := known_in(data)) is not None:
                yield known


def _check_beginning(path: Path, line: bytes) -> None:
    if not line.startswith(_HEADER_START):
        raise no_record(path)


def _check_version(version: object, path: Path) -> None:
    if isinstance(version, bool) or not isinstance(version, int) or version < _VERSION:
        raise no_record(path)
    if version > _VERSION:
        raise UsageError(
            f"The manifest {path} was written by a newer version of this package. Use that one, "
            "or another manifest; nothing was sent."
        )


def no_record(path: Path) -> UsageError:
    """Say that a file is something else."""
    return UsageError(
        f"{path} is there and is no manifest of uploads: nothing was written to it. Choose "
        "another name for the manifest; nothing was sent."
    )
