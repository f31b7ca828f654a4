"""Pictures made smaller, as Thumbor does it: scaled, cropped, converted."""

# pyright: reportUnknownMemberType=false

from __future__ import annotations

import io
from typing import TYPE_CHECKING

from attrs import frozen
from PIL import Image, ImageOps

from threekit_async.emulator.apis.optimised import LARGEST

if TYPE_CHECKING:
    from pathlib import Path

    from threekit_async.emulator.apis.optimised import Optimization

USUAL_QUALITY = 80
# Of more, Pillow warns, and of twice as many it is afraid; the limit here is our own.
MOST_PIXELS = 89_478_485
FORMATS = {
    "PNG": ("png", "image/png"),
    "JPEG": ("jpg", "image/jpeg"),
    "WEBP": ("webp", "image/webp"),
}


class NotAPicture(Exception):  # noqa: N818 - it is an answer, not a mistake.
    """The bytes are none of the pictures that can be optimised."""


class TooLarge(NotAPicture):
    """The picture has too many pixels to be opened."""


@frozen(kw_only=True)
class Optimised:
    """A picture as it was wished."""

    content: bytes
    extension: str
    mime_type: str


def optimise(path: Path, wished: Optimization) -> Optimised:
    """Make the picture: both edges scale it to cover them and cut off the rest; one edge scales.

    This is how Thumbor reads a size; the vendor only says that the picture is cropped.

    :raises TooLarge: when it has more than 89,478,485 pixels.
    :raises NotAPicture: when the file is no PNG, JPEG or WebP.
    """
    try:
        with Image.open(path, formats=tuple(FORMATS)) as picture:
            if picture.width * picture.height > MOST_PIXELS:
                raise TooLarge
            kind = "WEBP" if wished.format else str(picture.format)
            return _written(_sized(picture, wished), kind, wished)
    except (Image.DecompressionBombWarning, Image.DecompressionBombError):
        raise TooLarge from None
    except (OSError, SyntaxError, ValueError) as error:
        raise NotAPicture(str(error)) from None


def _sized(picture: Image.Image, wished: Optimization) -> Image.Image:
    width, height = wished.width, wished.height
    if width and height:
        return ImageOps.fit(picture, (width, height), Image.Resampling.LANCZOS)
    if not width and not height:
        return picture
    share = width / picture.width if width else (height or 1) / picture.height
    size = (width or round(picture.width * share), height or round(picture.height * share))
    most = (min(LARGEST, max(1, size[0])), min(LARGEST, max(1, size[1])))
    return picture.resize(most, Image.Resampling.LANCZOS)


def _written(picture: Image.Image, kind: str, wished: Optimization) -> Optimised:
    if picture.mode not in ("RGB", "RGBA", "L"):
        picture = picture.convert("RGBA" if picture.has_transparency_data else "RGB")
    if kind == "JPEG":
        picture = picture.convert("RGB")
    quality = USUAL_QUALITY if wished.quality is None else round(wished.quality)
    options = {} if kind == "PNG" else {"quality": quality}
    out = io.BytesIO()
    picture.save(out, kind, **options)
    extension, mime_type = FORMATS[kind]
    return Optimised(content=out.getvalue(), extension=extension, mime_type=mime_type)
