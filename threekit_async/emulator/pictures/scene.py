"""The picture of any asset: a body on a stand, in its colours, in the light of its stage."""

# pyright: reportUnknownMemberType=false

from __future__ import annotations

import hashlib
import io
from typing import TYPE_CHECKING

from attrs import frozen
from PIL import Image, ImageDraw, ImageFilter

from threekit_async.emulator.pictures.caption import CARD, caption, disc
from threekit_async.emulator.pictures.colours import Option, main_colours, steady_colour
from threekit_async.emulator.pictures.solids import SOLIDS
from threekit_async.emulator.seeds.drawing import dye

if TYPE_CHECKING:
    from threekit_async.emulator.pictures.colours import RGB

SMALL = 256
DAYLIGHT: tuple[RGB, RGB] = ((247, 244, 239), (214, 206, 196))


@frozen(kw_only=True)
class Subject:
    """What a picture shows.

    :param options: its configuration, attribute by attribute.
    :param stage: name of the stage and what is chosen of it; empty for none.
    """

    asset_id: str
    name: str
    options: list[Option]
    stage: str


def draw_scene(subject: Subject, *, width: int, height: int) -> bytes:
    """Return a PNG; the same subject and size give the same bytes."""
    picture = _room(subject.stage, width, height)
    free = height - round(CARD * min(width, height))
    edge = max(8, round(min(width, free) * 0.52))
    centre, floor = width // 2, round(free * 0.84)
    _stand(picture, subject, (centre, floor), edge)
    _body(picture, subject, (centre, floor), edge)
    caption(picture, subject.name, subject.options, subject.stage)
    return png(picture)


def png(picture: Image.Image) -> bytes:
    """Write a picture as PNG, quickly rather than tightly."""
    out = io.BytesIO()
    picture.save(out, "PNG", compress_level=1)
    return out.getvalue()


def _room(stage: str, width: int, height: int) -> Image.Image:
    """Draw wall and floor small, as they are soft, and make them large."""
    light, dark = DAYLIGHT if not stage else _tinted(stage)
    fall = Image.linear_gradient("L")
    size = (SMALL, SMALL)
    room = Image.composite(Image.new("RGB", size, dark), Image.new("RGB", size, light), fall)
    floor = Image.new("L", size)
    ImageDraw.Draw(floor).rectangle((0, round(SMALL * 0.62), SMALL, SMALL), 70)
    shade = tuple(round(level * 0.82) for level in dark)
    room.paste(shade, (0, 0), floor.filter(ImageFilter.GaussianBlur(4)))
    return room.resize((width, height), Image.Resampling.BICUBIC)


def _tinted(stage: str) -> tuple[RGB, RGB]:
    light, dark = DAYLIGHT
    tint = steady_colour(stage)
    return _mixed(light, tint, 0.10), _mixed(dark, tint, 0.30)


def _mixed(one: RGB, other: RGB, share: float) -> RGB:
    red, green, blue = (round(a + (b - a) * share) for a, b in zip(one, other, strict=True))
    return red, green, blue


def _stand(picture: Image.Image, subject: Subject, at: tuple[int, int], edge: int) -> None:
    """Draw a round plate in the second colour, and the shadow on and under it."""
    _, rgb = main_colours(subject.options, subject.asset_id)
    wide, high, thick = round(edge * 1.3), round(edge * 0.32), max(2, round(edge * 0.055))
    _shadow(picture, (at[0], at[1] + thick), (round(wide * 1.12), round(high * 1.05)), tone=120)
    box = (wide, high)
    mask = disc(box)
    left, top = at[0] - wide // 2, at[1] - high // 2
    side = Image.linear_gradient("L").rotate(90).resize(box).point(_rounded())
    for step in range(thick, 0, -max(1, thick // 40)):
        picture.paste(dye(side, rgb), (left, top + step), mask)
    plate = Image.linear_gradient("L").resize(box).point([176 - v // 8 for v in range(256)])
    picture.paste(dye(plate, rgb), (left, top), mask)
    _shadow(picture, at, (round(wide * 0.72), round(high * 0.62)), tone=130)


def _rounded() -> list[int]:
    return [round(70 + 66 * (1 - abs(v - 128) / 128)) for v in range(256)]


def _shadow(picture: Image.Image, at: tuple[int, int], size: tuple[int, int], *, tone: int) -> None:
    spot = Image.new("L", (SMALL, SMALL))
    inner = (SMALL * 0.16, SMALL * 0.16, SMALL * 0.84, SMALL * 0.84)
    ImageDraw.Draw(spot).ellipse(inner, tone)
    spot = spot.filter(ImageFilter.GaussianBlur(16)).resize(size)
    picture.paste((58, 48, 42), (at[0] - size[0] // 2, at[1] - size[1] // 2), spot)


def _body(picture: Image.Image, subject: Subject, at: tuple[int, int], edge: int) -> None:
    rgb, _ = main_colours(subject.options, subject.asset_id)
    choice = hashlib.sha256(subject.asset_id.encode()).digest()[0] % len(SOLIDS)
    shade, mask = SOLIDS[choice](edge)
    place = (at[0] - edge // 2, at[1] - edge + round(edge * 0.07))
    picture.paste(dye(shade, rgb), place, mask)
