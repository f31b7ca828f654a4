"""The how-to pages do what they say: every program on them runs against the emulator."""

from __future__ import annotations

import re
import runpy
from collections.abc import Iterator
from pathlib import Path

import pytest

from threekit_async.emulator import EmulatorSettings, EmulatorThread

PAGES = sorted((Path(__file__).parents[2] / "docs" / "how-to").glob("*.md"))
# Its programs are tests of a reader's own, shown whole in tests/testing/.
UNTRIED = {"test-your-code.md"}


def programs(page: Path) -> list[str]:
    """Return the page's blocks of Python."""
    return re.findall(r"```python\n(.*?)```", page.read_text(encoding="utf-8"), re.DOTALL)


# A page may also show what a server of yours does, which asks nothing by being read.
DEFINES_ONLY = "async def receive"
TRIED = [
    pytest.param(code, id=f"{page.stem} {number}")
    for page in PAGES
    if page.name not in UNTRIED
    for number, code in enumerate(programs(page), start=1)
]


@pytest.fixture(scope="module")
def shop() -> Iterator[EmulatorThread]:
    with EmulatorThread(EmulatorSettings(seed="demo", job_seconds=0)) as server:
        yield server


@pytest.mark.parametrize("code", TRIED)
def test_the_program_runs(
    shop: EmulatorThread, code: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop.reset()
    path = tmp_path / "program.py"
    path.write_text(code, encoding="utf-8")
    monkeypatch.setenv("THREEKIT_TOKEN", shop.private_token)
    monkeypatch.setenv("THREEKIT_ORG_ID", shop.org_id)
    monkeypatch.setenv("THREEKIT_HOST", shop.url)
    monkeypatch.chdir(tmp_path)
    runpy.run_path(str(path), run_name="__main__")
    assert shop.journal() or DEFINES_ONLY in code
