"""Thousands of interruptions at any instant: none is lost, and nothing ever stands still."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

pytestmark = pytest.mark.skipif(os.name == "nt", reason="timers that signal are those of POSIX")

BEGIN = """
import faulthandler, gc, os, random, signal, sys, time
from threekit_async.sync.bridge import Bridge

gc.disable()
lost, sent = [], 0  # what a handler raises inside a finalizer, Python drops

def handler(*_):
    global sent
    sent += 1
    raise KeyboardInterrupt

async def nothing():
    pass

sys.unraisablehook = lambda raised: lost.append(repr(raised))
signal.signal(signal.SIGALRM, handler)
dice = random.Random(6)
faulthandler.dump_traceback_later(40, exit=True)

def storm(work, *, times):
    # One interruption for each try, somewhere in it.
    caught = 0
    for _ in range(times):
        try:
            signal.setitimer(signal.ITIMER_REAL, dice.uniform(20e-6, 1e-3))
            before = len(lost)
            while len(lost) == before:
                work()
        except KeyboardInterrupt:
            caught += 1
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)
    return caught + len(lost)
"""
CALLS = """
bridge = Bridge(nothing)
bridge.call(nothing)
print(storm(lambda: bridge.call(nothing), times=3000) - sent, lost)
bridge.call(nothing)
bridge.close()
"""
CLOSES = """
other = Bridge(nothing)
other.call(nothing)

def come_and_go():
    bridge = Bridge(nothing)
    try:
        bridge.call(nothing)
    finally:
        bridge.close()

print(storm(come_and_go, times=1000) - sent)
other.call(nothing)
other.close()
"""


def ran(script: str) -> tuple[int, str, str]:
    done = subprocess.run(
        [sys.executable, "-W", "ignore::ResourceWarning", "-c", BEGIN + script],
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )
    return done.returncode, done.stdout, done.stderr


def test_a_storm_of_interruptions_loses_none_and_stops_no_loop() -> None:
    assert ran(CALLS) == (0, "0 []\n", "")


def test_a_storm_over_clients_that_come_and_go_stops_no_other_client() -> None:
    assert ran(CLOSES) == (0, "0\n", "")
