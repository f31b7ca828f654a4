"""The work of type ``export``: write a 3D file of an asset in a configuration."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from threekit_async.emulator.engine.results import file_name, keep_file
from threekit_async.emulator.engine.subjects import name_of, wanted_asset
from threekit_async.emulator.engine.works import WorkFailed
from threekit_async.emulator.meshes.box import Box, steady_size
from threekit_async.emulator.meshes.formats import FORMATS

if TYPE_CHECKING:
    from threekit_async.emulator.data.store import Record
    from threekit_async.emulator.meshes.formats import Format
    from threekit_async.emulator.state import State


async def export(state: State, task: Record) -> list[Record]:
    """Write the file; what it shows is a box in the first colour of the configuration."""
    wanted = _format(str(task["parameters"]["format"]))
    asset = wanted_asset(state, task)
    content = wanted.write(_box(state, task, asset))
    name = file_name(asset, wanted.extension)
    return [keep_file(state, task, content, filename=name, mime_type=wanted.mime_type)]


def _format(name: str) -> Format:
    found = FORMATS.get(name.lower())
    if found is None:
        raise WorkFailed(
            f"The format {name!r} cannot be exported: choose one of {', '.join(FORMATS)}."
        )
    return found


def _box(state: State, task: Record, asset: Record) -> Box:
    from threekit_async.emulator.pictures.colours import main_colours, options_of

    configuration: Record = task["parameters"].get("configuration") or {}
    options = options_of(configuration, partial(name_of, state, task["orgId"]))
    return Box(
        name=str(asset.get("name") or "asset"),
        size=steady_size(asset["id"]),
        rgb=main_colours(options, asset["id"])[0],
        notes={"assetId": asset["id"], "configuration": configuration},
    )
