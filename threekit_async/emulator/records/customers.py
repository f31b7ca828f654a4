"""New customer records."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    from threekit_async.emulator.data.store import Record
    from threekit_async.emulator.state import State

TEXTS = ("name", "position", "company", "email", "phone", "address", "city", "country", "ip")


def new_customer(state: State, body: Mapping[str, Any], *, org_id: str) -> Record:
    """Fill a create body up to a whole customer."""
    customer_id, created_at = state.clock.stamp("customer")
    return {
        "id": customer_id,
        "orgId": org_id,
        **{name: body.get(name) for name in TEXTS},
        "metadata": body.get("metadata") or {},
        "platform": body.get("platform") or {},
        "createdAt": created_at,
    }
