from __future__ import annotations

import io
from typing import Any

import pytest
from PIL import Image

from threekit_async.emulator.pictures.colours import (
    main_colours,
    mixed_colour,
    named_colour,
    options_of,
    steady_colour,
)
from threekit_async.emulator.pictures.demo import demo_choice
from threekit_async.emulator.pictures.scene import Subject, draw_scene
from threekit_async.emulator.seeds.catalogue import catalogue
from threekit_async.emulator.seeds.supplies import asset_id, material_id


def names(asset: str) -> str:
    return {"oak-1": "Dark red oak", "x-1": "Xylo"}.get(asset, asset)


@pytest.mark.parametrize(
    ("text", "rgb"),
    [
        ("red", (255, 0, 0)),
        ("#0c0", (0, 204, 0)),
        ("Navy", (44, 62, 104)),
        ("Dark-blue", (0, 0, 255)),
        ("rgb(1, 2, 3)", (1, 2, 3)),
        ("oak veneer", (196, 154, 104)),
        ("Large", None),
        ("", None),
        ("#12", None),
        ("x" * 5000, None),
    ],
)
def test_colours_are_read_from_words(text: str, rgb: Any) -> None:
    assert named_colour(text) == rgb


@pytest.mark.parametrize(
    ("value", "rgb"),
    [
        ({"r": 1, "g": 0.5, "b": 0}, (255, 128, 0)),
        ({"r": 200, "g": 300, "b": -4}, (200, 255, 0)),
        ({"r": 1, "g": 1}, None),
        ({"r": "1", "g": 1, "b": 1}, None),
        ({"r": True, "g": True, "b": True}, None),
    ],
)
def test_colours_are_read_from_their_parts(value: Any, rgb: Any) -> None:
    assert mixed_colour(value) == rgb


def test_every_kind_of_value_is_described() -> None:
    configuration = {
        "Colour": "red",
        "Wood": {"assetId": "oak-1"},
        "Metal": {"assetId": "x-1"},
        "Nothing": {"assetId": ""},
        "Extras": [{"assetId": "x-2"}, "blue"],
        "Size": 3,
        "Lit": True,
        "Empty": None,
        "Odd": {"a": {}},
    }
    described = {(each.label, each.text): each.rgb for each in options_of(configuration, names)}
    assert described == {
        ("Colour", "red"): (255, 0, 0),
        ("Wood", "Dark red oak"): (255, 0, 0),
        ("Metal", "Xylo"): steady_colour("x-1"),
        ("Nothing", "none"): None,
        ("Extras", "x-2"): steady_colour("x-2"),
        ("Extras", "blue"): (0, 0, 255),
        ("Size", "3"): None,
        ("Lit", "true"): None,
        ("Odd", "none"): None,
    }


def test_body_and_stand_take_the_first_two_colours() -> None:
    options = options_of({"Size": 1, "A": "red", "B": "blue", "C": "lime"}, names)
    assert main_colours(options, "a") == ((255, 0, 0), (0, 0, 255))
    assert main_colours([], "a")[0] == steady_colour("a")


@pytest.mark.parametrize("size", [(1, 1), (7, 300), (300, 7), (119, 119), (120, 400), (640, 121)])
def test_a_scene_can_be_of_any_size(size: tuple[int, int]) -> None:
    options = options_of({"A" * 200: "red", "B\n": "\u0000 " * 99, "C": "日本語"}, names)
    for asset in ("a", "b", "c", "d"):
        subject = Subject(asset_id=asset, name="Name " * 50, options=options, stage="Stage " * 30)
        data = draw_scene(subject, width=size[0], height=size[1])
        assert Image.open(io.BytesIO(data)).size == size


def test_assets_come_in_three_shapes() -> None:
    drawn = set()
    for asset in "abcdefghijklmnop":
        subject = Subject(
            asset_id=asset, name="", options=options_of({"A": "red"}, names), stage=""
        )
        drawn.add(draw_scene(subject, width=100, height=100))
    assert len(drawn) == 3


def test_a_demo_product_is_known_by_its_configuration() -> None:
    armchair = catalogue()[0]
    owner = asset_id("item", armchair.name)
    found = demo_choice(owner, {"Colour": "Plum", "Fabric": {"assetId": material_id("Velvet")}})
    assert found is not None
    product, choice = found
    assert (product.key, choice.colour.name, choice.surface.name) == ("armchair", "Plum", "Velvet")
    assert (choice.size.name, choice.finish.name) == ("Small", "Oak")


@pytest.mark.parametrize(
    "configuration",
    [
        {"Colour": "Puce"},
        {"Colour": {"r": 1, "g": 0, "b": 0}},
        {"Fabric": "Velvet"},
        {"Fabric": {"assetId": "other"}},
        {"Engraving": "For you"},
    ],
)
def test_what_a_demo_product_has_not_is_drawn_as_any_other(configuration: Any) -> None:
    owner = asset_id("item", catalogue()[0].name)
    assert demo_choice(owner, configuration) is None
    assert demo_choice("another", {}) is None
