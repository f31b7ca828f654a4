"""Optimised copies of files: made when they are first asked for, and kept."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Annotated, Any, TypeAlias

from attrs import asdict, frozen

from threekit_async.emulator.data.identity import canonical, steady_id
from threekit_async.emulator.data.tables import FILES
from threekit_async.emulator.records.files import owned, owner_of
from threekit_async.emulator.web.schemas import Rules

if TYPE_CHECKING:
    from pathlib import Path

    from threekit_async.emulator.data.store import Record
    from threekit_async.emulator.pictures.optimise import Optimised
    from threekit_async.emulator.state import State

LARGEST = 4096
_EDGE = {"type": ["integer", "null"], "minimum": 1, "maximum": LARGEST}
_FIELDS: dict[str, Any] = {
    "format": {"enum": ["webp", None]},
    "quality": {"type": ["number", "null"], "minimum": 0, "maximum": 100},
    "width": _EDGE,
    "height": _EDGE,
}
Wishes: TypeAlias = Annotated[Mapping[str, Any], Rules({"properties": _FIELDS})]
"""What the query may hold, as the vendor's Layers API page has it; the largest size is our own."""


@frozen(kw_only=True)
class Optimization:
    """What is wished of a picture.

    :param format: ``"webp"``, or ``None`` to keep the format.
    :param quality: 0 to 100, for formats that lose detail; ``None`` means 80 (assumption).
    :param width: pixels, up to 4,096.
    :param height: pixels, up to 4,096.
    """

    format: str | None = None
    quality: float | None = None
    width: int | None = None
    height: int | None = None


def read_optimization(given: Mapping[str, Any]) -> Optimization:
    """Read :data:`Wishes`; what is null is not wished, other keys are ignored."""
    return Optimization(**{name: given.get(name) for name in _FIELDS})


async def optimised_file(state: State, file: Record, path: Path, wished: Optimization) -> Record:
    """Return the record of an optimised copy; it is a file like any other, with an id of its own.

    :raises NotAPicture: when the file is no picture that can be optimised.
    """
    # Imported here: pictures need Pillow, of the extra.
    from threekit_async.emulator.pictures.optimise import optimise

    copy_id = steady_id("optimised", file["id"], canonical(asdict(wished)))
    known = state.store.get(FILES, copy_id)
    if known is not None:
        return known
    made = await state.engine.on_thread(lambda: optimise(path, wished))
    # Somebody else may have asked for the same meanwhile.
    return state.store.get(FILES, copy_id) or _kept(state, file, copy_id, made)


def _kept(state: State, file: Record, copy_id: str, made: Optimised) -> Record:
    copy = {
        **file,
        "id": copy_id,
        "filename": f"{PurePosixPath(file['filename']).stem}.{made.extension}",
        "extension": made.extension,
        "mimeType": made.mime_type,
        "size": len(made.content),
        "hash": state.blobs.add(made.content),
    }
    state.store.add(FILES, owned(copy, org_id=owner_of(state.store, file["id"])))
    return copy
