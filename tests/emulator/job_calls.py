"""Start jobs and look at them, in tests of the emulator."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

PATIENCE = 20.0


def asset(api: Any, **fields: Any) -> str:
    """Plant an asset and return its id."""
    planted = api.server.seed(assets=[{"name": "Oak chair", "type": "item", **fields}])
    return str(planted["assets"][0]["id"])


def render(api: Any, asset_id: str, *, sync: bool = True, **body: Any) -> Any:
    """Start a small render and return the answer's JSON."""
    settings = {"output": {"resolution": {"width": 32, "height": 24}}}
    answer = api(
        "POST",
        f"/api/asset-jobs/{asset_id}/render/webgl/image",
        body={"sync": sync, "settings": settings, **body},
    )
    assert answer.status == 200, answer.body
    return answer.json


def batch(api: Any, asset_id: str, *values: str, **body: Any) -> Any:
    """Start a batch of one small render for each value of an attribute."""
    subset = {"attributes": {"Number": {"filterMode": "include", "values": list(values)}}}
    answer = api(
        "POST",
        "/api/asset-jobs/renders",
        body={
            "settings": {"output": {"resolution": {"width": 16}}},
            "assets": [{"assetId": asset_id, "subset": subset}],
            **body,
        },
    )
    assert answer.status == 200, answer.body
    return answer.json


def job(api: Any, job_id: str) -> dict[str, Any]:
    """Read a job."""
    answer = api.get(f"/api/jobs/{job_id}")
    assert answer.status == 200, answer.body
    return dict(answer.json)


def until(api: Any, job_id: str, reached: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
    """Read a job again and again until it is as wished."""
    end = time.monotonic() + PATIENCE
    while not reached(found := job(api, job_id)):
        assert time.monotonic() < end, found
    return found


def ended(api: Any, job_id: str) -> dict[str, Any]:
    """Wait for the end of a job."""
    return until(api, job_id, lambda found: found["status"] == "stopped")


def runs(api: Any, **query: str) -> list[dict[str, Any]]:
    """List runs."""
    answer = api.get("/api/jobs/runs", **query)
    assert answer.status == 200, answer.body
    return list(answer.json["runs"])


def content(api: Any, file_id: str) -> bytes:
    """Read a file's bytes."""
    answer = api.get(f"/api/files/{file_id}/content", token=None)
    assert answer.status == 200, answer.body
    return bytes(answer.body)
