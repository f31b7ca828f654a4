"""New saved configurations."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from threekit_async.emulator.records.short_ids import short_id

if TYPE_CHECKING:
    from collections.abc import Mapping

    from threekit_async.emulator.data.store import Record
    from threekit_async.emulator.state import State

TEXTS = ("sceneGraphState", "customerId", "sessionId", "creator")


def new_configuration(state: State, body: Mapping[str, Any], *, org_id: str) -> Record:
    """Fill what is given up to a whole saved configuration; its files come beside it."""
    configuration_id, created_at = state.clock.stamp("configuration")
    return {
        "id": configuration_id,
        "shortId": body.get("shortId") or short_id(configuration_id),
        "orgId": org_id,
        "productId": body["productId"],
        "productVersion": body["productVersion"],
        "variant": body.get("variant") or {},
        "metadata": body.get("metadata") or {},
        **{name: body.get(name) for name in TEXTS},
        "identifier": None,
        "scope": None,
        "thumbnail": None,
        "attachments": {},
        "publishFileId": None,
        "createdAt": created_at,
        "updatedAt": None,
        "deletedAt": None,
    }
