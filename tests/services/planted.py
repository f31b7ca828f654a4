"""What tests of services plant in an emulator, and what they ask of it behind the API's back."""

from __future__ import annotations

from typing import Any

from threekit_async.emulator import EmulatorThread
from threekit_async.emulator.engine.failures import FailureRule
from threekit_async.emulator.records.jobs import NewTask
from threekit_async.emulator.server import Emulator

SMALL = {"output": {"resolution": {"width": 32, "height": 24}}}


def chair(server: EmulatorThread, **fields: Any) -> str:
    """Plant an item and return its id."""
    return planted(server, name="Oak chair", type="item", **fields)


def planted(server: EmulatorThread, **fields: Any) -> str:
    """Plant an asset and return its id."""
    return str(server.seed(assets=[fields])["assets"][0]["id"])


def fail_runs(server: EmulatorThread, message: str, **rule: Any) -> None:
    """Let runs to come fail: the next one, unless the rule says otherwise."""
    failure = FailureRule(message=message, **rule)
    server.call(lambda emulator: emulator.state.engine.failures.add(failure))


def paused_renders(server: EmulatorThread, asset_id: str, *colours: str) -> str:
    """Start a job with one render for each colour, paused before any of them runs."""
    tasks: list[NewTask] = [
        {
            "type": "render",
            "title": f"Render {colour}",
            "parameters": {
                "assetId": asset_id,
                "configuration": {"Colour": colour},
                "settings": SMALL,
            },
        }
        for colour in colours
    ]

    def start(emulator: Emulator) -> str:
        engine = emulator.state.engine
        job = engine.start(
            org_id=server.org_id,
            user_id="somebody",
            type="render",
            title="Spring catalogue",
            parameters={},
            tasks=tasks,
        )
        # Nothing has run yet: the emulator's loop is busy with this function.
        return str(engine.books.change_job(job, schedulerState="paused")["id"])

    return server.call(start)


def asked(server: EmulatorThread) -> list[str]:
    """Return what was asked since the journal was cleared, without the queries."""
    return [f"{entry.method} {entry.path}" for entry in server.journal()]
