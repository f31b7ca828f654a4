"""Records of the Assets API."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from .base import field, record
from .values import Configuration, read_configuration, read_names

__all__ = ("Asset", "AssetVariant", "SharedVariantData")


@record
class Asset:
    """An item, model, material, texture, stage or other thing of an organisation.

    Lists may leave out what only a single read gives (`parent_folder_id`, `published_at`,
    `default_stage_id`, `default_composite_id`, `deleted_by`, `nodetags`).
    Source: the vendor's Assets API page; the last block is what its own client reads.
    """

    id: str
    name: str
    #: scene, model, material, texture, stage, item, composite, attribute, upload, vector, font,
    #: vfb, video, lut or folder.
    type: str | None = None
    as_: str | None = field(default=None, metadata={"wire": "as"})
    created_at: datetime | None = None
    updated_at: datetime | None = None
    deleted_at: datetime | None = None
    created_by: str | None = None
    deleted_by: str | None = None
    org_id: str | None = None
    branch: str | None = None
    description: str | None = None
    metadata: Mapping[str, Any] | None = None
    tags: Sequence[str] = field(factory=list[str], metadata={"read": read_names})
    keywords: Sequence[str] = field(factory=list[str], metadata={"read": read_names})
    #: A boolean on the vendor's page, a string in its client: both are met.
    public_share: bool | str | None = None
    imported_file_id: str | None = None
    #: For items: the visual asset behind the item.
    proxy_id: str | None = None
    #: A folder's id, or `catalog` (items, stages) or `assets` (assets, global attributes).
    parent_folder_id: str | None = None
    published_at: datetime | None = None
    default_stage_id: str | None = None
    default_composite_id: str | None = None
    nodetags: Sequence[str] = field(factory=list[str], metadata={"read": read_names})

    proxy_type: str | None = None
    effects: str | None = None
    warnings: bool | None = None
    advanced_ar: bool | None = None
    analytics: bool | None = None
    #: Bytes.
    file_size: int | None = None
    tagids: Sequence[str] = field(factory=list[str], metadata={"read": read_names})
    category_id: str | None = None
    #: The customer's own name for the asset; usable in place of the id.
    custom_id: str | None = None
    updated_by: str | None = None
    head: str | None = None
    extra: Mapping[str, Any] = field(factory=dict[str, Any])


@record
class AssetVariant:
    """One precomputed configuration of an asset. Source: the vendor's own client."""

    id: str
    asset_id: str | None = None
    org_id: str | None = None
    job_id: str | None = None
    task_id: str | None = None
    #: The customer's own name for it.
    variant_id: str | None = None
    shared_data_id: str | None = None
    metadata: Mapping[str, Any] | None = None
    variant: Configuration = field(factory=dict[str, Any], metadata={"read": read_configuration})
    updated_at: datetime | None = None
    updated_by: str | None = None
    extra: Mapping[str, Any] = field(factory=dict[str, Any])


@record
class SharedVariantData:
    """What all variants of an asset share. Source: the vendor's own client."""

    id: str
    asset_id: str | None = None
    org_id: str | None = None
    job_id: str | None = None
    task_id: str | None = None
    ready: bool | None = None
    #: Nobody describes what is inside.
    visual_attributes: Any = None
    variant_attributes: Any = None
    extra: Mapping[str, Any] = field(factory=dict[str, Any])
