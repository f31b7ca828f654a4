"""New webhook records."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    from threekit_async.emulator.data.store import Record
    from threekit_async.emulator.state import State


def new_webhook(state: State, body: Mapping[str, Any], *, org_id: str, user_id: str) -> Record:
    """Fill a create body up to a whole webhook."""
    webhook_id, created_at = state.clock.stamp("webhook")
    return {
        "id": webhook_id,
        "orgId": org_id,
        "topic": body.get("topic") or "",
        "address": body["address"],
        "filter": body.get("filter") or {"status": []},
        "createdBy": user_id,
        "createdAt": created_at,
        "updatedAt": None,
        "deletedAt": None,
    }
