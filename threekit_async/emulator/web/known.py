"""Examples for the description: values for the parts of a path that name something there is."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from threekit_async.emulator.data.filters import Filters
from threekit_async.emulator.data.store import LATEST_FIRST, OLDEST_FIRST
from threekit_async.emulator.data.tables import (
    ASSETS,
    CONFIGURATIONS,
    CUSTOMERS,
    EVENTS,
    FILES,
    JOBS,
    LAYERS,
    ORDERS,
    RUNS,
    TASKS,
    WEBHOOKS,
)
from threekit_async.emulator.seeds.tenant import ORG_ID

if TYPE_CHECKING:
    from threekit_async.emulator.data.store import Record, Store
    from threekit_async.emulator.data.tables import Table
    from threekit_async.emulator.web.contract import Route

_NAMED = (
    (r"/api/analytics/events/{id}", EVENTS),
    (r"/api/(assets|asset-jobs)/.*{(id|assetId)}", ASSETS),
    (r"/api/catalog/products/{id}", ASSETS),
    (r"/api/catalog/jobs/{jobId}", JOBS),
    (r"/api/configurations/{id}", CONFIGURATIONS),
    (r"/api/customers/{id}", CUSTOMERS),
    (r"/api/files/.*{(id|hash)}", FILES),
    (r"/api/jobs/tasks/{id}", TASKS),
    (r"/api/jobs/runs/{id}", RUNS),
    (r"/api/jobs/{id}", JOBS),
    (r"/api/layers/{id}", LAYERS),
    (r"/api/orders/{id}", ORDERS),
    (r"/api/webhooks/{id}", WEBHOOKS),
)


def known_parts(store: Store, route: Route) -> dict[str, str]:
    """Return what the parts of a route's path may be for a record there is just now.

    What is read is the oldest record, what is deleted the newest, and what is restored one that was
    deleted: whoever tries all the examples shall not saw off the branch.
    """
    for pattern, table in _NAMED:
        if re.match(pattern, route.path):
            record = _record(store, table, route)
            return _parts(record) if record else {}
    return {}


def _record(store: Store, table: Table, route: Route) -> Record | None:
    filters = Filters()
    filters.equals("orgId", ORG_ID)
    if route.service == "catalog" and table is ASSETS:
        filters.equals("type", "item")
    if "deletedAt" in table.columns:
        chosen = filters.differs if route.path.endswith("/restore") else filters.equals
        chosen("deletedAt", None)
    order = LATEST_FIRST if route.verb == "DELETE" else OLDEST_FIRST
    return store.first(table, filters, order=order)


def _parts(record: Record) -> dict[str, str]:
    record_id: str = record["id"]
    parts = {"id": record_id, "assetId": record_id, "jobId": record_id}
    if "hash" in record:
        parts["hash"] = record["hash"]
    if record.get("attachments"):
        parts["key"] = next(iter(record["attachments"]))
    return parts
