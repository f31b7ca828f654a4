"""Put more records into an emulator that runs: those of a seed, or one's own."""

from __future__ import annotations

import json
import sqlite3
from typing import TYPE_CHECKING, Any

from threekit_async.emulator.data.filters import Filters
from threekit_async.emulator.data.home import open_home
from threekit_async.emulator.data.tables import ALL, FILES, TOKENS, Table
from threekit_async.emulator.errors import EmulatorError
from threekit_async.emulator.records.assets import new_asset
from threekit_async.emulator.records.configurations import new_configuration
from threekit_async.emulator.records.customers import new_customer
from threekit_async.emulator.records.files import new_file
from threekit_async.emulator.records.jobs import new_job
from threekit_async.emulator.records.layers import new_layer
from threekit_async.emulator.records.orders import new_order
from threekit_async.emulator.records.webhooks import new_webhook
from threekit_async.emulator.seeds.tenant import ORG_ID, USER_ID

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from threekit_async.emulator.data.home import Home
    from threekit_async.emulator.data.store import Record
    from threekit_async.emulator.settings import EmulatorSettings
    from threekit_async.emulator.state import State

TABLES = {table.name: table for table in ALL if table is not TOKENS}


def plant_seed(state: State, settings: EmulatorSettings) -> None:
    """Add the records and the files of the seed that settings name; what is there already stays."""
    home = open_home(settings)
    try:
        _plant_home(state, home)
    finally:
        home.close()


def _plant_home(state: State, home: Home) -> None:
    for name in home.blobs.names():
        path = home.blobs.path(name)
        if path is not None:
            state.blobs.add(path.read_bytes())
    for table in TABLES.values():
        texts = home.snapshot.texts(table, Filters(), order="seq")
        records: list[Record] = [json.loads(text) for text in texts]
        new = [record for record in records if state.store.get(table, record["id"]) is None]
        state.store.add_many(table, _owned(table, new))


def plant_records(
    state: State, given: Mapping[str, Iterable[Mapping[str, Any]]]
) -> dict[str, list[Record]]:
    """Fill up and add records, table by table, and return them as they were stored.

    Files go first: a layer takes its format from its file.

    :raises EmulatorError: when there is no such table, or a record is there already or impossible.
    """
    for name in given:
        if name not in TABLES:
            raise EmulatorError(
                f"There is no table {name!r} to plant records in: choose among {', '.join(TABLES)}."
            )
    planted: dict[str, list[Record]] = {name: [] for name in given}
    for name in sorted(given, key=lambda name: name != "files"):
        planted[name] = [_whole(state, name, record) for record in given[name]]
        _add(state, TABLES[name], planted[name])
    return planted


def _add(state: State, table: Table, records: list[Record]) -> None:
    try:
        state.store.add_many(table, _owned(table, records))
    except sqlite3.IntegrityError:
        raise EmulatorError(
            f"One of the {table.name} is there already: give each record an id of its own."
        ) from None
    except TypeError as error:
        raise EmulatorError(f"One of the {table.name} is no JSON: {error}.") from error


def _owned(table: Table, records: list[Record]) -> list[Record]:
    """Give files that name no organisation to the emulator's own."""
    return [{"orgId": ORG_ID, **record} for record in records] if table is FILES else records


def _whole(state: State, name: str, given: Mapping[str, Any]) -> Record:
    """Fill a record up to what the API answers; what was given stays as it is."""
    if name == "files":
        return _file(state, dict(given))
    return {**_MAKERS.get(name, _plain)(state, given), **given}


def _file(state: State, given: Record) -> Record:
    """Store the bytes under ``content``, and describe them."""
    content = given.pop("content", b"")
    with state.blobs.writer() as writer:
        writer.write(content.encode() if isinstance(content, str) else content)
    made = new_file(
        state,
        writer,
        filename=given.get("filename", "file"),
        mime_type=given.get("mimeType"),
        user_id=USER_ID,
    )
    return made | given | {"size": made["size"], "hash": made["hash"]}


def _plain(state: State, _given: Mapping[str, Any]) -> Record:
    record_id, created_at = state.clock.stamp("record")
    return {"id": record_id, "orgId": ORG_ID, "createdAt": created_at}


def _asset(state: State, given: Mapping[str, Any]) -> Record:
    return new_asset(state, given, org_id=ORG_ID, user_id=USER_ID)


def _layer(state: State, given: Mapping[str, Any]) -> Record:
    return new_layer(state, {"assetId": "", **given}, org_id=ORG_ID)


def _job(state: State, given: Mapping[str, Any]) -> Record:
    return new_job(
        state,
        org_id=ORG_ID,
        user_id=USER_ID,
        type=given.get("type", "job"),
        title=given.get("title", ""),
        parameters=given.get("parameters", {}),
        priority=given.get("priority", 5),
    )


def _configuration(state: State, given: Mapping[str, Any]) -> Record:
    whole = {"productId": "", "productVersion": "", **given}
    return new_configuration(state, whole, org_id=ORG_ID)


def _customer(state: State, given: Mapping[str, Any]) -> Record:
    return new_customer(state, given, org_id=ORG_ID)


def _order(state: State, given: Mapping[str, Any]) -> Record:
    return new_order(state, given, given.get("cart", []), org_id=ORG_ID)


def _webhook(state: State, given: Mapping[str, Any]) -> Record:
    return new_webhook(state, {"address": "", **given}, org_id=ORG_ID, user_id=USER_ID)


_MAKERS: dict[str, Callable[[State, Mapping[str, Any]], Record]] = {
    "assets": _asset,
    "layers": _layer,
    "jobs": _job,
    "configurations": _configuration,
    "customers": _customer,
    "orders": _order,
    "webhooks": _webhook,
}
