"""Records of the Files API."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from .base import field, record

__all__ = ("File",)


@record
class File:
    """One stored file. Source: the vendor's help centre and its own client."""

    id: str
    #: The uploader.
    user_id: str | None = None
    filename: str | None = None
    #: Without the dot.
    extension: str | None = None
    mime_type: str | None = None
    #: Bytes.
    size: int | None = None
    #: `sha256-` and 64 hexadecimal digits.
    hash: str | None = None
    #: Stored variants, such as gzip; their inner keys are not documented.
    encodings: Mapping[str, Mapping[str, str]] = field(factory=dict[str, Mapping[str, str]])
    created_at: datetime | None = None
    created_by: str | None = None
    updated_at: datetime | None = None
    deleted_at: datetime | None = None
    extra: Mapping[str, Any] = field(factory=dict[str, Any])
