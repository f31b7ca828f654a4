"""The picture of one of the demo's products, at any size."""

# pyright: reportUnknownMemberType=false

from __future__ import annotations

import io
from functools import cache
from typing import TYPE_CHECKING, Any, cast

from PIL import Image, ImageDraw, ImageFont

from threekit_async.emulator.pictures.caption import READABLE, plain
from threekit_async.emulator.pictures.scene import png
from threekit_async.emulator.seeds.catalogue import Choice, Product, catalogue
from threekit_async.emulator.seeds.drawing import QUIET, Painter
from threekit_async.emulator.seeds.patterns import EDGE
from threekit_async.emulator.seeds.supplies import STAGE_NAME, asset_id, material_id

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

OWN_STAGE = f"{STAGE_NAME} | Camera: Front"


def demo_choice(asset: str, configuration: Mapping[str, Any]) -> tuple[Product, Choice] | None:
    """Return the demo's product with this id as configured; what is not chosen is the first option.

    ``None`` for any other asset, and for a configuration that has what the product has not.
    """
    for product in catalogue():
        if asset == asset_id("item", product.name):
            return _chosen(product, configuration)
    return None


def _chosen(product: Product, configuration: Mapping[str, Any]) -> tuple[Product, Choice] | None:
    colour, surface, size, finish = product.words
    if not set(configuration) <= {colour, surface, size, finish}:
        return None
    try:
        choice = Choice(
            _named(product.colours, configuration.get(colour)),
            _material(product, configuration.get(surface)),
            _named(product.sizes, configuration.get(size)),
            _named(product.finishes, configuration.get(finish)),
        )
    except LookupError:
        return None
    return product, choice


def _named(options: Sequence[Any], name: object) -> Any:
    if name is None:
        return options[0]
    return {option.name: option for option in options}[str(name)]


def _material(product: Product, value: object) -> Any:
    if value is None:
        return product.surfaces[0]
    known = {material_id(surface.name): surface for surface in product.surfaces}
    wanted = cast("dict[str, Any]", value) if isinstance(value, dict) else {}
    return known[str(wanted.get("assetId"))]


def draw_demo(product: Product, choice: Choice, stage: str, *, width: int, height: int) -> bytes:
    """Return a PNG of the size; wall and floor go on beside and above a picture that is square.

    In the demo's own size, and on its own stage or none, it is the very file the demo has.
    """
    painted = _painter().paint(product, choice)
    named = "" if stage in ("", OWN_STAGE) else stage
    if (width, height) == (EDGE, EDGE) and not named:
        return painted
    edge = min(width, height)
    square = Image.open(io.BytesIO(painted)).resize((edge, edge), Image.Resampling.LANCZOS)
    picture = _wider(square, width) if width > height else _taller(square, height)
    if named and edge >= READABLE:
        at = (edge * 0.05, edge * 0.04)
        font = ImageFont.load_default(edge * 0.034)
        ImageDraw.Draw(picture).text(at, f"on {plain(named)}", QUIET, font)
    return png(picture)


@cache
def _painter() -> Painter:
    return Painter()


def _wider(picture: Image.Image, width: int) -> Image.Image:
    edge = picture.height
    left = (width - edge) // 2
    wide = Image.new("RGB", (width, edge))
    wide.paste(picture.crop((0, 0, 1, edge)).resize((left + 1, edge)), (0, 0))
    right = width - left - edge
    wide.paste(
        picture.crop((edge - 1, 0, edge, edge)).resize((right + 1, edge)), (left + edge - 1, 0)
    )
    wide.paste(picture, (left, 0))
    return wide


def _taller(picture: Image.Image, height: int) -> Image.Image:
    edge = picture.width
    tall = Image.new("RGB", (edge, height))
    tall.paste(picture.crop((0, 0, edge, 1)).resize((edge, height - edge + 1)), (0, 0))
    tall.paste(picture, (0, height - edge))
    return tall
