"""The demo's three products: what can be chosen, and how it is called."""

from __future__ import annotations

from itertools import product as combinations

from attrs import frozen

RGB = tuple[int, int, int]


@frozen
class Colour:
    """A colour of the part that is dyed or painted."""

    name: str
    rgb: RGB


@frozen
class Surface:
    """A fabric or front: a name, and the pattern that shows it."""

    name: str
    pattern: str


@frozen
class Size:
    """A size: its name, its measure, and how large it is drawn (1 is the largest)."""

    name: str
    measure: str
    scale: float


@frozen
class Finish:
    """A wood or metal of the part that is not dyed."""

    name: str
    rgb: RGB
    pattern: str


@frozen(kw_only=True)
class Product:
    """One configurable product.

    :param words: how the attributes are called: colour, surface, size, finish.
    :param layers: how many of the combinations are rendered, spread evenly over all of them.
    """

    key: str
    name: str
    code: str
    words: tuple[str, str, str, str]
    colours: tuple[Colour, ...]
    surfaces: tuple[Surface, ...]
    sizes: tuple[Size, ...]
    finishes: tuple[Finish, ...]
    layers: int


@frozen
class Choice:
    """One option of each attribute of a product."""

    colour: Colour
    surface: Surface
    size: Size
    finish: Finish


def choices(product: Product) -> list[Choice]:
    """Return the combinations that are rendered, in a steady order and without repetition."""
    every = [
        Choice(colour, surface, size, finish)
        for size, surface, finish, colour in combinations(
            product.sizes, product.surfaces, product.finishes, product.colours
        )
    ]
    return [every[number * len(every) // product.layers] for number in range(product.layers)]


def catalogue() -> tuple[Product, ...]:
    """Return the products; their rendered layers are 1,000 together."""
    return (_armchair(), _lamp(), _cabinet())


_PALETTE = (
    Colour("Chalk", (232, 226, 212)),
    Colour("Sand", (211, 184, 146)),
    Colour("Mustard", (209, 156, 50)),
    Colour("Terracotta", (189, 94, 64)),
    Colour("Rose", (206, 142, 140)),
    Colour("Plum", (116, 64, 96)),
    Colour("Forest", (52, 96, 74)),
    Colour("Sage", (144, 163, 134)),
    Colour("Sky", (118, 158, 186)),
    Colour("Navy", (44, 62, 104)),
)
_WOODS = (
    Finish("Oak", (196, 154, 104), "grain"),
    Finish("Walnut", (112, 74, 50), "grain"),
    Finish("Black ash", (52, 49, 48), "grain"),
)
_METALS = (
    Finish("Brass", (190, 152, 82), "smooth"),
    Finish("Steel", (168, 174, 180), "smooth"),
    Finish("Black", (50, 50, 54), "smooth"),
)


def _armchair() -> Product:
    return Product(
        key="armchair",
        name="Alder armchair",
        code="ALD",
        words=("Colour", "Fabric", "Size", "Legs"),
        colours=_PALETTE,
        surfaces=(
            Surface("Linen", "linen"),
            Surface("Boucle", "boucle"),
            Surface("Velvet", "velvet"),
            Surface("Corduroy", "corduroy"),
            Surface("Herringbone", "herringbone"),
        ),
        sizes=(
            Size("Small", "72 cm", 0.8),
            Size("Medium", "84 cm", 0.9),
            Size("Large", "96 cm", 1.0),
        ),
        finishes=_WOODS,
        layers=450,
    )


def _lamp() -> Product:
    return Product(
        key="lamp",
        name="Fjord floor lamp",
        code="FJO",
        words=("Colour", "Shade", "Height", "Stand"),
        colours=_PALETTE,
        surfaces=(
            Surface("Linen", "linen"),
            Surface("Pleated", "pleats"),
            Surface("Ribbed paper", "bands"),
            Surface("Woven cane", "weave"),
        ),
        sizes=(
            Size("Reading", "130 cm", 0.76),
            Size("Standard", "155 cm", 0.88),
            Size("Tall", "180 cm", 1.0),
        ),
        finishes=_METALS,
        layers=300,
    )


def _cabinet() -> Product:
    return Product(
        key="cabinet",
        name="Harbour cabinet",
        code="HAR",
        words=("Colour", "Front", "Width", "Case"),
        colours=_PALETTE,
        surfaces=(
            Surface("Smooth", "smooth"),
            Surface("Fluted", "flutes"),
            Surface("Louvred", "bands"),
            Surface("Woven cane", "weave"),
        ),
        sizes=(
            Size("Two doors", "90 cm", 0.5),
            Size("Three doors", "130 cm", 0.75),
            Size("Four doors", "170 cm", 1.0),
        ),
        finishes=_WOODS,
        layers=250,
    )
