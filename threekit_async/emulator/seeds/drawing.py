"""Draw the demo's pictures: what does not change is drawn once, a picture only puts it together."""

# pyright: reportUnknownMemberType=false
# Pillow's hints speak of numpy arrays, and numpy is not needed here.

from __future__ import annotations

import io
from functools import cache
from typing import TYPE_CHECKING

from threekit_async.emulator.errors import EmulatorError

try:
    from PIL import Image, ImageChops, ImageDraw, ImageFilter, ImageFont
except ImportError as _missing:
    raise EmulatorError(
        "The demo seed draws pictures with Pillow: install threekit-async[emulator]."
    ) from _missing

from threekit_async.emulator.seeds.patterns import EDGE, pattern
from threekit_async.emulator.seeds.silhouettes import (
    FLOOR,
    MIDDLE,
    Part,
    Point,
    Silhouette,
    silhouette,
)

if TYPE_CHECKING:
    from threekit_async.emulator.seeds.catalogue import RGB, Choice, Finish, Product, Size, Surface

FINE = 2
CARD = 340
INK = (44, 42, 40)
QUIET = (122, 118, 112)
Cut = tuple[Image.Image, Image.Image, tuple[int, int]]


class Painter:
    """Paint one picture of 400 x 400 for each choice; the same choice gives the same bytes."""

    def __init__(self) -> None:
        self._pattern = cache(pattern)
        self._base = cache(self._draw_base)
        self._dyed = cache(self._draw_dyed)
        self._over = cache(self._draw_over)
        self._swatch = cache(self._draw_swatch)
        self._name = ImageFont.load_default(size=19)
        self._line = ImageFont.load_default(size=12.5)

    def paint(self, product: Product, choice: Choice) -> bytes:
        """Return the PNG of a product as chosen."""
        picture = self._base(product, choice.size, choice.finish).copy()
        shade, mask, corner = self._dyed(product, choice.size, choice.surface)
        picture.paste(dye(shade, choice.colour.rgb), corner, mask)
        if (handles := self._over(product, choice.size, choice.finish)) is not None:
            coloured, handle_mask, place = handles
            picture.paste(coloured, place, handle_mask)
        self._caption(picture, choice)
        out = io.BytesIO()
        picture.save(out, "PNG", compress_level=1)
        return out.getvalue()

    def _draw_base(self, product: Product, size: Size, finish: Finish) -> Image.Image:
        """Draw what does not depend on colour and surface: room, shadow, legs, name."""
        shape = silhouette(product, size)
        picture = _room(shape)
        shade, mask = solid(shape.under)
        grained = _textured(shade, self._pattern(finish.pattern))
        picture.paste(dye(grained, finish.rgb), (0, 0), mask)
        draw = ImageDraw.Draw(picture)
        draw.rectangle((0, CARD, EDGE, EDGE), "white")
        draw.line((0, CARD, EDGE, CARD), (224, 219, 211))
        draw.text((20, CARD + 11), product.name, INK, self._name)
        return picture

    def _draw_dyed(self, product: Product, size: Size, surface: Surface) -> Cut:
        shade, mask = solid(silhouette(product, size).dyed)
        return _trimmed(_textured(shade, self._pattern(surface.pattern)), mask)

    def _draw_over(self, product: Product, size: Size, finish: Finish) -> Cut | None:
        parts = silhouette(product, size).over
        if not parts:
            return None
        shade, mask, corner = _trimmed(*solid(parts))
        return dye(shade, finish.rgb), mask, corner

    def _draw_swatch(self, surface: Surface) -> tuple[Image.Image, Image.Image]:
        disc = Part(points=((0, 0), (40, 40)), radius=20, soft=3, shade=(112, 132))
        shade, mask = solid((disc,))
        cut = _textured(shade, self._pattern(surface.pattern))
        return cut.crop((0, 0, 42, 42)), mask.crop((0, 0, 42, 42))

    def _caption(self, picture: Image.Image, choice: Choice) -> None:
        shade, mask = self._swatch(choice.surface)
        picture.paste(dye(shade, choice.colour.rgb), (340, CARD + 10), mask)
        text = (
            f"{choice.colour.name} {choice.surface.name.lower()}  |  {choice.size.name} "
            f"{choice.size.measure}  |  {choice.finish.name}"
        )
        ImageDraw.Draw(picture).text((20, CARD + 36), text, QUIET, self._line)


def dye(shade: Image.Image, rgb: RGB) -> Image.Image:
    """Colour a grey image: 128 becomes the colour, less darkens it, more lightens it."""
    return Image.merge("RGB", [shade.point(_tones(level)) for level in rgb])


@cache
def _tones(level: int) -> list[int]:
    dark = [round(level * grey / 128) for grey in range(128)]
    light = [round(level + (255 - level) * (grey - 128) / 170) for grey in range(128, 256)]
    return dark + light


def solid(parts: tuple[Part, ...]) -> tuple[Image.Image, Image.Image]:
    """Return lights and shadows of some parts, and where they are."""
    shade = Image.new("L", (EDGE, EDGE), 128)
    mask = Image.new("L", (EDGE, EDGE))
    for part in parts:
        outline = _outline(part)
        shade.paste(_volume(part, outline), (0, 0), outline)
        mask = ImageChops.lighter(mask, outline)
    return shade, mask


def _outline(part: Part) -> Image.Image:
    fine = Image.new("L", (EDGE * FINE, EDGE * FINE))
    draw = ImageDraw.Draw(fine)
    points = [(x * FINE, y * FINE) for x, y in part.points]
    if len(points) == 2:
        draw.rounded_rectangle((*points[0], *points[1]), part.radius * FINE, 255)
    else:
        draw.polygon(points, 255)
    return fine.reduce(FINE)


def _volume(part: Part, outline: Image.Image) -> Image.Image:
    """Let the light fall from above and bend around the edges."""
    low, high = part.shade
    bent = outline.filter(ImageFilter.GaussianBlur(part.soft))
    bent = bent.point([round(low + (high - low) * max(0, v - 110) / 145) for v in range(256)])
    top, bottom = (min(y for _, y in part.points), max(y for _, y in part.points))
    fall = Image.linear_gradient("L").resize((EDGE, max(1, round(bottom - top))))
    light = Image.new("L", (EDGE, EDGE), 128)
    light.paste(fall.point([140 - v * 24 // 255 for v in range(256)]), (0, round(top)))
    return ImageChops.add(bent, light, 1, -128)


def _textured(shade: Image.Image, texture: Image.Image) -> Image.Image:
    return ImageChops.add(shade, texture, 1, -128)


def _trimmed(shade: Image.Image, mask: Image.Image) -> Cut:
    box = mask.getbbox() or (0, 0, 1, 1)
    return shade.crop(box), mask.crop(box), (box[0], box[1])


def _room(shape: Silhouette) -> Image.Image:
    """Draw a wall, a floor, and the product's shadow and light on them."""
    fall = Image.linear_gradient("L").resize((EDGE, EDGE))
    room = Image.composite(
        Image.new("RGB", (EDGE, EDGE), (222, 215, 205)),
        Image.new("RGB", (EDGE, EDGE), (247, 244, 239)),
        fall,
    )
    floor = Image.new("L", (EDGE, EDGE))
    ImageDraw.Draw(floor).rectangle((0, FLOOR - 34, EDGE, EDGE), 120)
    room.paste((205, 194, 180), (0, 0), floor.filter(ImageFilter.GaussianBlur(5)))
    for spread, tone in ((1.0, 70), (0.72, 110)):
        half = (shape.shadow * spread, 9 * spread)
        room.paste((70, 58, 48), (0, 0), _spot((MIDDLE, FLOOR), half, tone=tone, soft=6))
    if shape.glow is not None:
        x, y, radius = shape.glow
        room.paste(
            (255, 240, 206),
            (0, 0),
            _spot((x, y), (radius * 0.62, radius * 0.55), tone=190, soft=34),
        )
    return room


def _spot(at: Point, half: Point, *, tone: int, soft: float) -> Image.Image:
    (x, y), (width, height) = at, half
    spot = Image.new("L", (EDGE, EDGE))
    ImageDraw.Draw(spot).ellipse((x - width, y - height, x + width, y + height), tone)
    return spot.filter(ImageFilter.GaussianBlur(soft))
