"""Thousands of calls, and files, against a server that often fails: none is lost or repeated."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from benchmarks.bulk_soak import bulk
from benchmarks.soak import emulator, soak

pytestmark = pytest.mark.skipif(
    not sys.platform.startswith("linux"), reason="descriptors and memory are read from /proc"
)


async def test_calls_against_a_failing_server_are_neither_lost_nor_carried_out_twice() -> None:
    with emulator() as server:
        findings = await soak(server, calls=2000, tasks=50)
    assert findings.problems == []
    assert sum(findings.ended.values()) == 2000
    assert findings.retries > 50


async def test_files_from_a_failing_server_come_once_and_are_remembered(tmp_path: Path) -> None:
    with emulator() as server:
        findings = await bulk(server, tmp_path, layers=1500, files=300)
    # Of so few, one way or the other: the long run watches it.
    assert [problem for problem in findings.problems if problem != "memory grew"] == []
    assert findings.report is not None
    assert findings.report.files == 300
