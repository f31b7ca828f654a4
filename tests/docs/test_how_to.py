"""The how-to pages do what they say: every program on them runs against the emulator."""

from __future__ import annotations

import re
import runpy
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from aiohttp.test_utils import TestClient, TestServer

from threekit_async import AsyncThreekit, CartItem
from threekit_async.emulator import EmulatorSettings, EmulatorThread

PAGES = sorted((Path(__file__).parents[2] / "docs" / "how-to").glob("*.md"))
# Programs of the first are tests of a reader's own, shown whole in tests/testing/; that of the
# second needs a bucket, and is tried in tests/transfer/destinations/; the third shows parts of
# applications, which tests/docs/frameworks/ serves.
UNTRIED = {"test-your-code.md", "download-into-a-bucket.md", "use-in-a-web-app.md"}


def programs(page: Path) -> list[str]:
    """Return the page's blocks of Python."""
    return re.findall(r"```python\n(.*?)```", page.read_text(encoding="utf-8"), re.DOTALL)


# A page may also show what a server of yours does, which asks nothing by being read: it is asked
# below.
RECEIVER = "async def receive"
TRIED = [
    pytest.param(code, id=f"{page.stem} {number}")
    for page in PAGES
    if page.name not in UNTRIED
    for number, code in enumerate(programs(page), start=1)
]


@pytest.fixture(scope="module")
def shop(threekit_seeds: Path) -> Iterator[EmulatorThread]:
    settings = EmulatorSettings(seed="demo", job_seconds=0)
    with EmulatorThread(settings, kept_seeds=threekit_seeds) as server:
        yield server


@pytest.mark.parametrize("code", TRIED)
def test_the_program_runs(
    shop: EmulatorThread, code: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run(shop, code, tmp_path, monkeypatch)
    assert shop.journal() or RECEIVER in code


def run(
    shop: EmulatorThread, code: str, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> dict[str, Any]:
    """Run a program as a reader would, and return what it has named."""
    shop.reset()
    path = folder / "program.py"
    path.write_text(code, encoding="utf-8")
    monkeypatch.setenv("THREEKIT_TOKEN", shop.private_token)
    monkeypatch.setenv("THREEKIT_ORG_ID", shop.org_id)
    monkeypatch.setenv("THREEKIT_HOST", shop.url)
    monkeypatch.chdir(folder)
    return runpy.run_path(str(path), run_name="__main__")


async def answers(app: Any, *bodies: Any) -> list[tuple[int, Any]]:
    """Post bodies to the receiver, and return what it answers."""
    async with TestClient(TestServer(app)) as platform:
        found: list[tuple[int, Any]] = []
        for body in bodies:
            async with platform.post("/threekit", json=body) as answer:
                is_json = answer.content_type == "application/json"
                found.append((answer.status, await answer.json() if is_json else None))
        return found


async def test_the_receiver_reads_the_job_or_order_again_and_takes_what_is_not_its_own(
    shop: EmulatorThread, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    [page] = [page for page in PAGES if page.name == "receive-webhooks.md"]
    [code] = [code for code in programs(page) if RECEIVER in code]
    app = run(shop, code, tmp_path, monkeypatch)["app"]
    async with AsyncThreekit.from_env() as tk:
        item = (await tk.assets.list(type="item").first()).items[0]
        saved = await tk.configurations.create(product_id=item.id, product_version="v1", variant={})
        cart = [CartItem(configuration_id=saved.id)]
        order = await tk.orders.create(cart=cart, platform={}, status="New")
        started = await tk.asset_jobs.render(item.id)
        await tk.jobs.wait(started.job_id, interval=0.05)
    nobody = "11111111-1111-4111-8111-111111111111"
    assert await answers(
        app,
        {"data": {"id": started.job_id, "status": "stopped", "tasks": []}},
        {"data": {"id": order.id, "status": "Complete", "cart": []}},
        {"data": {"id": nobody, "status": "stopped"}},
        {"data": {"id": nobody, "status": "New"}},
        {"data": {"id": "forged", "status": "New"}},
        {"topic": "something else", "data": {"id": nobody}},
        {},
        [],
    ) == [
        (200, {"job": started.job_id, "status": "stopped"}),
        (200, {"order": order.id, "status": "New"}),
        *[(200, {"ignored": True})] * 5,
        (400, None),
    ]
