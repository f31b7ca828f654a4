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


@frozen(kw_only=True)
class Subset:
    """What is rendered of one asset or stage: these layers, with all of these values."""

    asset_id: str
    chosen: Mapping[str, list[Any]]
    layers: list[str]

    def count(self) -> int:
        """Count the views; no further than a little beyond what is allowed."""
        count = len(self.layers)
        for values in self.chosen.values():
            if count > MOST:
                break
            count *= len(values)
        return count

    def views(self) -> Iterator[View]:
        """Make the views, one by one."""
        for picked in combinations(*self.chosen.values()):
            configuration = dict(zip(self.chosen, picked, strict=True))
            for layer in self.layers:
                yield View(asset_id=self.asset_id, configuration=configuration, layer=layer)


def batch_tasks(state: State, org_id: str, body: Record) -> list[NewTask]:
    """Return a task for each asset, layer and configuration, on each stage and its configurations.

    With ``renderMissingLayers`` only for those that have no layer yet, going by the field's name.

    :raises TooMany: for more than 2,000 combinations.
    """
    assets = _subsets(state, org_id, body["assets"], most=MOST)
    count = sum(subset.count() for subset in assets)
    stages = _subsets(state, org_id, body.get("stages") or [], most=MOST // count)
    scenes = [view for subset in stages for view in subset.views()] or [NO_STAGE]
    views = (view for subset in assets for view in subset.views())
    tasks = [_task(body, asset, stage) for asset, stage in combinations(views, scenes)]
    if not body.get("renderMissingLayers"):
        return tasks
    return [task for task in tasks if not _has_layer(state, org_id, task["parameters"])]


def _subsets(state: State, org_id: str, given: list[Record], *, most: int) -> list[Subset]:
    """Read the entries, counting on the way: a few bytes may ask for more than memory holds."""
    subsets: list[Subset] = []
    for each in given:
        subset = _subset(state, org_id, each)
        most -= subset.count()
        if most < 0:
            raise TooMany
        subsets.append(subset)
    return subsets


def _subset(state: State, org_id: str, given: Record) -> Subset:
    asset = find_live(state, org_id, given["assetId"])
    asset_id = str(asset["id"] if asset else given["assetId"])
    subset: Record = given.get("subset") or {}
    choices = attributes_of(state, asset) if asset else {}
    rule: Record = subset.get("layers") or {}
    return Subset(
        asset_id=asset_id,
        chosen=_chosen(choices, subset.get("attributes") or {}),
        layers=rule.get("values") or [""],
    )


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
