"""The box every export shows: its measures and its faces."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

from attrs import field, frozen

if TYPE_CHECKING:
    from collections.abc import Mapping

Point = tuple[float, float, float]


@frozen(kw_only=True)
class Face:
    """One side: its normal, and its four corners counter-clockwise as seen from outside."""

    normal: Point
    corners: tuple[Point, Point, Point, Point]


@frozen(kw_only=True)
class Box:
    """A box that stands on the ground, in metres.

    :param name: the asset's name.
    :param rgb: its colour, 0 to 255 each.
    :param notes: what the file says about where it comes from.
    """

    name: str
    size: Point
    rgb: tuple[int, int, int]
    notes: Mapping[str, Any] = field(factory=dict[str, Any])

    def faces(self) -> tuple[Face, ...]:
        """Return the six sides; y points up."""
        x, height, z = self.size[0] / 2, self.size[1], self.size[2] / 2
        right: tuple[Point, ...] = ((x, 0, z), (x, 0, -z), (x, height, -z), (x, height, z))
        left: tuple[Point, ...] = ((-x, 0, -z), (-x, 0, z), (-x, height, z), (-x, height, -z))
        return (
            _face((1, 0, 0), right),
            _face((-1, 0, 0), left),
            _face((0, 1, 0), (left[2], right[3], right[2], left[3])),
            _face((0, -1, 0), (left[0], right[1], right[0], left[1])),
            _face((0, 0, 1), (left[1], right[0], right[3], left[2])),
            _face((0, 0, -1), (right[1], left[0], left[3], right[2])),
        )


def _face(normal: Point, corners: tuple[Point, ...]) -> Face:
    first, second, third, fourth = corners
    return Face(normal=normal, corners=(first, second, third, fourth))


def steady_size(asset_id: str) -> Point:
    """Return the measures that always belong to this asset: 0.4 to 1.2 metres."""
    digest = hashlib.sha256(asset_id.encode()).digest()
    width, height, depth = (round(0.4 + 0.8 * byte / 255, 3) for byte in digest[:3])
    return width, height, depth


def linear(level: int) -> float:
    """Return a colour's level as light: 3D files do not store what a screen does."""
    part = level / 255
    return round(part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4, 6)
