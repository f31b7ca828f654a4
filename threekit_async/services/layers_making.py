"""Which layer is wanted, and which of those that are there it is. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from attrs import field, frozen

from ..errors import DecodeError
from ..models.layers import Layer

# Wish is no service: what is named here is carried over to the synchronous client.
__all__ = ()


@frozen(kw_only=True)
class Wish:
    """A layer as it is wanted; None leaves the choice to the server."""

    asset_id: str
    asset_layer_configuration: Mapping[str, Any]
    format: str
    stage_id: str | None = None
    stage_configuration: Mapping[str, Any] | None = None
    metadata: Mapping[str, Any] = field(factory=dict[str, Any])
    width: int | None = None
    height: int | None = None

    def lookup(self) -> dict[str, Any]:
        """Return the filters to look it up with; sizes are not among them."""
        return {
            "asset_id": self.asset_id,
            "asset_layer_configuration": self.asset_layer_configuration,
            "stage_id": self.stage_id or None,
            "stage_configuration": self.stage_configuration,
            "metadata": self.metadata or None,
            "format": self.format,
        }

    def fits(self, layer: Layer | None) -> bool:
        """Tell whether a layer is the one, going by what is known of it."""
        if layer is None or (layer.stage_id or "") != (self.stage_id or ""):
            return False
        pairs = (
            (self.asset_id, layer.asset_id),
            (self.format, layer.format),
            (self.width, layer.width),
            (self.height, layer.height),
        )
        same = all(None in pair or pair[0] == pair[1] for pair in pairs)
        return same and self.metadata.items() <= layer.metadata.items()

    def among(self, layers: Iterable[Layer]) -> Layer | None:
        """Return the first that fits."""
        return next((layer for layer in layers if self.fits(layer)), None)

    def lost(self, job_id: str) -> DecodeError:
        """Make the error for a job that has ended well and left nothing."""
        return DecodeError(
            f"Job {job_id} has ended well, but neither a layer nor a file of it can be found. "
            f"Look at jobs.runs(job_id={job_id!r}) and layers.list(job_id={job_id!r})."
        )
