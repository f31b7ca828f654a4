"""New orders, and what an update changes in one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from threekit_async.emulator.records.short_ids import short_id

if TYPE_CHECKING:
    from collections.abc import Mapping

    from threekit_async.emulator.data.store import Record
    from threekit_async.emulator.state import State

OPEN = ("List", "In Cart")
"""An order with such a status may be written with a public token."""

UPDATABLE = ("name", "status", "metadata", "derivative")


def new_order(state: State, body: Mapping[str, Any], cart: list[Record], *, org_id: str) -> Record:
    """Fill a create body up to a whole order; the status is ``List`` by default (assumption)."""
    order_id, created_at = state.clock.stamp("order")
    return {
        "id": order_id,
        "shortId": short_id(order_id),
        "orgId": org_id,
        "originOrgId": body.get("originOrgId") or org_id,
        "customerId": body.get("customerId"),
        "name": body.get("name"),
        "status": body.get("status") or OPEN[0],
        "platform": body.get("platform") or {},
        "metadata": body.get("metadata") or {},
        "cart": cart,
        # Deprecated, and empty in what the vendor's client reads.
        "items": [],
        "derivative": body.get("derivative") or {},
        "createdAt": created_at,
        "updatedAt": None,
    }


def changed_order(state: State, order: Record, changes: Mapping[str, Any]) -> Record:
    """Return the order with these fields; null changes nothing, objects are replaced."""
    given = {name: value for name, value in changes.items() if value is not None}
    return {**order, **given, "updatedAt": state.clock.now()}
