"""Records of the Layers API."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Literal, TypeAlias, TypedDict

from .base import field, record

__all__ = ("Grouping", "Layer", "LayerGroup", "LayerUrl", "Optimization")

Grouping: TypeAlias = Literal[
    "job_id",
    "stage_id",
    "asset_id",
    "org_id",
    "branch",
    "jobId",
    "stageId",
    "assetId",
    "orgId",
]
"""What layers can be grouped by; the wire's names mean the same as Python's."""


class Optimization(TypedDict, total=False):
    """How an image is made smaller on its way: `{"format": "webp", "quality": 80, "width": 320}`.

    Source: the vendor's Layers API page. It does not work on AR exports.
    """

    #: The only format the vendor documents.
    format: Literal["webp"]
    #: 0 to 100.
    quality: float
    #: Pixels. The vendor says that width and height crop.
    width: int
    height: int


@record
class Layer:
    """One stored render or export of an asset in one configuration.

    Source: the vendor's Layers API page. `format`, `width`, `height`, `stage_metadata`,
    `scene_graph_state`, the two hashes, `url` and `path` are not on that page; the vendor's own
    client reads them.
    """

    id: str
    asset_id: str | None = None
    #: The composite's layer; equal to `asset_id` when the asset has no composition.
    asset_layer: str | None = None
    #: The whole configuration of the asset when it has no composition.
    asset_layer_configuration: Mapping[str, Any] = field(factory=dict[str, Any])
    asset_version: str | None = None
    #: "" when rendered without a stage.
    stage_id: str | None = None
    stage_configuration: Mapping[str, Any] = field(factory=dict[str, Any])
    stage_version: str | None = None
    stage_metadata: Mapping[str, Any] | None = None
    metadata: Mapping[str, Any] = field(factory=dict[str, Any])
    org_id: str | None = None
    #: The job and task that made the layer; None when it was registered by hand.
    job_id: str | None = None
    task_id: str | None = None
    #: The result file, if there is one; see `files.content`.
    file_id: str | None = None
    #: `published` or `unpublished`.
    branch: str | None = None
    created_at: datetime | None = None
    #: `png`, `glb`, `usdz`.
    format: str | None = None
    #: Pixels.
    width: int | None = None
    height: int | None = None
    scene_graph_state: str | None = None
    asset_layer_configuration_hash: str | None = None
    stage_configuration_hash: str | None = None
    #: Given for a single layer only.
    url: str | None = None
    path: str | None = None
    extra: Mapping[str, Any] = field(factory=dict[str, Any])


@record
class LayerGroup:
    """The layers that share one job, stage, asset, organisation or branch.

    The field named by `group_by` carries the group's value. Source: the vendor's Layers API page.
    """

    #: Layers in the group.
    count: int
    job_id: str | None = None
    stage_id: str | None = None
    org_id: str | None = None
    branch: str | None = None
    created_at: datetime | None = None
    file_id: str | None = None
    #: To be dropped by the vendor in favour of `asset_ids`.
    asset_id: str | None = None
    asset_ids: Sequence[str] = field(factory=list[str])
    stage_ids: Sequence[str] = field(factory=list[str])
    extra: Mapping[str, Any] = field(factory=dict[str, Any])


@record
class LayerUrl:
    """Where a layer's file can be fetched, with the layer's metadata."""

    url: str
    metadata: Mapping[str, Any] = field(factory=dict[str, Any])
    extra: Mapping[str, Any] = field(factory=dict[str, Any])
