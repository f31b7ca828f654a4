from __future__ import annotations

import io
import json
import re
import struct
import zipfile
from typing import Any

import pytest
from attrs import evolve

from tests.emulator.job_calls import asset, content
from threekit_async.emulator.meshes import usdz
from threekit_async.emulator.meshes.box import Box, linear, steady_size
from threekit_async.emulator.meshes.formats import FORMATS

BOX = Box(name="Oak 'chair' ü\n", size=(0.8, 0.5, 0.4), rgb=(204, 0, 0), notes={"assetId": "a"})
SIZES = {5123: 2, 5126: 4}
PARTS = {"SCALAR": 1, "VEC3": 3}


def chunks(glb: bytes) -> tuple[dict[str, Any], bytes]:
    magic, version, length = struct.unpack("<4sII", glb[:12])
    assert (magic, version, length) == (b"glTF", 2, len(glb))
    size, kind = struct.unpack("<I4s", glb[12:20])
    assert (kind, size % 4) == (b"JSON", 0)
    document = glb[20 : 20 + size]
    rest = glb[20 + size :]
    bin_size, bin_kind = struct.unpack("<I4s", rest[:8])
    assert (bin_kind, bin_size % 4, len(rest)) == (b"BIN\0", 0, bin_size + 8)
    return json.loads(document), rest[8:]


def read(document: dict[str, Any], data: bytes, number: int) -> list[tuple[float, ...]]:
    accessor = document["accessors"][number]
    view = document["bufferViews"][accessor["bufferView"]]
    parts = PARTS[accessor["type"]]
    assert view["byteOffset"] % SIZES[accessor["componentType"]] == 0
    assert view["byteLength"] == accessor["count"] * parts * SIZES[accessor["componentType"]]
    letter = {5123: "H", 5126: "f"}[accessor["componentType"]]
    found = struct.iter_unpack(
        f"<{parts}{letter}", data[view["byteOffset"] : view["byteOffset"] + view["byteLength"]]
    )
    return list(found)


def test_a_glb_has_the_binary_layout_of_gltf_2() -> None:
    document, data = chunks(FORMATS["glb"].write(BOX))
    assert document["asset"]["version"] == "2.0"
    assert document["buffers"] == [{"byteLength": 648}]
    assert sum(view["byteLength"] for view in document["bufferViews"]) == 648
    primitive = document["meshes"][document["nodes"][0]["mesh"]]["primitives"][0]
    positions = read(document, data, primitive["attributes"]["POSITION"])
    normals = read(document, data, primitive["attributes"]["NORMAL"])
    indices = [index for (index,) in read(document, data, primitive["indices"])]
    assert (len(positions), len(normals), len(indices)) == (24, 24, 36)
    assert max(indices) == 23
    accessor = document["accessors"][primitive["attributes"]["POSITION"]]
    assert accessor["min"] == [min(axis) for axis in zip(*positions, strict=True)]
    assert accessor["max"] == [max(axis) for axis in zip(*positions, strict=True)]
    assert accessor["max"] == pytest.approx([0.4, 0.5, 0.2])


def test_the_sides_of_a_glb_look_outwards() -> None:
    document, data = chunks(FORMATS["glb"].write(BOX))
    positions, normals = read(document, data, 0), read(document, data, 1)
    indices = [int(index) for (index,) in read(document, data, 2)]
    for place in range(0, 36, 3):
        first, second, third = (positions[index] for index in indices[place : place + 3])
        one = [b - a for a, b in zip(first, second, strict=True)]
        two = [b - a for a, b in zip(first, third, strict=True)]
        cross = (
            one[1] * two[2] - one[2] * two[1],
            one[2] * two[0] - one[0] * two[2],
            one[0] * two[1] - one[1] * two[0],
        )
        normal = normals[indices[place]]
        assert sum(a * b for a, b in zip(cross, normal, strict=True)) > 0


def test_an_export_bears_the_colour_of_the_configuration(api: Any) -> None:
    owner = asset(api)
    configuration = {"Height": 3, "Colour": {"r": 1, "g": 0.5, "b": 0}}
    path = f"/api/asset-jobs/{owner}/export/glb"
    answer = api("POST", path, body={"sync": True, "configuration": configuration}).json
    document, _ = chunks(content(api, answer["fileId"]))
    factor = document["materials"][0]["pbrMetallicRoughness"]["baseColorFactor"]
    assert factor == pytest.approx([1, linear(128), 0, 1])
    assert document["asset"]["extras"] == {"assetId": owner, "configuration": configuration}
    assert document["nodes"][0]["name"] == "Oak chair"


def test_a_usdz_is_an_uncompressed_zip_whose_scene_is_aligned() -> None:
    data = FORMATS["usdz"].write(BOX)
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        assert archive.testzip() is None
        (entry,) = archive.infolist()
        scene = archive.read(entry).decode()
    assert (entry.filename, entry.compress_type) == ("box.usda", zipfile.ZIP_STORED)
    start = data.index(b"#usda 1.0")
    assert start % 64 == 0
    assert entry.header_offset == 0
    assert scene.count("{") == scene.count("}")
    assert scene.count("(") == scene.count(")")
    points = re.findall(r"\(([^()]*)\)", scene.partition("points = ")[2].partition("\n")[0])
    assert len(points) == 24
    assert "doc = \"Oak 'chair' ü\\n\"" in scene


def test_a_string_of_usd_escapes_only_what_would_end_it() -> None:
    box = evolve(BOX, name='a "b" \\ é \U0001f600\r\n\ud800')
    assert 'doc = "a \\"b\\" \\\\ é \U0001f600\\r\\n?"\n' in usdz.scene(box)


@pytest.mark.parametrize("length", range(28, 36))
def test_the_bytes_in_a_usdz_are_aligned_whatever_stands_before(length: int) -> None:
    from threekit_async.emulator.meshes.usdz import add_aligned

    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        add_aligned(archive, out.tell(), "n" * length, b"first file")
        add_aligned(archive, out.tell(), "second", b"second file")
    assert out.getvalue().index(b"first file") % 64 == 0
    assert out.getvalue().index(b"second file") % 64 == 0


def test_an_stl_has_twelve_triangles() -> None:
    text = FORMATS["stl"].write(BOX).decode("ascii")
    name = "Oak 'chair' ?"
    assert text.startswith(f"solid {name}\n")
    assert text.endswith(f"endsolid {name}\n")
    facet = r"  facet normal( -?[\d.]+){3}\n    outer loop\n(      vertex( -?[\d.]+){3}\n){3}"
    assert len(re.findall(facet + r"    endloop\n  endfacet\n", text)) == 12


def test_a_dxf_is_pairs_of_codes_and_values() -> None:
    lines = FORMATS["dxf"].write(BOX).decode("ascii").splitlines()
    pairs = [(int(code), value) for code, value in zip(lines[::2], lines[1::2], strict=True)]
    assert pairs.count((0, "3DFACE")) == 6
    assert pairs[-1] == (0, "EOF")
    assert pairs.count((0, "SECTION")) == pairs.count((0, "ENDSEC")) == 2
    corners = [code for code, _ in pairs if 10 <= code < 40]
    assert sorted(set(corners)) == [10, 11, 12, 13, 20, 21, 22, 23, 30, 31, 32, 33]
    assert len(corners) == 72


def test_a_step_file_refers_to_what_is_written_before() -> None:
    text = FORMATS["step"].write(BOX).decode("ascii")
    assert text.startswith("ISO-10303-21;\nHEADER;\n")
    assert text.endswith("ENDSEC;\nEND-ISO-10303-21;\n")
    assert "PRODUCT('Oak ''chair'' ?'" in text
    entities = re.findall(r"^#(\d+)=(.*);$", text, re.MULTILINE)
    assert [int(number) for number, _ in entities] == list(range(1, len(entities) + 1))
    for number, body in entities:
        assert body.count("(") == body.count(")")
        assert all(int(other) < int(number) for other in re.findall(r"#(\d+)", body))
    for kind, count in (("FACE_SURFACE", 6), ("POLY_LOOP", 6), ("CLOSED_SHELL", 1)):
        assert sum(body.startswith(f"{kind}(") for _, body in entities) == count


def test_the_measures_of_an_asset_never_change() -> None:
    assert steady_size("a") == steady_size("a") != steady_size("b")
    assert all(0.4 <= edge <= 1.2 for edge in steady_size("a"))
