"""What is written under a picture: name, stage, and the configuration with its colours."""

# pyright: reportUnknownMemberType=false

from __future__ import annotations

from typing import TYPE_CHECKING

from PIL import Image, ImageDraw, ImageFont

from threekit_async.emulator.seeds.drawing import INK, QUIET

if TYPE_CHECKING:
    from threekit_async.emulator.pictures.colours import RGB, Option

CARD = 0.16
READABLE = 120
LONGEST = 80


def caption(picture: Image.Image, name: str, options: list[Option], stage: str) -> None:
    """Write on a white card along the lower edge; a picture too small to read stays bare."""
    width, height = picture.size
    least = min(width, height)
    if least < READABLE:
        return
    card, margin = round(least * CARD), round(least * 0.05)
    top = height - card
    draw = ImageDraw.Draw(picture)
    draw.rectangle((0, top, width, height), "white")
    draw.line((0, top, width, top), (224, 219, 211), max(1, least // 400))
    size = card * 0.21
    place = f"on {plain(stage)}" if stage else ""
    stage_width = _stage(draw, place, (width - margin, top + card * 0.20), size)
    room = width - 2 * margin - stage_width
    _title(draw, plain(name), (margin, top + card * 0.14), card * 0.30, room)
    _options(picture, options, (margin, top + card * 0.60), size, width - 2 * margin)


def _stage(draw: ImageDraw.ImageDraw, text: str, at: tuple[float, float], size: float) -> float:
    """Write the stage at the right end of the line; return the room it takes."""
    font = ImageFont.load_default(size)
    taken = draw.textlength(text, font)
    draw.text((at[0] - taken, at[1]), text, QUIET, font)
    return taken + size


def _title(
    draw: ImageDraw.ImageDraw, text: str, at: tuple[float, float], size: float, room: float
) -> None:
    font = ImageFont.load_default(size)
    while text and draw.textlength(text, font) > room:
        text = text[:-2].rstrip() + "." if len(text) > 3 else ""
    draw.text(at, text, INK, font)


def _options(
    picture: Image.Image,
    options: list[Option],
    at: tuple[float, float],
    size: float,
    room: float,
) -> None:
    """Write the options one after the other, each with a dot of its colour, while there is room."""
    draw, font = ImageDraw.Draw(picture), ImageFont.load_default(size)
    x, y = at
    for option in options:
        text, indent = plain(f"{option.label}: {option.text}"), size * 1.35 if option.rgb else 0
        if x + indent + draw.textlength(text, font) > at[0] + room:
            break
        if option.rgb is not None:
            _dot(picture, (round(x), round(y + size * 0.08)), round(size), option.rgb)
        draw.text((x + indent, y), text, QUIET, font)
        x += indent + draw.textlength(text, font) + size


def _dot(picture: Image.Image, at: tuple[int, int], size: int, rgb: RGB) -> None:
    rim = disc((size, size))
    picture.paste((196, 190, 182), at, rim)
    inner = disc((max(1, size - 2), max(1, size - 2)))
    picture.paste(rgb, (at[0] + 1, at[1] + 1), inner)


def disc(size: tuple[int, int]) -> Image.Image:
    """Return an ellipse with soft edges that fills a box."""
    wide, high = size
    fine = Image.new("L", (wide * 2, high * 2))
    ImageDraw.Draw(fine).ellipse((0, 0, wide * 2 - 1, high * 2 - 1), 255)
    return fine.reduce(2)


def plain(text: str) -> str:
    """Keep to one short line of characters that can be drawn."""
    return " ".join(text.encode("utf-8", "replace").decode().split())[:LONGEST]
