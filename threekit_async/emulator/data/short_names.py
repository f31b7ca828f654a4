"""Records that are asked for by their id or their short id."""

from __future__ import annotations

from typing import TYPE_CHECKING

from threekit_async.emulator.data.filters import Filters

if TYPE_CHECKING:
    from threekit_async.emulator.data.store import Record, Store
    from threekit_async.emulator.data.tables import Table


def find_by_name(store: Store, table: Table, org_id: str, name: str) -> Record | None:
    """Return an organisation's record with this id or short id; ``""`` means any organisation."""
    filters = Filters()
    if org_id:
        filters.equals("orgId", org_id)
    filters.either(("id", "shortId"), name)
    return store.first(table, filters)
