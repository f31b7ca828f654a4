"""What an import file may hold, as JSON Schema.

From the vendor's page on importing and exporting assets, widened by what public integrations
send. Fields outside it are ignored.
"""

from __future__ import annotations

from typing import Annotated, Any

from threekit_async.emulator.web.schemas import Rules

TEXT = {"type": ["string", "null"]}
NAMES: dict[str, Any] = {"anyOf": [{"type": "array", "items": {"type": "string"}}, TEXT]}
ATTRIBUTE: dict[str, Any] = {
    "type": "object",
    "properties": {"id": TEXT, "name": TEXT, "type": TEXT},
}
WITH_ATTRIBUTE: dict[str, Any] = {"attribute": {"type": "string"}, "attributeId": TEXT}
CONDITION: dict[str, Any] = {
    "type": "object",
    "properties": {**WITH_ATTRIBUTE, "operator": {"type": "string"}},
    "required": ["operator", "value"],
    "anyOf": [
        {"required": ["attribute"]},
        {"required": ["attributeId"], "properties": {"attributeId": {"type": "string"}}},
    ],
}
ACTION: dict[str, Any] = {
    "type": "object",
    "properties": {
        **WITH_ATTRIBUTE,
        "type": {"type": "string"},
        "name": TEXT,
        "label": TEXT,
        "visible": {"type": ["boolean", "null"]},
        "content": TEXT,
        "enabled": {"type": ["boolean", "null"]},
        "error": TEXT,
    },
    "required": ["type"],
}
RULE: dict[str, Any] = {
    "type": "object",
    "properties": {
        "name": TEXT,
        "conditions": {"type": "array", "items": CONDITION},
        "actions": {"type": "array", "items": ACTION},
    },
}
LINKED: dict[str, Any] = {
    "type": ["object", "null"],
    "properties": {
        "assetId": {"type": "string"},
        "configuration": {"anyOf": [{"type": ["object", "null"]}, {"const": ""}]},
        "type": TEXT,
    },
    "required": ["assetId"],
}
PRODUCT: dict[str, Any] = {
    "type": "object",
    "properties": {
        **dict.fromkeys(("id", "name", "type", "orgId", "description"), TEXT),
        **dict.fromkeys(("assetId", "parentFolderId"), TEXT),
        "asset": LINKED,
        "keywords": NAMES,
        "tags": NAMES,
        "metadata": {"type": ["array", "null"], "items": ATTRIBUTE},
        "attributes": {"type": ["array", "null"], "items": ATTRIBUTE},
        # One of the vendor's examples has the rules in an array of their own.
        "rules": {
            "type": ["array", "null"],
            "items": {"anyOf": [RULE, {"type": "array", "items": RULE}]},
        },
    },
}
QUERY: dict[str, Any] = {
    "type": ["object", "null"],
    "properties": {
        "id": TEXT,
        "name": TEXT,
        "metadata": {"type": ["object", "array", "null"], "items": {"type": "object"}},
    },
}
ENTRY: dict[str, Any] = {
    "type": "object",
    "properties": {"query": QUERY, "product": PRODUCT},
    "anyOf": [{"required": ["query"]}, {"required": ["product"]}],
}
ENTRIES: dict[str, Any] = {"type": "array", "items": ENTRY}
WRAPPED: dict[str, Any] = {
    "type": "object",
    "properties": {
        "files": {"anyOf": [ENTRIES, ENTRY]},
        "sync": {"enum": [True, False, "true", "false", None]},
    },
    "required": ["files"],
}
IMPORT_BODY = Annotated[object, Rules({"anyOf": [ENTRIES, WRAPPED, ENTRY]})]
"""A bare array of entries, ``{"sync", "files"}``, or one entry."""

FILE_RULES = Rules(ENTRIES)
