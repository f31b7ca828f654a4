"""Records of the Asset Jobs API."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from .base import field, record
from .fields import FieldProblem, described
from .files import File
from .jobs import Job, Run
from .values import ConfigurationValue, read_value

__all__ = ("AssetJob", "ImportSettings", "RenderSubject", "Subset", "SubsetFilter")


def _choices(raw: Any) -> Sequence[ConfigurationValue]:
    if raw.__class__ is not list:
        raise FieldProblem("", f"is {described(raw)}, not an array")
    return [read_value(value) for value in raw]


@record
class AssetJob:
    """A job that was started, and what it has made if it was waited for.

    Source: public integrations and the vendor's own client.
    """

    job_id: str
    #: Small (`id`, `status`) right after the start, with `runs` when the call waited for the end.
    job: Job | None = None
    #: The result, where the server names it.
    file_id: str | None = None
    msg: str | None = None
    created_at: datetime | None = None
    extra: Mapping[str, Any] = field(factory=dict[str, Any])

    @property
    def runs(self) -> Sequence[Run]:
        """The runs that came with the answer; none before the job has ended."""
        return () if self.job is None else self.job.known_runs

    @property
    def files(self) -> Sequence[File]:
        """The files that came with the answer, without logs."""
        return [file for run in self.runs for file in run.files]


@record
class ImportSettings:
    """How a file is imported. Source: the vendor's own client, names only."""

    vr_scene_mode: str | None = None
    vr_scene_tool: str | None = None
    import_as: str | None = None
    dont_overwrite_assets: bool | None = None
    update_materials: bool | None = None
    update_textures: bool | None = None
    extra: Mapping[str, Any] = field(factory=dict[str, Any])


@record
class SubsetFilter:
    """Which values of an attribute, or which layers, are rendered."""

    #: `include` is known; that there is `exclude` is our assumption.
    filter_mode: str = "include"
    #: Strings, numbers or `AssetReference`s; for layers their ids. None sets no limit.
    values: Sequence[ConfigurationValue] | None = field(default=None, metadata={"read": _choices})
    extra: Mapping[str, Any] = field(factory=dict[str, Any])


@record
class Subset:
    """Which configurations of an asset are rendered."""

    #: Attribute names and which of their values.
    attributes: Mapping[str, SubsetFilter] = field(factory=dict[str, SubsetFilter])
    layers: SubsetFilter | None = None
    #: `all` is the only value that is known.
    unique_attrs: str | None = "all"
    extra: Mapping[str, Any] = field(factory=dict[str, Any])


@record
class RenderSubject:
    """An asset, or a stage, of a batch of renders, and which of its configurations.

    Source: a public integration.
    """

    asset_id: str
    subset: Subset | None = None
    extra: Mapping[str, Any] = field(factory=dict[str, Any])
