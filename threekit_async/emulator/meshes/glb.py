"""Binary glTF 2.0: a header, a chunk of JSON, a chunk of numbers."""

from __future__ import annotations

import json
import struct
from typing import TYPE_CHECKING, Any

from threekit_async.emulator.meshes.box import linear

if TYPE_CHECKING:
    from threekit_async.emulator.meshes.box import Box

MAGIC, VERSION = 0x46546C67, 2
JSON_CHUNK, BIN_CHUNK = 0x4E4F534A, 0x004E4942
FLOAT, UNSIGNED_SHORT = 5126, 5123
VERTICES, INDICES = 34962, 34963


def write_glb(box: Box) -> bytes:
    """Return the file."""
    numbers = _numbers(box)
    chunks = _chunk(JSON_CHUNK, _json(box, len(numbers)), b" ") + _chunk(BIN_CHUNK, numbers, b"\0")
    return struct.pack("<III", MAGIC, VERSION, 12 + len(chunks)) + chunks


def _chunk(kind: int, content: bytes, padding: bytes) -> bytes:
    content += padding * (-len(content) % 4)
    return struct.pack("<II", len(content), kind) + content


def _numbers(box: Box) -> bytes:
    """Write 24 positions, 24 normals and 36 indices."""
    faces = box.faces()
    positions = [value for face in faces for corner in face.corners for value in corner]
    normals = [value for face in faces for _ in face.corners for value in face.normal]
    indices = [4 * side + each for side in range(6) for each in (0, 1, 2, 0, 2, 3)]
    return struct.pack("<72f72f36H", *positions, *normals, *indices)


def _json(box: Box, size: int) -> bytes:
    primitive = {"attributes": {"POSITION": 0, "NORMAL": 1}, "indices": 2, "material": 0}
    document: dict[str, Any] = {
        "asset": {"version": "2.0", "generator": "threekit-async emulator", "extras": box.notes},
        "scene": 0,
        "scenes": [{"name": box.name, "nodes": [0]}],
        "nodes": [{"name": box.name, "mesh": 0}],
        "meshes": [{"name": box.name, "primitives": [primitive]}],
        "materials": [_material(box)],
        "accessors": _accessors(box),
        "bufferViews": [
            {"buffer": 0, "byteOffset": 0, "byteLength": 288, "target": VERTICES},
            {"buffer": 0, "byteOffset": 288, "byteLength": 288, "target": VERTICES},
            {"buffer": 0, "byteOffset": 576, "byteLength": 72, "target": INDICES},
        ],
        "buffers": [{"byteLength": size}],
    }
    return json.dumps(document, separators=(",", ":")).encode()


def _material(box: Box) -> dict[str, Any]:
    return {
        "name": "Colour",
        "pbrMetallicRoughness": {
            "baseColorFactor": [*(linear(level) for level in box.rgb), 1],
            "metallicFactor": 0,
            "roughnessFactor": 0.7,
        },
    }


def _accessors(box: Box) -> list[dict[str, Any]]:
    corners = [corner for face in box.faces() for corner in face.corners]
    # Bounds must be those of the stored numbers, which are single precision.
    stored = [struct.unpack("<3f", struct.pack("<3f", *corner)) for corner in corners]
    vectors = {"componentType": FLOAT, "count": 24, "type": "VEC3"}
    return [
        {
            **vectors,
            "bufferView": 0,
            "min": [min(axis) for axis in zip(*stored, strict=True)],
            "max": [max(axis) for axis in zip(*stored, strict=True)],
        },
        {**vectors, "bufferView": 1},
        {"bufferView": 2, "componentType": UNSIGNED_SHORT, "count": 36, "type": "SCALAR"},
    ]
