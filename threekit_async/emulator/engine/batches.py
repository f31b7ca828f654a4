"""Batch renders: from subsets of assets and stages to one render for each combination."""

from __future__ import annotations

from itertools import product as combinations
from typing import TYPE_CHECKING, Any

from attrs import frozen

from threekit_async.emulator.data.filters import Filters
from threekit_async.emulator.data.tables import LAYERS
from threekit_async.emulator.engine.attributes import attributes_of
from threekit_async.emulator.engine.subjects import find_live

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from threekit_async.emulator.data.store import Record
    from threekit_async.emulator.records.jobs import NewTask
    from threekit_async.emulator.state import State

MOST = 2000


class TooMany(Exception):  # noqa: N818 - it is an answer, not a mistake.
    """A batch asks for more combinations than the emulator makes."""


@frozen(kw_only=True)
class View:
    """One asset or stage in one configuration; ``layer`` is empty for the whole of it."""

    asset_id: str
    configuration: Mapping[str, Any]
    layer: str = ""


NO_STAGE = View(asset_id="", configuration={})


def batch_tasks(state: State, org_id: str, body: Record) -> list[NewTask]:
    """Return a task for each asset, layer and configuration, on each stage and its configurations.

    With ``renderMissingLayers`` only for those that have no layer yet, going by the field's name.

    :raises TooMany: for more than 2,000 combinations.
    """
    assets = [view for each in body["assets"] for view in _views(state, org_id, each)]
    given: list[Record] = body.get("stages") or []
    stages = [view for each in given for view in _views(state, org_id, each)]
    pairs = list(combinations(assets, stages or [NO_STAGE]))
    if len(pairs) > MOST:
        raise TooMany
    tasks = [_task(body, asset, stage) for asset, stage in pairs]
    if not body.get("renderMissingLayers"):
        return tasks
    return [task for task in tasks if not _has_layer(state, org_id, task["parameters"])]


def _views(state: State, org_id: str, given: Record) -> Iterator[View]:
    asset = find_live(state, org_id, given["assetId"])
    asset_id = str(asset["id"] if asset else given["assetId"])
    subset: Record = given.get("subset") or {}
    choices = attributes_of(state, asset) if asset else {}
    chosen = _chosen(choices, subset.get("attributes") or {})
    count = 1
    for values in chosen.values():
        count *= len(values)
    rule: Record = subset.get("layers") or {}
    layers: list[str] = rule.get("values") or [""]
    if count * len(layers) > MOST:
        raise TooMany
    for picked in combinations(*chosen.values()):
        configuration = dict(zip(chosen, picked, strict=True))
        for layer in layers:
            yield View(asset_id=asset_id, configuration=configuration, layer=layer)


def _chosen(choices: Mapping[str, list[Any]], subset: Mapping[str, Any]) -> dict[str, list[Any]]:
    """Return the values each attribute takes: those included, or all that are not excluded.

    Attributes that the subset leaves out take all their values (assumption).
    """
    names = list(dict.fromkeys([*choices, *subset]))
    chosen = {name: _values(choices.get(name, []), subset.get(name) or {}) for name in names}
    return {name: values for name, values in chosen.items() if values}


def _values(known: list[Any], rule: Mapping[str, Any]) -> list[Any]:
    given = rule.get("values")
    if rule.get("filterMode") == "exclude":
        return [value for value in known if value not in (given or [])]
    return given or known


def _task(body: Record, asset: View, stage: View) -> NewTask:
    parameters: Record = {
        "assetId": asset.asset_id,
        "configuration": asset.configuration,
        "stageId": stage.asset_id,
        "stageConfiguration": stage.configuration,
        "type": body.get("type") or "webgl",
        "settings": body.get("settings") or {},
    }
    if asset.layer:
        parameters["layerId"] = asset.layer
    return {"type": "render", "title": f"Render {asset.asset_id}", "parameters": parameters}


def _has_layer(state: State, org_id: str, parameters: Mapping[str, Any]) -> bool:
    same = Filters()
    same.equals("orgId", org_id)
    same.equals("assetId", parameters["assetId"])
    same.equals("assetLayer", parameters.get("layerId") or parameters["assetId"])
    same.same_json("assetLayerConfiguration", parameters["configuration"])
    same.equals("stageId", parameters["stageId"])
    same.same_json("stageConfiguration", parameters["stageConfiguration"])
    return state.store.first(LAYERS, same) is not None
