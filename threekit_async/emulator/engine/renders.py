"""The work of type ``render``: draw a picture, and register it as a layer."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import TYPE_CHECKING, Any, cast

from threekit_async.emulator.data.tables import LAYERS
from threekit_async.emulator.engine.results import file_name, keep_file
from threekit_async.emulator.engine.subjects import id_of, name_of, wanted_asset
from threekit_async.emulator.engine.works import WorkFailed
from threekit_async.emulator.records.layers import new_layer

if TYPE_CHECKING:
    from collections.abc import Callable

    from threekit_async.emulator.data.store import Record
    from threekit_async.emulator.state import State

USUAL = 1024
LARGEST = 4096


async def render(state: State, task: Record) -> list[Record]:
    """Draw the PNG of an asset in a configuration, on its stage if there is one.

    It becomes a layer of this job, as the vendor's Layers API page says of renders.
    """
    asset = wanted_asset(state, task)
    width, height = resolution(task["parameters"].get("settings"))
    draw = drawing(state, task, asset)
    content = await state.engine.on_thread(lambda: draw(width=width, height=height))
    name = file_name(asset, "png")
    file = keep_file(state, task, content, filename=name, mime_type="image/png")
    layer = layer_body(state, task, asset)
    layer |= {"fileId": file["id"], "width": width, "height": height}
    state.store.add(LAYERS, new_layer(state, layer, org_id=task["orgId"]))
    return [file]


def layer_body(state: State, task: Record, asset: Record) -> Record:
    """Return the layer that a render's parameters speak of, yet without its file.

    Asset and stage bear their ids, by whichever name they were given (assumption).
    """
    given = task["parameters"]
    return {
        "assetId": asset["id"],
        "assetLayer": given.get("layerId"),
        "assetLayerConfiguration": given.get("configuration"),
        "stageId": id_of(state, task["orgId"], given.get("stageId") or ""),
        "stageConfiguration": given.get("stageConfiguration"),
        "jobId": task["jobId"],
        "taskId": task["id"],
        "format": "png",
    }


def resolution(settings: object) -> tuple[int, int]:
    """Read ``settings.output.resolution``; 1 to 4,096 pixels each.

    One edge alone makes a square; none, 1024 x 1024 (assumptions).

    :raises WorkFailed: when it is not a size that can be drawn.
    """
    given = _part(_part(settings, "output"), "resolution")
    edges = [given.get("width"), given.get("height")]
    usual = next((edge for edge in edges if edge is not None), USUAL)
    width, height = (usual if edge is None else edge for edge in edges)
    if not (_is_edge(width) and _is_edge(height)):
        raise WorkFailed(
            f"The resolution {width} x {height} cannot be rendered: give whole numbers of "
            f"pixels, 1 to {LARGEST}, as settings.output.resolution.width and height."
        )
    return width, height


def _is_edge(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 1 <= value <= LARGEST


def _part(value: object, name: str) -> Mapping[str, Any]:
    inner = cast("Mapping[str, Any]", value).get(name) if isinstance(value, Mapping) else None
    return cast("Mapping[str, Any]", inner) if isinstance(inner, Mapping) else {}


def drawing(state: State, task: Record, asset: Record) -> Callable[..., bytes]:
    """Return the function that draws; all it needs to know of the store is in it already."""
    # Imported here: pictures need Pillow, of the extra.
    from threekit_async.emulator.pictures.colours import options_of
    from threekit_async.emulator.pictures.demo import demo_choice, draw_demo
    from threekit_async.emulator.pictures.scene import Subject, draw_scene

    configuration: Record = task["parameters"].get("configuration") or {}
    stage = stage_text(state, task)
    if (chosen := demo_choice(asset["id"], configuration)) is not None:
        return partial(draw_demo, *chosen, stage)
    subject = Subject(
        asset_id=asset["id"],
        name=str(asset.get("name") or ""),
        options=options_of(configuration, partial(name_of, state, task["orgId"])),
        stage=stage,
    )
    return partial(draw_scene, subject)


def stage_text(state: State, task: Record) -> str:
    """Describe the stage and what is chosen of it; empty without a stage.

    :raises WorkFailed: when the stage is not there.
    """
    from threekit_async.emulator.pictures.colours import options_of

    if not task["parameters"].get("stageId"):
        return ""
    stage = wanted_asset(state, task, "stageId")
    configuration: Record = task["parameters"].get("stageConfiguration") or {}
    options = options_of(configuration, partial(name_of, state, task["orgId"]))
    return " | ".join(
        [str(stage.get("name") or ""), *(f"{option.label}: {option.text}" for option in options)]
    )
