"""An emulator in a process of its own, for as long as a command needs it."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Generator
from contextlib import contextmanager

from attrs import frozen

from ..errors import ThreekitError

__all__ = ("Emulated", "emulated")

_SECONDS_TO_END = 10


@frozen(kw_only=True)
class Emulated:
    """Where the emulator listens, and who may ask."""

    url: str
    org_id: str
    private_token: str
    public_token: str


@contextmanager
def emulated(*, seed: str) -> Generator[Emulated]:
    """Start an emulator on a free loopback port; it ends with the context, or with this process.

    :raises ThreekitError: when it does not start.
    """
    command = [sys.executable, "-m", "threekit_async.emulator", "--port", "0", "--seed", seed]
    with subprocess.Popen(  # noqa: S603  # our own emulator
        [*command, "--ready-json", "--exit-with-parent"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            yield _ready(process)
        finally:
            if process.stdin is not None:
                process.stdin.close()
            try:
                process.wait(_SECONDS_TO_END)
            except subprocess.TimeoutExpired:
                process.kill()


def _ready(process: subprocess.Popen[str]) -> Emulated:
    line = process.stdout.readline() if process.stdout else ""
    if not line:
        raise ThreekitError(
            f"The emulator did not start (exit status {process.wait(_SECONDS_TO_END)}). "
            "What it said is above."
        )
    return Emulated(**json.loads(line))
