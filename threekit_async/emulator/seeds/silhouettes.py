"""The shapes of the demo's products, as plain geometry on a square of 400 units."""

from __future__ import annotations

from typing import TYPE_CHECKING

from attrs import frozen

if TYPE_CHECKING:
    from threekit_async.emulator.seeds.catalogue import Product, Size

Point = tuple[float, float]
FLOOR = 318.0
MIDDLE = 200.0


@frozen(kw_only=True)
class Part:
    """One solid part: a polygon, or a box with rounded corners when it has two points.

    :param soft: how many units the light takes to bend around its edges.
    :param shade: lightness at the edge and in the middle; 128 is the plain colour.
    """

    points: tuple[Point, ...]
    radius: float = 0.0
    soft: float = 6.0
    shade: tuple[int, int] = (92, 138)


@frozen(kw_only=True)
class Silhouette:
    """A product's parts, from the back to the front.

    :param under: parts of the finish behind the dyed parts.
    :param dyed: parts in the chosen colour and surface.
    :param over: parts of the finish before the dyed parts.
    :param shadow: centre and half width of the shadow on the floor.
    :param glow: centre and radius of light on the wall, if there is any.
    """

    under: tuple[Part, ...]
    dyed: tuple[Part, ...]
    over: tuple[Part, ...]
    shadow: float
    glow: tuple[float, float, float] | None = None


def silhouette(product: Product, size: Size) -> Silhouette:
    """Return the shapes of a product in one size."""
    if product.key == "armchair":
        return _armchair(size.scale)
    if product.key == "lamp":
        return _lamp(size.scale)
    return _cabinet(size.scale)


def _scaled(part: Part, scale: float) -> Part:
    """Shrink a part towards the middle of the floor."""
    points = tuple(
        (MIDDLE + (x - MIDDLE) * scale, FLOOR + (y - FLOOR) * scale) for x, y in part.points
    )
    return Part(points=points, radius=part.radius * scale, soft=part.soft, shade=part.shade)


def _armchair(scale: float) -> Silhouette:
    legs = (
        Part(points=((116, 286), (134, 286), (122, 318), (113, 318)), soft=3),
        Part(points=((266, 286), (284, 286), (287, 318), (278, 318)), soft=3),
        Part(points=((150, 286), (162, 286), (158, 308), (151, 308)), soft=3, shade=(60, 96)),
        Part(points=((238, 286), (250, 286), (249, 308), (242, 308)), soft=3, shade=(60, 96)),
    )
    dyed = (
        Part(points=((112, 72), (288, 270)), radius=40, soft=13, shade=(82, 140)),
        Part(points=((128, 90), (272, 226)), radius=26, soft=9, shade=(102, 146)),
        Part(points=((118, 230), (282, 292)), radius=12, soft=7, shade=(78, 118)),
        Part(points=((120, 202), (280, 250)), radius=18, soft=8, shade=(98, 156)),
        Part(points=((82, 158), (134, 294)), radius=24, soft=11, shade=(84, 148)),
        Part(points=((266, 158), (318, 294)), radius=24, soft=11, shade=(84, 148)),
    )
    return Silhouette(
        under=tuple(_scaled(part, scale) for part in legs),
        dyed=tuple(_scaled(part, scale) for part in dyed),
        over=(),
        shadow=122 * scale,
    )


def _lamp(scale: float) -> Silhouette:
    metal = (
        Part(points=((155, 306), (245, 318)), radius=6, soft=4, shade=(78, 150)),
        Part(points=((196.5, 110), (203.5, 310)), radius=3, soft=2.5, shade=(58, 176)),
    )
    shade = Part(points=((152, 30), (248, 30), (284, 122), (116, 122)), soft=26, shade=(104, 190))
    finial = Part(points=((196, 20), (204, 31)), radius=3, soft=2, shade=(80, 160))
    return Silhouette(
        under=tuple(_scaled(part, scale) for part in (*metal, finial)),
        dyed=(_scaled(shade, scale),),
        over=(),
        shadow=58 * scale,
        glow=(MIDDLE, FLOOR - (FLOOR - 84) * scale, 150 * scale),
    )


def _cabinet(width: float) -> Silhouette:
    doors = round(width * 4)
    door = 68.0
    left = MIDDLE - doors * door / 2
    right = MIDDLE + doors * door / 2
    legs = tuple(
        Part(points=((x, 290), (x + 12, 290), (x + 9, 318), (x + 3, 318)), soft=3)
        for x in (left + 2, right - 14)
    )
    case = Part(points=((left - 8, 132), (right + 8, 296)), radius=5, soft=5, shade=(96, 134))
    fronts = tuple(
        Part(
            points=((left + n * door + 1.5, 142), (left + (n + 1) * door - 1.5, 287)),
            radius=2,
            soft=4,
            shade=(100, 136),
        )
        for n in range(doors)
    )
    return Silhouette(
        under=(*legs, case),
        dyed=fronts,
        over=tuple(_handle(left, door, number) for number in range(doors)),
        shadow=doors * door / 2 + 18,
    )


def _handle(left: float, door: float, number: int) -> Part:
    """Put handles in pairs: on the right of even doors, on the left of odd ones."""
    x = left + (number + 1) * door - 11 if number % 2 == 0 else left + number * door + 6
    return Part(points=((x, 196), (x + 5, 232)), radius=2.5, soft=2, shade=(84, 168))
