"""Thousands of files in a process that may open few, and remembers none of them."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.transfer.folders import files_in
from threekit_async.emulator import EmulatorThread

SCRIPT = Path(__file__).parent / "counted_run.py"
FILES, SIZE = 5000, 2000

pytestmark = pytest.mark.skipif(
    not Path("/proc/self/fd").exists(), reason="this system does not tell of descriptors"
)


@pytest.fixture(scope="module")
def filled() -> Iterator[EmulatorThread]:
    """Serve thousands of small files."""
    with EmulatorThread() as server:
        server.fill(layers=FILES, file_bytes=SIZE)
        yield server


def counted(
    server: EmulatorThread, folder: Path, *, files: int = FILES, descriptors: int = 256
) -> dict[str, Any]:
    """Fetch so many files in a process of its own, and say what that has taken."""
    words = [server.url, server.private_token, str(folder), str(files), str(descriptors)]
    ended = subprocess.run(
        [sys.executable, str(SCRIPT), *words],
        capture_output=True,
        text=True,
        cwd=SCRIPT.parents[2],
        check=False,
    )
    assert ended.returncode == 0, ended.stderr
    found: dict[str, Any] = json.loads(ended.stdout)
    assert found["failed"] == []
    assert found["downloaded"] == files
    assert len(files_in(folder)) == files
    assert all((folder / name).stat().st_size == SIZE for name in files_in(folder))
    return found


def test_few_descriptors_are_enough_and_memory_stays_flat(
    filled: EmulatorThread, tmp_path: Path
) -> None:
    counted(filled, tmp_path / "warm", files=500)
    some = counted(filled, tmp_path / "some", files=1000)
    all_ = counted(filled, tmp_path / "all")
    assert 20 < all_["descriptors"] < 256
    # The same for five times as many files: what differs is noise of the allocator, and an index
    # of finished files, which is bounded.
    assert all_["growth"] < 40_000_000
    assert all_["growth"] - some["growth"] < 8_000_000


def test_a_hundred_descriptors_are_enough(filled: EmulatorThread, tmp_path: Path) -> None:
    found = counted(filled, tmp_path, files=1000, descriptors=100)
    assert found["descriptors"] < 100
