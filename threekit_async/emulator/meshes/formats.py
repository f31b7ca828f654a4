"""Which 3D formats can be written, and how."""

from __future__ import annotations

from typing import TYPE_CHECKING

from attrs import frozen

from threekit_async.emulator.meshes.drawings import write_dxf, write_stl
from threekit_async.emulator.meshes.glb import write_glb
from threekit_async.emulator.meshes.step import write_step
from threekit_async.emulator.meshes.usdz import write_usdz

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from threekit_async.emulator.meshes.box import Box


@frozen(kw_only=True)
class Format:
    """One format: how a file of it is called, described and written."""

    extension: str
    mime_type: str
    write: Callable[[Box], bytes]


_STEP = Format(extension="step", mime_type="model/step", write=write_step)
FORMATS: Mapping[str, Format] = {
    "glb": Format(extension="glb", mime_type="model/gltf-binary", write=write_glb),
    "usdz": Format(extension="usdz", mime_type="model/vnd.usdz+zip", write=write_usdz),
    "stl": Format(extension="stl", mime_type="model/stl", write=write_stl),
    "dxf": Format(extension="dxf", mime_type="image/vnd.dxf", write=write_dxf),
    "step": _STEP,
    "stp": _STEP,
}
"""By the word in the path, in lower case; ``STP`` is seen in public integrations, too."""
