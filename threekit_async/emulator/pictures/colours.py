"""Which colours a configuration speaks of."""

# pyright: reportUnknownMemberType=false

from __future__ import annotations

import colorsys
import hashlib
from collections.abc import Mapping
from functools import cache
from typing import TYPE_CHECKING, Any, cast

from attrs import frozen
from PIL import ImageColor

from threekit_async.emulator.seeds.catalogue import catalogue

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

RGB = tuple[int, int, int]
PLAIN: RGB = (176, 168, 158)


@frozen(kw_only=True)
class Option:
    """One attribute of a configuration: what is written about it, and its colour if it has one."""

    label: str
    text: str
    rgb: RGB | None


def options_of(configuration: Mapping[str, Any], name_of: Callable[[str], str]) -> list[Option]:
    """Describe a configuration, attribute by attribute.

    :param name_of: returns the name of an asset by its id.
    """
    return [
        Option(label=label, text=text, rgb=rgb)
        for label, value in configuration.items()
        for text, rgb in _described(value, name_of)
    ]


def _described(value: object, name_of: Callable[[str], str]) -> Iterator[tuple[str, RGB | None]]:
    if isinstance(value, list):
        for each in cast("list[object]", value):
            yield from _described(each, name_of)
    elif isinstance(value, Mapping):
        yield _of_object(cast("Mapping[str, Any]", value), name_of)
    elif isinstance(value, str):
        yield value, named_colour(value)
    elif value is not None:
        yield str(value).lower() if isinstance(value, bool) else str(value), None


def _of_object(value: Mapping[str, Any], name_of: Callable[[str], str]) -> tuple[str, RGB | None]:
    """Describe a colour or an asset; an asset whose name names no colour gets one of its own."""
    rgb = mixed_colour(value)
    if rgb is not None:
        return "#{:02x}{:02x}{:02x}".format(*rgb), rgb
    asset_id = value.get("assetId")
    if not isinstance(asset_id, str) or not asset_id:
        return "none", None
    name = name_of(asset_id)
    return name, named_colour(name) or steady_colour(asset_id)


def mixed_colour(value: Mapping[str, Any]) -> RGB | None:
    """Read ``{"r", "g", "b"}``: 0 to 1 each, or 0 to 255 when one of them is above 1."""
    parts = [value.get(name) for name in "rgb"]
    levels = [
        part for part in parts if isinstance(part, int | float) and not isinstance(part, bool)
    ]
    if len(levels) < 3:
        return None
    scale = 1 if max(levels) > 1 else 255
    red, green, blue = (round(min(255, max(0, level * scale))) for level in levels)
    return red, green, blue


def named_colour(text: str) -> RGB | None:
    """Read ``"red"``, ``"#c00"``, ``"Dark red oak"``; the demo's own colours have names, too."""
    words = [text, *text.replace("-", " ").split()]
    for word in words[:12]:
        if (rgb := _known().get(word.lower()) or _parsed(word)) is not None:
            return rgb
    return None


@cache
def _known() -> Mapping[str, RGB]:
    known: dict[str, RGB] = {}
    for product in catalogue():
        known |= {finish.name.lower(): finish.rgb for finish in product.finishes}
        known |= {colour.name.lower(): colour.rgb for colour in product.colours}
    return known


def _parsed(word: str) -> RGB | None:
    if len(word) > 40:
        return None
    try:
        red, green, blue = ImageColor.getrgb(word)[:3]
    except ValueError:
        return None
    return tuple(min(255, max(0, level)) for level in (red, green, blue))  # type: ignore[return-value]


def steady_colour(text: str) -> RGB:
    """Return the quiet colour that always belongs to this text."""
    digest = hashlib.sha256(text.encode()).digest()
    mixed = colorsys.hls_to_rgb(digest[0] / 255, 0.42 + digest[1] / 1500, 0.28 + digest[2] / 1200)
    red, green, blue = (round(255 * part) for part in mixed)
    return red, green, blue


def main_colours(options: list[Option], asset_id: str) -> tuple[RGB, RGB]:
    """Return the colours of the body and of the stand.

    The first two colours of the configuration, in order; what is missing is the asset's own.
    """
    found = [option.rgb for option in options if option.rgb is not None]
    body = found[0] if found else steady_colour(asset_id)
    stand = found[1] if len(found) > 1 else PLAIN
    return body, stand
