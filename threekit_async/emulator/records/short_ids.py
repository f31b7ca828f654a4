"""Short ids, as configurations and orders have them beside their UUIDs."""

from __future__ import annotations

import base64
import hashlib
from typing import Annotated, TypeAlias

from threekit_async.emulator.web.schemas import Rules

ShortId: TypeAlias = Annotated[str, Rules({"pattern": r"^[A-Za-z0-9_-]{7,14}$(?!\n)"})]
"""7 to 14 letters, digits, ``_`` and ``-`` (seen in the vendor's own client)."""


def short_id(record_id: str) -> str:
    """Return the eight characters that belong to an id."""
    digest = hashlib.sha256(record_id.encode()).digest()
    return base64.urlsafe_b64encode(digest[:6]).decode()
