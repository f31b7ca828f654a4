"""What can be chosen about an emulator: where it keeps its data and which rules it follows."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

from attrs import field, frozen
from attrs.validators import in_

FIRST_INSTANT = datetime(2024, 6, 1, tzinfo=UTC)
SEEDS = ("empty", "demo")


def _as_path(value: Path | str | None) -> Path | None:
    return None if value is None else Path(value)


@frozen(kw_only=True)
class EmulatorSettings:
    """Choose the emulator's data and its behaviour where the vendor leaves room.

    Every default is the vendor's documented rule or, where nothing is documented, the weaker
    promise, so that a client which works with the defaults asks for nothing more.

    :param data: folder for the database and the file bytes; ``None`` keeps records in memory
        and bytes in a temporary folder that disappears at the end.
    :param seed: ``"empty"`` (one organisation and its tokens) or ``"demo"`` (three products and
        1,000 rendered layers).
    :param strict_org: answer ``400 orgid_required`` on ``/api/assets`` without ``orgId``
        (vendor's Assets API page); ``False`` derives it from the token.
    :param layer_counts: also answer ``page``, ``perPage``, ``count`` and ``sort`` in
        ``GET /api/layers``; the vendor's Layers API page shows only ``layers``.
    :param ranges: honour ``Range`` on file contents (undocumented, so off).
    :param etags: send ``ETag`` and honour ``If-None-Match`` and ``If-Range`` on file contents
        (undocumented, so off).
    :param missing_layer_status: status of ``GET /api/layers/layer`` when nothing matches. 422 is
        the only failure the vendor documents there; 404 is the other plausible answer.
    :param real_clock: stamp new records with the real time and random ids; by default each new
        record is one millisecond after the one before, and its id follows from its number.
    :param started_at: instant of the first new record of the steady clock.
    """

    data: Path | None = field(default=None, converter=_as_path)
    seed: Literal["empty", "demo"] = field(default="empty", validator=in_(SEEDS))
    strict_org: bool = True
    layer_counts: bool = False
    ranges: bool = False
    etags: bool = False
    missing_layer_status: Literal[404, 422] = field(default=422, validator=in_((404, 422)))
    real_clock: bool = False
    started_at: datetime = FIRST_INSTANT
