"""USDZ: an uncompressed zip whose first file is a scene, its bytes aligned to 64."""

from __future__ import annotations

import io
import struct
import zipfile
from typing import TYPE_CHECKING

from threekit_async.emulator.meshes.box import linear

if TYPE_CHECKING:
    from threekit_async.emulator.meshes.box import Box, Point

ALIGNED = 64
LOCAL_HEADER = 30
PADDING_ID = 0x1986
STEADY_DATE = (1980, 1, 1, 0, 0, 0)
_ESCAPES = str.maketrans({'"': '\\"', "\\": "\\\\", "\n": "\\n", "\r": "\\r"})


def write_usdz(box: Box) -> bytes:
    """Return the file."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as archive:
        add_aligned(archive, out.tell(), "box.usda", scene(box).encode())
    return out.getvalue()


def add_aligned(archive: zipfile.ZipFile, offset: int, name: str, content: bytes) -> None:
    """Add a file whose bytes begin at a multiple of 64; an extra field takes up the gap."""
    entry = zipfile.ZipInfo(name, STEADY_DATE)
    gap = -(offset + LOCAL_HEADER + len(name.encode())) % ALIGNED
    if 0 < gap < 4:
        gap += ALIGNED
    if gap:
        entry.extra = struct.pack("<HH", PADDING_ID, gap - 4) + bytes(gap - 4)
    archive.writestr(entry, content)


def scene(box: Box) -> str:
    """Write the box as USD text."""
    faces = box.faces()
    points = [corner for face in faces for corner in face.corners]
    normals = [face.normal for face in faces for _ in face.corners]
    red, green, blue = (linear(level) for level in box.rgb)
    return f"""#usda 1.0
(
    defaultPrim = "Box"
    doc = {_quoted(box.name)}
    metersPerUnit = 1
    upAxis = "Y"
)

def Xform "Box" (
    kind = "component"
)
{{
    def Mesh "Sides" (
        prepend apiSchemas = ["MaterialBindingAPI"]
    )
    {{
        int[] faceVertexCounts = [4, 4, 4, 4, 4, 4]
        int[] faceVertexIndices = {list(range(24))}
        point3f[] points = {_listed(points)}
        normal3f[] normals = {_listed(normals)} (
            interpolation = "faceVarying"
        )
        uniform token subdivisionScheme = "none"
        rel material:binding = </Box/Colour>
    }}

    def Material "Colour"
    {{
        token outputs:surface.connect = </Box/Colour/Surface.outputs:surface>

        def Shader "Surface"
        {{
            uniform token info:id = "UsdPreviewSurface"
            color3f inputs:diffuseColor = ({red}, {green}, {blue})
            float inputs:roughness = 0.7
            token outputs:surface
        }}
    }}
}}
"""


def _quoted(text: str) -> str:
    """Write a USD string: UTF-8, and escapes for what would end it; JSON has others."""
    whole = text.encode("utf-8", "replace").decode()
    return f'"{whole.translate(_ESCAPES)}"'


def _listed(points: list[Point]) -> str:
    return "[" + ", ".join(f"({x:g}, {y:g}, {z:g})" for x, y, z in points) + "]"
