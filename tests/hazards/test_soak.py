"""Thousands of calls against a server that often fails: none is lost, and no write is repeated."""

from __future__ import annotations

import sys

import pytest

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
