"""Which type of asset an uploaded file becomes."""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

OUTPUTS = (
    "font",
    "lut",
    "material",
    "model",
    "scene",
    "texture",
    "upload",
    "vector",
    "vfb",
    "video",
)
"""The groups in which an import's results are listed (seen in public integrations)."""

_EXTENSIONS: Mapping[str, str] = {
    "model": "dxf fbx glb gltf iges igs obj stl step stp usda usdc usdz vccglb zip",
    "texture": "exr gif hdr jpeg jpg pbrtex png tif tiff webp",
    "material": "pbrmat",
    "scene": "vrscene",
    "vector": "svg",
    "font": "otf ttf",
    "lut": "3dl cube lut",
    "vfb": "vfb vrimg",
    "video": "avi mov mp4 webm",
}
_TYPES = {extension: type_ for type_, names in _EXTENSIONS.items() for extension in names.split()}


def type_of_file(filename: str) -> str:
    """Return the type of asset a file becomes; what is not known becomes an ``upload``.

    The extensions are those the vendor lists as inputs, and some of their kind (assumption).
    """
    return _TYPES.get(PurePosixPath(filename).suffix[1:].lower(), "upload")
