"""Shops that orders and customers belong to."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, TypeAlias

from threekit_async.emulator.web.schemas import Rules

_TEXT = {"type": ["string", "null"]}
_FIELDS = dict.fromkeys(("id", "platform", "storeName"), _TEXT)

Platform: TypeAlias = Annotated[Mapping[str, Any], Rules({"properties": _FIELDS})]
"""``{"id"?, "platform"?, "storeName"?}``; ``id`` is the shop's own id of the record."""
