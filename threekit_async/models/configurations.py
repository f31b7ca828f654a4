"""Records of the Configurations API."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from .base import field, record
from .values import Configuration, read_configuration

__all__ = ("SavedConfiguration",)


@record
class SavedConfiguration:
    """A state of a configurator, saved to be shared, ordered or resumed.

    Source: the vendor's own client.
    """

    id: str
    #: 7 to 14 letters, digits, `_` and `-`; stands for the id wherever one is read.
    short_id: str | None = None
    org_id: str | None = None
    #: The item that was configured.
    product_id: str | None = None
    #: A label; callers write `v1`.
    product_version: str | None = None
    #: What each attribute is set to.
    variant: Configuration | None = field(
        default=None, hash=False, metadata={"read": read_configuration}
    )
    metadata: Mapping[str, Any] | None = None
    #: The file with the whole scene.
    scene_graph_state: str | None = None
    customer_id: str | None = None
    identifier: str | None = None
    scope: str | None = None
    #: The hash of a file, see `files.by_hash`; `configurations.thumbnail` reads it directly.
    thumbnail: str | None = None
    #: Keys and the files behind them; read one with `configurations.attachment`.
    attachments: Mapping[str, str] | None = None
    session_id: str | None = None
    publish_file_id: str | None = None
    creator: str | None = None
    created_at: datetime | None = None
    created_by: str | None = None
    updated_at: datetime | None = None
    deleted_at: datetime | None = None
    extra: Mapping[str, Any] = field(factory=dict[str, Any])
