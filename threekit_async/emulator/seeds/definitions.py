"""What the demo's products can be configured to, and their words in two languages."""

from __future__ import annotations

from typing import TYPE_CHECKING

from threekit_async.emulator.apis.translations import CANONICAL
from threekit_async.emulator.data.identity import steady_id
from threekit_async.emulator.seeds.supplies import asset_id, material_id
from threekit_async.emulator.seeds.tenant import ORG_ID

if TYPE_CHECKING:
    from collections.abc import Iterable

    from threekit_async.emulator.data.store import Record
    from threekit_async.emulator.seeds.catalogue import Product


def definition(product: Product) -> Record:
    """Return a product's attributes, metadata and link; its default is the first of each."""
    colour, surface, size, finish = product.words
    owner = asset_id("item", product.name)
    attributes = [
        _choice(colour, [part.name for part in product.colours]),
        _materials(surface, [part.name for part in product.surfaces]),
        _choice(size, [part.name for part in product.sizes]),
        _choice(finish, [part.name for part in product.finishes]),
    ]
    model = asset_id("model", f"{product.name} model")
    return {
        "id": owner,
        "orgId": ORG_ID,
        "asset": {"assetId": model, "configuration": {}, "type": "model"},
        "metadata": [
            _entry("String", "SKU", product.code),
            _entry("Number", "renders", product.layers),
        ],
        "attributes": [
            {"id": steady_id("attribute", owner, attribute["name"]), **attribute}
            for attribute in attributes
        ],
        "rules": [],
    }


def _choice(name: str, values: list[str]) -> Record:
    return {**_entry("String", name, values[0]), "values": values}


def _materials(name: str, surfaces: list[str]) -> Record:
    references: list[Record] = [{"assetId": material_id(surface)} for surface in surfaces]
    return {**_entry("Asset", name, references[0]), "assetType": "material", "values": references}


def _entry(type_: str, name: str, default: object) -> Record:
    return {"type": type_, "name": name, "values": [], "blacklist": [], "defaultValue": default}


_TEXTS = (
    ("Colour", "Farbe", "Couleur"),
    ("Fabric", "Stoff", "Tissu"),
    ("Size", "Größe", "Taille"),
    ("Legs", "Beine", "Pieds"),
    ("Shade", "Schirm", "Abat-jour"),
    ("Height", "Höhe", "Hauteur"),
    ("Stand", "Ständer", "Pied"),
    ("Front", "Front", "Façade"),
    ("Width", "Breite", "Largeur"),
    ("Case", "Korpus", "Caisson"),
)


def texts() -> Record:
    """Return the words of the attributes in German and French."""
    rows: Iterable[tuple[str, ...]] = ((CANONICAL, "de", "fr"), *_TEXTS)
    return {"id": ORG_ID, "orgId": ORG_ID, "rows": [list(row) for row in rows]}
