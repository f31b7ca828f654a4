"""The example script, run as a timer would run it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.docs.frameworks.goods import BLUE, CHAIR, RED
from tests.docs.frameworks.serving import EXAMPLES
from threekit_async.emulator import EmulatorThread


def run(folder: Path) -> tuple[int, str]:
    """Run the script, every warning an error, and return its status and what it logged."""
    done = subprocess.run(
        [sys.executable, "-X", "dev", "-W", "error", str(EXAMPLES / "nightly.py"), str(folder)],
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )
    assert done.stdout == ""
    return done.returncode, done.stderr


def files_asked_for(shop: EmulatorThread) -> int:
    return sum(entry.path.startswith("/api/files/") for entry in shop.requests)


def test_a_second_run_fetches_nothing_again(shop: EmulatorThread, tmp_path: Path) -> None:
    assert run(tmp_path)[0] == 0
    assert {path.stem for path in (tmp_path / CHAIR).iterdir()} == {RED, BLUE}
    asked = files_asked_for(shop)
    assert asked > 0
    assert run(tmp_path)[0] == 0
    assert files_asked_for(shop) == asked


def test_a_file_that_fails_is_told_and_left_for_the_next_run(
    shop: EmulatorThread, tmp_path: Path
) -> None:
    shop.faults.add(effect="status", status=403, path="/api/files/", times=1)
    status, logged = run(tmp_path)
    assert (status, "403" in logged) == (1, True)
    assert run(tmp_path)[0] == 0


def test_what_stops_it_is_one_sentence(
    shop: EmulatorThread, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("THREEKIT_TOKEN", "not-a-token")
    status, logged = run(tmp_path)
    assert status == 1
    assert "401" in logged
    assert "Traceback" not in logged
    assert "not-a-token" not in logged
