"""Three simple bodies, as lights and shadows in grey: 128 is the plain colour."""

# pyright: reportUnknownMemberType=false

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from PIL import Image, ImageChops, ImageDraw, ImageFilter

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

Solid = tuple[Image.Image, Image.Image]
"""The lights of a body, and where it is."""

FINE = 2
MOST_FINE = 2400


def ball(edge: int) -> Solid:
    """Return a ball, lit from the upper left."""
    wide = Image.radial_gradient("L").resize((edge * 2, edge * 2))
    corner = round(edge * 0.68)
    light = wide.crop((corner, corner, corner + edge, corner + edge))
    tones = [round(226 - 178 * min(1.0, level / 190) ** 1.15) for level in range(256)]
    mask = _mask(edge, lambda draw, s: draw.ellipse((0, 0, s - 1, s - 1), 255))
    return light.point(tones), mask


def barrel(edge: int) -> Solid:
    """Return a cylinder, seen a little from above."""
    low, tall = edge * 0.13, edge * 0.04
    ramp = Image.linear_gradient("L").rotate(90).resize((edge, edge))
    shade = ramp.point([_bent((level / 255 - 0.14) / 0.72) for level in range(256)])
    scale = edge / 100
    lid = (14 * scale, tall, 86 * scale, tall + 2 * low)
    top = _mask(edge, lambda draw, s: draw.ellipse([v * s / edge for v in lid], 255))
    shade.paste(Image.linear_gradient("L").resize((edge, edge)).point(_between(196, 150)), top)

    def outline(draw: ImageDraw.ImageDraw, s: int) -> None:
        unit = s / edge
        draw.ellipse([v * unit for v in lid], 255)
        draw.rectangle((lid[0] * unit, (tall + low) * unit, lid[2] * unit, s - low * unit), 255)
        draw.ellipse((lid[0] * unit, s - 2 * low * unit, lid[2] * unit, s - 1), 255)

    return shade, _mask(edge, outline)


def box(edge: int) -> Solid:
    """Return a cube, seen from a corner: a light top, a middling left, a dark right."""
    top = ((50, 4), (92, 25), (50, 46), (8, 25))
    left = ((8, 25), (50, 46), (50, 98), (8, 77))
    right = ((50, 46), (92, 25), (92, 77), (50, 98))
    shade = Image.new("L", (edge, edge), 128)
    down = Image.linear_gradient("L").resize((edge, edge))
    for face, tones in ((top, (178, 158)), (left, (140, 112)), (right, (98, 74))):
        shade.paste(down.point(_between(*tones)), _polygon(edge, face))
    edges = Image.new("L", (edge, edge))
    draw = ImageDraw.Draw(edges)
    for end in ((8, 25), (92, 25), (50, 98)):
        draw.line(_scaled(((50, 46), end), edge / 100), 70, max(1, edge // 160))
    shade = ImageChops.add(shade, edges.filter(ImageFilter.GaussianBlur(max(0.6, edge / 300))))
    outline = ((50, 4), (92, 25), (92, 77), (50, 98), (8, 77), (8, 25))
    return shade, _polygon(edge, outline)


SOLIDS: Sequence[Callable[[int], Solid]] = (box, barrel, ball)


def _bent(across: float) -> int:
    """Return the light at a place on a cylinder, 0 at its left and 1 at its right."""
    inside = min(1.0, max(0.0, 1 - across))
    return round(66 + 104 * math.sin(math.pi * inside**1.25))


def _between(high: int, low: int) -> list[int]:
    return [round(high + (low - high) * level / 255) for level in range(256)]


def _scaled(points: Sequence[tuple[float, float]], scale: float) -> list[tuple[float, float]]:
    return [(x * scale, y * scale) for x, y in points]


def _polygon(edge: int, points: Sequence[tuple[float, float]]) -> Image.Image:
    return _mask(edge, lambda draw, s: draw.polygon(_scaled(points, s / 100), 255))


def _mask(edge: int, outline: Callable[[ImageDraw.ImageDraw, int], object]) -> Image.Image:
    """Draw an outline with soft edges; large ones need no softening."""
    fine = FINE if edge * FINE <= MOST_FINE else 1
    mask = Image.new("L", (edge * fine, edge * fine))
    outline(ImageDraw.Draw(mask), edge * fine)
    return mask.reduce(fine) if fine > 1 else mask
