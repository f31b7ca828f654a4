"""``/__emulator__/``: reset, seed, journal, faults, failing jobs, deliveries and facts."""

from __future__ import annotations

from typing import Any, cast

from aiohttp import web
from attrs import asdict

from threekit_async.emulator.data.planting import plant_records, plant_seed
from threekit_async.emulator.data.tables import ALL
from threekit_async.emulator.engine.failures import read_failure
from threekit_async.emulator.errors import EmulatorError
from threekit_async.emulator.faults import rule as faults
from threekit_async.emulator.seeds.filling import fill
from threekit_async.emulator.settings import SEEDS, EmulatorSettings
from threekit_async.emulator.state import State, state_of
from threekit_async.emulator.web import journal
from threekit_async.emulator.web.answers import VendorError, json_answer
from threekit_async.emulator.web.query import as_object
from threekit_async.emulator.web.reading import read_json_body

ROOT = "/__emulator__"


def routes() -> list[web.RouteDef]:
    """List the routes. They need no token: the emulator listens on loopback by default."""
    return [
        web.get(f"{ROOT}/info", info),
        web.post(f"{ROOT}/reset", reset),
        web.post(f"{ROOT}/fill", fill_up),
        web.post(f"{ROOT}/seed", seed),
        web.get(f"{ROOT}/journal", read_journal),
        web.delete(f"{ROOT}/journal", clear_journal),
        web.get(f"{ROOT}/faults", read_faults),
        web.post(f"{ROOT}/faults", add_fault),
        web.delete(f"{ROOT}/faults", clear_faults),
        web.get(f"{ROOT}/job-failures", read_job_failures),
        web.post(f"{ROOT}/job-failures", add_job_failure),
        web.delete(f"{ROOT}/job-failures", clear_job_failures),
        web.get(f"{ROOT}/deliveries", read_deliveries),
    ]


def describe(state: State) -> dict[str, object]:
    """Return the settings, the counts and the organisation."""
    settings = asdict(state.settings)
    settings["data"] = None if state.settings.data is None else str(state.settings.data)
    settings["started_at"] = state.settings.started_at.isoformat()
    return {
        "orgId": state.store.marked("org_id"),
        "settings": settings,
        "counts": {table.name: state.store.count(table) for table in ALL},
        "blobs": len(state.blobs.names()),
        "peakInFlight": state.journal.peak,
    }


async def info(request: web.Request) -> web.Response:
    """Answer what is running."""
    return json_answer(describe(state_of(request)))


async def reset(request: web.Request) -> web.Response:
    """Go back to the seed."""
    state_of(request).reset()
    return json_answer({"message": "ok"})


async def fill_up(request: web.Request) -> web.Response:
    """Add many plain layers at once: ``{"layers": 20000, "file_bytes": 20000}``."""
    body = await read_body(request)
    layers, size = body.get("layers", 0), body.get("file_bytes")
    if not isinstance(layers, int) or not isinstance(size, int | None):
        raise refusal("layers and file_bytes are whole numbers")
    fill(state_of(request), layers=layers, file_bytes=size)
    return json_answer({"message": "ok"})


async def seed(request: web.Request) -> web.Response:
    """Add a seed or records: ``{"seed": "demo", "layers": [{"assetId": "a"}]}``.

    The answer holds the records as they were stored; see :meth:`.thread.EmulatorThread.seed`.
    The bytes of a file are the text under its ``content``.
    """
    state, body = state_of(request), await read_body(request)
    name = body.pop("seed", None)
    if name is not None and name not in SEEDS:
        raise refusal(f"there is no seed {name!r}: choose among {', '.join(SEEDS)}")
    try:
        given = {table: as_rows(rows) for table, rows in body.items()}
        if name is not None:
            plant_seed(state, EmulatorSettings(seed=name))
        return json_answer(plant_records(state, given))
    except (EmulatorError, ValueError) as error:
        raise refusal(str(error)) from None


def as_rows(value: object) -> list[dict[str, Any]]:
    """Return a JSON value that is a list of objects, or raise :exc:`ValueError`."""
    if not isinstance(value, list):
        raise ValueError("not a list of JSON objects")  # noqa: TRY004
    return [as_object(row) for row in cast("list[object]", value)]


async def read_journal(request: web.Request) -> web.Response:
    """Answer the journal, oldest entry first."""
    entries = state_of(request).journal.entries()
    return json_answer({"journal": [journal.as_wire(entry) for entry in entries]})


async def clear_journal(request: web.Request) -> web.Response:
    """Forget the journal."""
    state_of(request).journal.clear()
    return json_answer({"message": "ok"})


async def read_faults(request: web.Request) -> web.Response:
    """Answer the rules with what is left of them."""
    rules = state_of(request).faults.rules()
    return json_answer({"faults": [faults.as_wire(rule) for rule in rules]})


async def add_fault(request: web.Request) -> web.Response:
    """Put a rule in force, or those of ``{"preset": "flaky"}``; refuse an impossible one."""
    kept, body = state_of(request).faults, await read_body(request)
    try:
        if set(body) == {"preset"}:
            added = kept.add_preset(str(body["preset"]))
            return json_answer({"faults": [faults.as_wire(rule) for rule in added]})
        return json_answer(faults.as_wire(kept.add(faults.read_rule(body))))
    except ValueError as error:
        raise refusal(str(error)) from None


async def clear_faults(request: web.Request) -> web.Response:
    """Drop all rules."""
    state_of(request).faults.clear()
    return json_answer({"message": "ok"})


async def read_job_failures(request: web.Request) -> web.Response:
    """Answer the rules by which runs fail, with what is left of them."""
    return json_answer({"jobFailures": state_of(request).engine.failures.rules()})


async def add_job_failure(request: web.Request) -> web.Response:
    """Fail runs to come: ``{"type": "render", "times": 2}``; no type means any."""
    try:
        rule = read_failure(await read_body(request))
    except ValueError as error:
        raise refusal(str(error)) from None
    return json_answer(asdict(state_of(request).engine.failures.add(rule)))


async def clear_job_failures(request: web.Request) -> web.Response:
    """Drop the rules by which runs fail."""
    state_of(request).engine.failures.clear()
    return json_answer({"message": "ok"})


async def read_deliveries(request: web.Request) -> web.Response:
    """Answer what was sent to webhooks, oldest first."""
    return json_answer({"deliveries": state_of(request).webhooks.deliveries()})


def refusal(sentence: str) -> VendorError:
    """Return what says that something was asked of the emulator that it cannot do."""
    return VendorError(422, "control_error", sentence)


async def read_body(request: web.Request) -> dict[str, Any]:
    """Read a JSON object, or refuse."""
    try:
        return as_object(await read_json_body(request))
    except ValueError:
        raise refusal("the body must be a JSON object") from None
