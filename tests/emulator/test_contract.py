"""The emulator keeps to its own description: schemathesis calls it thousands of times."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import attrs
import pytest

from threekit_async.emulator import EmulatorSettings, EmulatorThread
from threekit_async.emulator.app import all_routes
from threekit_async.emulator.data import tables
from threekit_async.emulator.data.filters import Filters
from threekit_async.emulator.records.assets import new_asset
from threekit_async.emulator.records.configurations import new_configuration
from threekit_async.emulator.records.customers import new_customer
from threekit_async.emulator.records.events import new_event
from threekit_async.emulator.records.files import new_file
from threekit_async.emulator.records.jobs import new_job, new_run, new_task
from threekit_async.emulator.records.layers import new_layer
from threekit_async.emulator.records.orders import new_order
from threekit_async.emulator.records.webhooks import new_webhook
from threekit_async.emulator.seeds.tenant import ORG_ID, USER_ID
from threekit_async.emulator.web.openapi import document
from threekit_async.emulator.web.written import ALWAYS
from threekit_async.models.analytics import AnalyticsEvent
from threekit_async.models.assets import Asset
from threekit_async.models.configurations import SavedConfiguration
from threekit_async.models.customers import Customer
from threekit_async.models.fields import wire_name
from threekit_async.models.files import File
from threekit_async.models.jobs import Job, Run, Task
from threekit_async.models.layers import Layer
from threekit_async.models.orders import Order
from threekit_async.models.webhooks import Webhook

if TYPE_CHECKING:
    from collections.abc import Iterator

    from threekit_async.emulator.data.tables import Table
    from threekit_async.emulator.state import State
    from threekit_async.emulator.web.contract import Route
    from threekit_async.emulator.web.journal import JournalEntry

CONFIG = Path(__file__).with_name("schemathesis.toml")
CHANGED = "2024-06-01T00:00:00.000Z"


@pytest.fixture
def server() -> Iterator[EmulatorThread]:
    """An emulator that holds something for every path."""
    with EmulatorThread(EmulatorSettings(job_seconds=0)) as started:
        (file,) = started.seed(files=[{"filename": "a.png", "content": b"a"}])["files"]
        saved = {"attachments": {"front": file["id"]}, "thumbnail": file["hash"]}
        started.seed(
            assets=[{"name": "kept"}, {"name": "spare"}, {"name": "gone", "deletedAt": CHANGED}],
            configurations=[saved, saved],
            customers=[{}],
            orders=[{}],
            webhooks=[{}, {}, {"deletedAt": CHANGED}],
            layers=[{}],
        )
        yield started


@pytest.mark.timeout(900)
def test_no_answer_breaks_the_description(server: EmulatorThread, tmp_path: Path) -> None:
    command = [
        *(str(Path(sys.executable).with_name("st")), "--config-file", str(CONFIG), "run"),
        f"{server.url}/__emulator__/openapi.json",
        *("--header", f"Authorization: Bearer {server.private_token}"),
        *("--max-examples", "5", "--seed", "1", "--no-color"),
    ]
    ended = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stdout
    assert "Unmatched filters" not in ended.stdout
    assert unanswered(server.journal()) == set()


def unanswered(asked: list[JournalEntry]) -> set[str]:
    """Return the routes that never answered with a success."""
    routes = all_routes()
    answered = {route_of(routes, entry) for entry in asked if 200 <= entry.status < 300}
    return {f"{route.verb} {route.path}" for route in routes} - answered


def route_of(routes: list[Route], entry: JournalEntry) -> str:
    """Name the route that answered: the first one that fits, as in the router."""
    for route in routes:
        pattern = re.sub(r"\{\w+\}", "[^/]+", route.path)
        if entry.method == route.verb and re.fullmatch(pattern, entry.path):
            return f"{route.verb} {route.path}"
    return ""


def made(state: State) -> dict[type[Any], dict[str, Any]]:
    """Make one new record of each kind."""
    given: dict[str, Any] = {"org_id": ORG_ID}
    by: dict[str, Any] = {**given, "user_id": USER_ID}
    job = new_job(state, **by, type="t", title="", parameters={}, priority=5)
    task = new_task(state, job, {"type": "t", "title": "", "parameters": {}})
    saved = {"productId": "p", "productVersion": "v"}
    with state.blobs.writer() as blob:
        blob.write(b"")
    return {
        AnalyticsEvent: new_event(state, {"eventType": "t"}, {}, **given),
        Asset: new_asset(state, {}, **by),
        Customer: new_customer(state, {}, **given),
        File: new_file(state, blob, filename="f", mime_type=None, user_id=USER_ID),
        Job: job,
        Layer: new_layer(state, {"assetId": "a"}, **given),
        Order: new_order(state, {}, [], **given),
        Run: new_run(state, task),
        SavedConfiguration: new_configuration(state, saved, **given),
        Task: task,
        Webhook: new_webhook(state, {"address": ""}, **by),
    }


def test_what_is_always_written_is_what_new_records_have(server: EmulatorThread) -> None:
    records = server.call(lambda emulator: made(emulator.state))
    for kind, record in records.items():
        known = {wire_name(attribute) for attribute in attrs.fields(kind)}
        assert set(ALWAYS[kind]) == (record.keys() & known) - SOMETIMES


SOMETIMES = {"duration", "timeElapsed", "timeRemaining", "wallClockTime", "error"}
"""What the demo's jobs and runs, which ended long ago, leave out."""

TABLES = {
    tables.ASSETS: Asset,
    tables.FILES: File,
    tables.JOBS: Job,
    tables.LAYERS: Layer,
    tables.RUNS: Run,
    tables.TASKS: Task,
}


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.name)
def test_the_demo_has_what_is_always_written(demo_server: EmulatorThread, table: Table) -> None:
    records = demo_server.call(lambda emulator: emulator.state.store.records(table, Filters()))
    assert records
    for record in records:
        assert set(ALWAYS[TABLES[table]]) <= record.keys()


def test_no_request_must_hold_what_answers_do() -> None:
    named: dict[str, Any] = {}
    for route in all_routes():
        if route.body is not None:
            route.body.schema(named)
    assert named
    assert not named.keys() & {record.__name__ for record in ALWAYS}


def test_examples_name_what_is_there(server: EmulatorThread) -> None:
    described = server.call(lambda emulator: document(all_routes(), emulator.state.store))
    paths = described["paths"]

    def example(path: str, verb: str = "get") -> list[str]:
        return [part["example"] for part in paths[path][verb]["parameters"] if "example" in part]

    kept, spare = example("/api/assets/{assetId}"), example("/api/assets/{assetId}", "delete")
    (gone,) = example("/api/assets/{assetId}/restore", "post")
    assert kept != spare
    assert gone not in kept + spare
    assert example("/api/configurations/{id}/files/{key}")[1] == "front"
    assert example("/api/files/hash/{hash}")[0].startswith("sha256-")
    assert example("/api/assets/tags") == []
