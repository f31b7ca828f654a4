"""The README's snippets do what it says."""

from __future__ import annotations

import re
import runpy
from pathlib import Path
from typing import Any

import pytest
from aiohttp.test_utils import TestClient, TestServer

from threekit_async import AsyncThreekit, Threekit
from threekit_async.emulator import EmulatorThread

README = Path(__file__).parents[2] / "README.md"


@pytest.fixture
def environment(
    demo_server: EmulatorThread, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> Path:
    """Point the snippets at the emulator, and have them write to an empty folder."""
    monkeypatch.setenv("THREEKIT_TOKEN", demo_server.private_token)
    monkeypatch.setenv("THREEKIT_ORG_ID", demo_server.org_id)
    monkeypatch.setenv("THREEKIT_HOST", demo_server.url)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def snippet(heading: str, folder: Path) -> Path:
    """Write the code below a heading to a file."""
    section = README.read_text(encoding="utf-8").partition(f"### {heading}\n")[2]
    code = re.search(r"```python\n(.*?)```", section, re.DOTALL)
    assert code, heading
    path = folder / "snippet.py"
    path.write_text(code[1], encoding="utf-8")
    return path


async def test_the_web_app_answers_with_an_asset(environment: Path) -> None:
    async with AsyncThreekit.from_env() as tk:
        item = (await tk.assets.list(type="item").first()).items[0]
    module: dict[str, Any] = runpy.run_path(str(snippet("In an async web app", environment)))
    async with TestClient(TestServer(module["make_app"]())) as client:
        found = await client.get(f"/assets/{item.id}")
        missing = await client.get("/assets/no-such-asset")
        assert (await found.json())["name"] == item.name
        assert missing.status == 404


def test_the_bulk_snippet_downloads_what_is_published(
    environment: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    runpy.run_path(str(snippet("In bulk", environment)), run_name="__main__")
    written = list((environment / "renders").rglob("*.png"))
    assert re.search(rf"downloaded +{len(written)}\n", capsys.readouterr().out)
    with Threekit.from_env() as tk:
        assert len(written) == len(tk.layers.list(branch="published").all())


def test_the_script_prints_jobs_and_downloads_a_layer(
    environment: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    runpy.run_path(str(snippet("In a script", environment)), run_name="__main__")
    printed = capsys.readouterr().out.splitlines()
    assert [line.split()[1] for line in printed[:2]] == ["500", "500"]
    assert (environment / printed[-1]).read_bytes().startswith(b"\x89PNG")
