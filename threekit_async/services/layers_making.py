"""Which layer is wanted, and which of those that are there it is. Pure."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from attrs import Attribute, field, frozen

from ..errors import DecodeError, UsageError
from ..models.layers import Layer
from ..models.values import Configuration
from ..session.request import json_text
from .checks import check_whole

# Wish is no service: what is named here is carried over to the synchronous client.
__all__ = ()


def _object(_owner: object, wished: Attribute[Any], value: object) -> None:
    if not isinstance(value, Mapping):
        raise UsageError(
            f"{wished.name} must be a mapping, as {{'Colour': 'red'}}, "
            f"not {type(value).__name__}; nothing was sent."
        )


def _pixels(_owner: object, wished: Attribute[Any], value: object) -> None:
    if value is not None:
        check_whole(wished.name, value)


@frozen(kw_only=True)
class Wish:
    """A layer as it is wanted; None leaves the choice to the server."""

    asset_id: str
    asset_layer_configuration: Configuration = field(validator=_object)
    format: str
    stage_id: str | None = None
    stage_configuration: Configuration = field(factory=dict[str, Any], validator=_object)
    metadata: Mapping[str, Any] = field(factory=dict[str, Any], validator=_object)
    ar_export: bool | None = None
    width: int | None = field(default=None, validator=_pixels)
    height: int | None = field(default=None, validator=_pixels)

    def marks(self) -> dict[str, Any]:
        """Return the metadata by which the layer is told from others of the configuration."""
        ar_export = {} if self.ar_export is None else {"arExport": self.ar_export}
        return {**self.metadata, **ar_export}

    def lookup(self) -> dict[str, Any]:
        """Return the filters to look it up with; sizes are not among them."""
        staged = self.stage_id or self.stage_configuration
        return {
            "asset_id": self.asset_id,
            "asset_layer_configuration": self.asset_layer_configuration,
            "stage_id": self.stage_id or None,
            "stage_configuration": self.stage_configuration if staged else None,
            "metadata": self.marks() or None,
            "format": self.format,
        }

    def fits(self, layer: Layer | None) -> bool:
        """Tell whether a layer that was found by `lookup` is the one.

        Which asset and stage it shows was the server's to compare: they may be named by their
        custom ids. But without a stage in the lookup, layers on any stage are found.
        """
        if layer is None or bool(layer.stage_id) != bool(self.stage_id):
            return False
        pairs = (
            (self.format, layer.format),
            (self.width, layer.width),
            (self.height, layer.height),
        )
        same = all(None in pair or pair[0] == pair[1] for pair in pairs)
        staged = _plain(self.stage_configuration) == layer.stage_configuration
        metadata = _plain(self.marks()).items() <= layer.metadata.items()
        return same and staged and metadata

    def among(self, layers: Iterable[Layer]) -> Layer | None:
        """Return the first that fits."""
        return next((layer for layer in layers if self.fits(layer)), None)

    def lost(self, job_id: str) -> DecodeError:
        """Make the error for a job that has ended well and left nothing."""
        return DecodeError(
            f"Job {job_id} has ended well, but neither a layer nor a file of it can be found. "
            f"Look at jobs.runs(job_id={job_id!r}) and layers.list(job_id={job_id!r})."
        )


def _plain(value: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return what the server reads: records may stand anywhere in it."""
    read: Mapping[str, Any] = json.loads(json_text(value, "A filter"))
    return read
