from __future__ import annotations

import io
import struct
import warnings
import zlib
from typing import Any

import pytest
from PIL import Image

from tests.emulator.job_calls import asset, render

LAYER = "/api/layers/layer"


def drawn(size: tuple[int, int] = (80, 40), kind: str = "PNG", mode: str = "RGB") -> bytes:
    """Return a picture whose left half is red and whose right half is blue."""
    red, blue = ("red", "blue") if mode != "L" else (40, 220)
    image = Image.new(mode, size, red)
    image.paste(blue, (size[0] // 2, 0, size[0], size[1]))
    out = io.BytesIO()
    image.save(out, kind)
    return out.getvalue()


def layer(api: Any, data: bytes, name: str = "a.png") -> str:
    file_id = api.upload(data, name=name).json["files"][0]["id"]
    return str(api.create(fileId=file_id)["id"])


def optimised(api: Any, layer_id: str, **wishes: Any) -> Any:
    return api.get(LAYER, id=layer_id, resultType="file", optimization=wishes)


def opened(answer: Any) -> Image.Image:
    assert answer.status == 200, answer.body
    image = Image.open(io.BytesIO(answer.body))
    image.load()
    return image


def test_a_picture_is_converted_and_made_smaller(api: Any) -> None:
    answer = optimised(api, layer(api, drawn()), format="webp", quality=90, width=20, height=10)
    image = opened(answer)
    assert (image.format, image.size) == ("WEBP", (20, 10))
    red, _, blue = image.convert("RGB").crop((2, 5, 3, 6)).tobytes()
    assert red > 200
    assert blue < 100
    assert answer.headers["Content-Type"] == "image/webp"
    assert 'filename="a.webp"' in answer.headers["Content-Disposition"]


def test_both_edges_cut_off_what_does_not_fit(api: Any) -> None:
    image = Image.new("RGB", (80, 40), "lime")
    image.paste("red", (20, 0, 60, 40))
    out = io.BytesIO()
    image.save(out, "PNG")
    cut = opened(optimised(api, layer(api, out.getvalue()), width=20, height=20))
    # Scaled to 40 x 20, then 10 cut off left and right: the middle is all that stays.
    assert cut.size == (20, 20)
    assert [cut.getpixel((x, 10)) for x in (3, 10, 16)] == [(255, 0, 0)] * 3


@pytest.mark.parametrize(
    ("wishes", "size"),
    [
        ({"width": 20}, (20, 10)),
        ({"height": 20}, (40, 20)),
        ({"width": 160}, (160, 80)),
        ({"width": 1}, (1, 1)),
        ({}, (80, 40)),
        ({"width": None, "height": None, "format": None, "quality": None}, (80, 40)),
        ({"smart": True}, (80, 40)),
    ],
)
def test_one_edge_keeps_the_proportions(api: Any, wishes: Any, size: Any) -> None:
    image = opened(optimised(api, layer(api, drawn()), **wishes))
    assert (image.size, image.format) == (size, "PNG")


def test_less_quality_makes_fewer_bytes(api: Any) -> None:
    noise = Image.effect_noise((128, 128), 90)
    out = io.BytesIO()
    noise.save(out, "PNG")
    layer_id = layer(api, out.getvalue())
    sizes = [
        len(optimised(api, layer_id, format="webp", quality=quality).body)
        for quality in (0, 50.5, 100)
    ]
    assert sizes == sorted(sizes)
    assert sizes[0] < sizes[2] / 2


@pytest.mark.parametrize("mode", ["RGB", "RGBA", "L", "LA", "P", "1", "CMYK"])
def test_pictures_of_every_mode_are_converted(api: Any, mode: str) -> None:
    kind = "JPEG" if mode == "CMYK" else "PNG"
    out = io.BytesIO()
    Image.new("RGBA" if mode == "LA" else "RGB", (30, 20), "green").convert(mode).save(out, kind)
    layer_id = layer(api, out.getvalue())
    assert opened(optimised(api, layer_id, format="webp", width=10)).format == "WEBP"
    assert opened(optimised(api, layer_id, width=10, height=10)).format == kind


def test_the_url_of_an_optimised_picture_serves_its_bytes(api: Any) -> None:
    layer_id = layer(api, drawn())
    wishes = {"format": "webp", "width": 12}
    answer = api.get(LAYER, id=layer_id, resultType="url", optimization=wishes).json
    path = answer["url"].removeprefix(api.server.url)
    served = api.get(path, token=None)
    assert served.body == optimised(api, layer_id, **wishes).body
    assert opened(served).size == (12, 6)
    # Whoever reads the layer itself finds the same URL there.
    assert api.get(LAYER, id=layer_id, optimization=wishes).json["url"] == answer["url"]
    assert api.get(LAYER, id=layer_id).json["url"] != answer["url"]
    assert answer["metadata"] == {}


def test_asking_again_makes_nothing_new(api: Any) -> None:
    layer_id = layer(api, drawn())
    counts = []
    for _ in range(3):
        optimised(api, layer_id, width=12)
        counts.append(api.get("/__emulator__/info").json["counts"]["files"])
    assert counts == [2, 2, 2]


@pytest.mark.parametrize(
    "wishes",
    [
        {"format": "png"},
        {"format": 3},
        {"quality": -1},
        {"quality": 101},
        {"quality": "90"},
        {"quality": True},
        {"width": 0},
        {"width": -5},
        {"height": 4097},
        {"height": 1.5},
        {"width": "20"},
        [],
        "webp",
        None,
    ],
)
def test_bad_values_are_refused(api: Any, wishes: Any) -> None:
    layer_id = layer(api, drawn())
    answer = api.get(LAYER, id=layer_id, resultType="file", optimization=wishes)
    assert (answer.status, answer.code) == (422, "find_layer_error")


@pytest.mark.parametrize(
    ("name", "data"), [("a.glb", b"glTF"), ("a.usdz", b"PK"), ("a.png", b"\x89PNG\r\n"), ("b", b"")]
)
def test_what_is_no_picture_is_refused(api: Any, name: str, data: bytes) -> None:
    answer = optimised(api, layer(api, data, name), width=10)
    assert (answer.status, answer.code) == (422, "find_layer_error")
    assert "not AR exports" in answer.json["error"]["message"]


def blank(edge: int) -> bytes:
    """Return a black PNG of two colours that is large in pixels and small in bytes."""
    row = bytes(1 + edge // 8)
    rows = zlib.compressobj()
    data = b"".join(rows.compress(row) for _ in range(edge)) + rows.flush()
    chunks = ((b"IHDR", struct.pack(">2I5B", edge, edge, 1, 0, 0, 0, 0)), (b"IDAT", data))
    whole = b"\x89PNG\r\n\x1a\n"
    for name, content in (*chunks, (b"IEND", b"")):
        whole += struct.pack(">I", len(content)) + name + content
        whole += struct.pack(">I", zlib.crc32(name + content))
    return whole


@pytest.mark.parametrize("edge", [10_000, 16_000])
@pytest.mark.parametrize("warnings_are", ["error", "ignore"])
def test_a_picture_of_too_many_pixels_is_refused_in_every_mode(
    api: Any, edge: int, warnings_are: Any
) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter(warnings_are, Image.DecompressionBombWarning)
        answer = optimised(api, layer(api, blank(edge)), width=10)
    assert (answer.status, answer.code) == (422, "find_layer_error")
    assert "this large" in answer.json["error"]["message"]


def test_a_layer_without_a_file_has_nothing_to_optimise(api: Any) -> None:
    layer_id = api.create()["id"]
    assert optimised(api, layer_id, width=10).code == "file_not_found"
    assert api.get(LAYER, id=layer_id, optimization={"width": 10}).json["url"] is None


def test_a_render_can_be_optimised(api: Any) -> None:
    job_id = render(api, asset(api))["jobId"]
    wishes = {"format": "webp", "quality": 80, "width": 16, "height": 16}
    answer = api.get(LAYER, jobId=job_id, resultType="file", optimization=wishes)
    assert opened(answer).size == (16, 16)
