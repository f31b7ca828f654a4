"""Records of the Catalog API: items as shops see them, and imports in one call."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from .base import converter, field, record
from .fields import FieldProblem, described
from .jobs import Job
from .values import read_names

__all__ = ("CatalogJob", "CatalogProduct", "CatalogUpload", "ImportedAsset")


def _output(raw: Any) -> Mapping[str, Sequence[ImportedAsset]]:
    if raw.__class__ is not dict:
        raise FieldProblem("", f"is {described(raw)}, not an object")
    return {type_: _imported(type_, assets) for type_, assets in raw.items()}


def _imported(type_: str, assets: Any) -> Sequence[ImportedAsset]:
    try:
        return converter().structure(assets or [], list[ImportedAsset])
    except FieldProblem as problem:
        raise problem.under(f".{type_}") from None


@record
class CatalogProduct:
    """An item, of the own organisation or shared by a public one.

    Source: the vendor's help centre and its own client.
    """

    id: str
    name: str
    description: str | None = None
    org_id: str | None = None
    #: The asset behind the item.
    proxy_id: str | None = None
    tags: Sequence[str] = field(factory=list[str], metadata={"read": read_names})
    keywords: Sequence[str] = field(factory=list[str], metadata={"read": read_names})
    #: Nobody describes its form.
    categories: Any = None
    metadata: Mapping[str, Any] | None = None
    extra: Mapping[str, Any] = field(factory=dict[str, Any])


@record
class CatalogUpload:
    """One uploaded file and the job that imports it."""

    job_id: str
    job: Job | None = None
    msg: str | None = None
    extra: Mapping[str, Any] = field(factory=dict[str, Any])


@record
class ImportedAsset:
    """An asset an import made."""

    asset_id: str
    name: str | None = None
    #: An asset type, as `texture`.
    type: str | None = None
    extra: Mapping[str, Any] = field(factory=dict[str, Any])


@record
class CatalogJob:
    """An import, and what it made."""

    job: Job | None = None
    #: By asset type; None until the job has stopped. `assets` has them in one list.
    output: Mapping[str, Sequence[ImportedAsset]] | None = field(
        default=None, metadata={"read": _output}
    )
    extra: Mapping[str, Any] = field(factory=dict[str, Any])

    @property
    def assets(self) -> Sequence[ImportedAsset]:
        """All assets the import made, each with its type."""
        return [
            _of_type(type_, asset)
            for type_, assets in (self.output or {}).items()
            for asset in assets
        ]


def _of_type(type_: str, asset: ImportedAsset) -> ImportedAsset:
    return ImportedAsset(
        asset_id=asset.asset_id, name=asset.name, type=asset.type or type_, extra=asset.extra
    )
