"""Layers with files of known bytes, and what a folder must look like whatever has happened."""

from __future__ import annotations

import hashlib
import random
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from attrs import frozen

from tests.transfer.folders import finished_in, unfinished_in
from threekit_async import Layer
from threekit_async.emulator import EmulatorThread
from threekit_async.transfer.cleaning import NOTES_SUFFIX, PART_SUFFIX
from threekit_async.transfer.resume import Notes

__all__ = ("CONTENT", "MIXED", "Shelf", "planted")

CONTENT = "/content$"
#: One that is written in one go, one of two batches, and one that is sent in pieces.
MIXED = (3_000, 700_000, 3_000_000)


@frozen(kw_only=True)
class Shelf:
    """Layers, and the sha256 of each one's file by its final name."""

    layers: Sequence[Layer]
    promised: Mapping[str, str]

    def right_in(self, folder: Path) -> set[str]:
        """Name the files that are finished, once each of them has proved to be right."""
        finished = set(finished_in(folder))
        for name in finished:
            assert digest_of(folder / name) == self.promised.get(name), f"{name} is wrong"
        return finished

    def tidy_in(self, folder: Path) -> set[str]:
        """The same, where nobody was killed: besides, there are unfinished files with notes."""
        left = set(unfinished_in(folder))
        for part in {name for name in left if name.endswith(PART_SUFFIX)}:
            notes = part.removesuffix(PART_SUFFIX) + NOTES_SUFFIX
            assert notes in left, f"{part} has no notes"
            _continuable(folder / part, folder / notes)
            left -= {part, notes}
        assert not left
        return self.right_in(folder)

    def complete_in(self, folder: Path) -> None:
        """Every file is there, and nothing else but the manifest."""
        assert self.tidy_in(folder) == set(self.promised)
        assert unfinished_in(folder) == []


def planted(
    server: EmulatorThread,
    sizes: Iterable[int],
    *,
    copies: int = 1,
    extension: str = "png",
    seed: int = 0,
) -> Shelf:
    """Put layers with files of these sizes, in bytes, into an emulator.

    :param copies: how many layers share each of the files.
    """
    noise = random.Random(seed)  # noqa: S311
    contents = [noise.randbytes(size) for size in sizes]
    name = f"render.{extension}"
    files = server.seed(files=[{"filename": name, "content": each} for each in contents])["files"]
    contents, files = contents * copies, files * copies
    rows = server.seed(layers=[{"fileId": file["id"]} for file in files])["layers"]
    return Shelf(
        layers=[_layer(row) for row in rows],
        promised={
            f"{row['id']}.{extension}": hashlib.sha256(content).hexdigest()
            for row, content in zip(rows, contents, strict=True)
        },
    )


def _layer(row: Mapping[str, Any]) -> Layer:
    return Layer(id=row["id"], file_id=row["fileId"], format=row["format"])


def _continuable(part: Path, notes: Path) -> None:
    read = Notes.read(notes.read_bytes())
    assert read is not None
    begun = part.read_bytes()
    assert len(begun) == read.written
    assert hashlib.sha256(begun).hexdigest() == read.sha256


def digest_of(path: Path) -> str:
    """Hash a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
