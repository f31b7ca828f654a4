"""The look of fabrics, fronts and woods: small lights and shadows around a middle grey."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

from PIL import Image, ImageDraw, ImageFilter

if TYPE_CHECKING:
    from collections.abc import Callable

FINE = 800
EDGE = 400
GREY = 128


def pattern(name: str) -> Image.Image:
    """Return a square of 400 units; 128 leaves the colour as it is, more lightens it."""
    fine = Image.new("L", (FINE, FINE), GREY)
    _painters()[name](fine)
    return fine.reduce(FINE // EDGE)


def _painters() -> dict[str, Callable[[Image.Image], None]]:
    return {
        "smooth": _smooth,
        "linen": _linen,
        "boucle": _boucle,
        "velvet": _velvet,
        "corduroy": lambda image: _ribs(image, 14, (-15, 12), vertical=True),
        "herringbone": _herringbone,
        "pleats": lambda image: _ribs(image, 22, (-24, 16), vertical=True),
        "flutes": lambda image: _ribs(image, 22, (-30, 20), vertical=True),
        "bands": lambda image: _ribs(image, 20, (-26, 16), vertical=False),
        "weave": _weave,
        "grain": _grain,
    }


def _smooth(_image: Image.Image) -> None:
    """Leave the surface plain."""


def _linen(image: Image.Image) -> None:
    """Cross fine threads of uneven lightness."""
    chance, draw = random.Random("linen"), ImageDraw.Draw(image)  # noqa: S311
    for at in range(0, FINE, 6):
        draw.line((at, 0, at, FINE), GREY + chance.randint(-14, 8), 2)
    for at in range(3, FINE, 6):
        draw.line((0, at, FINE, at), GREY + chance.randint(-16, 10), 2)


def _boucle(image: Image.Image) -> None:
    """Strew loops of yarn."""
    chance, draw = random.Random("boucle"), ImageDraw.Draw(image)  # noqa: S311
    for _ in range(7000):
        x, y, r = chance.randrange(FINE), chance.randrange(FINE), chance.randint(6, 9)
        draw.ellipse((x - r, y - r, x + r, y + r), outline=GREY - 20, fill=GREY + 10)
        draw.arc((x - r + 2, y - r + 2, x + r - 2, y + r - 2), 180, 300, GREY + 34, 2)


def _velvet(image: Image.Image) -> None:
    """Brush the pile into broad, soft lights."""
    chance, draw = random.Random("velvet"), ImageDraw.Draw(image)  # noqa: S311
    for _ in range(46):
        x, y, w = chance.randrange(FINE), chance.randrange(FINE), chance.randint(40, 120)
        draw.ellipse((x - w, y - w // 3, x + w, y + w // 3), GREY + chance.choice((-42, 34)))
    image.paste(image.filter(ImageFilter.GaussianBlur(26)))


def _ribs(image: Image.Image, step: int, depth: tuple[int, int], *, vertical: bool) -> None:
    """Round ribs: dark in the groove, light on the crest."""
    draw, (low, high) = ImageDraw.Draw(image), depth
    for at in range(FINE):
        place = abs((at % step) * 2 / step - 1)
        tone = GREY + round(high + (low - high) * place**2)
        draw.line((at, 0, at, FINE) if vertical else (0, at, FINE, at), tone)


def _herringbone(image: Image.Image) -> None:
    """Set slanted stitches in columns of changing direction."""
    draw, column = ImageDraw.Draw(image), 32
    for number, x in enumerate(range(0, FINE, column)):
        rise = column if number % 2 else -column
        for y in range(-column, FINE + column, 12):
            draw.line((x, y, x + column, y + rise), GREY - 26, 4)
            draw.line((x, y + 5, x + column, y + rise + 5), GREY + 16, 3)


def _weave(image: Image.Image) -> None:
    """Pass strips over and under each other."""
    draw, step = ImageDraw.Draw(image), 12
    for row in range(0, FINE, step):
        for column in range(0, FINE, step):
            over = (row + column) // step % 2
            tone = GREY + (16 if over else -8)
            draw.rectangle((column, row, column + step - 1, row + step - 1), tone)
            edge = (column, row, column + step, row) if over else (column, row, column, row + step)
            draw.line(edge, GREY - 40, 3)


def _grain(image: Image.Image) -> None:
    """Draw long, slightly wandering lines of wood."""
    chance, draw = random.Random("grain"), ImageDraw.Draw(image)  # noqa: S311
    for _ in range(220):
        x, y = chance.randrange(-200, FINE), chance.randrange(FINE)
        length, tone = chance.randint(120, 420), GREY + chance.randint(-16, 8)
        bend = chance.randint(-4, 4)
        draw.line((x, y, x + length // 2, y + bend, x + length, y), tone, chance.choice((1, 2, 3)))
