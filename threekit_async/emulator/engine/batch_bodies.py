"""The body of a batch render: what is required, and of which form (seen in public integrations)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from threekit_async.emulator.web.contract import Body
from threekit_async.emulator.web.schemas import Rules

_CHOICE: dict[str, Any] = {
    "type": ["object", "null"],
    "properties": {
        # Only "include" is seen; the other word is an assumption.
        "filterMode": {"enum": ["include", "exclude", None]},
        "values": {"type": ["array", "null"]},
    },
}
_LAYERS: dict[str, Any] = {
    **_CHOICE,
    "properties": {
        # Which layers there are beside those excluded, the emulator does not know.
        "filterMode": {"enum": ["include", None]},
        "values": {"type": ["array", "null"], "items": {"type": "string"}},
    },
}
_ENTRY: dict[str, Any] = {
    "type": "object",
    "required": ["assetId"],
    "properties": {
        "assetId": {"type": "string", "minLength": 1},
        "subset": {
            "type": ["object", "null"],
            "properties": {
                "attributes": {"type": ["object", "null"], "additionalProperties": _CHOICE},
                "layers": _LAYERS,
            },
        },
    },
}
BATCH = Body(
    fields={
        "orgId": str,
        "type": Literal["webgl", "vray"],
        "jobName": str,
        "renderMissingLayers": bool,
        "sync": bool | str,
        "settings": Mapping,
        "assets": Annotated[list[object], Rules({"items": _ENTRY, "minItems": 1})],
        "stages": Annotated[list[object], Rules({"items": _ENTRY})],
    },
    required=("assets",),
)
"""The renderers are those the vendor's client lists."""
