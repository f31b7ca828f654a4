"""The emulator keeps to its own description: schemathesis calls it thousands of times."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from threekit_async.emulator import EmulatorSettings, EmulatorThread

CONFIG = Path(__file__).with_name("schemathesis.toml")


@pytest.mark.timeout(300)
def test_no_answer_breaks_the_description(tmp_path: Path) -> None:
    with EmulatorThread(EmulatorSettings(job_seconds=0)) as server:
        command = [
            *(str(Path(sys.executable).with_name("st")), "--config-file", str(CONFIG), "run"),
            f"{server.url}/__emulator__/openapi.json",
            *("--header", f"Authorization: Bearer {server.private_token}"),
            *("--max-examples", "5", "--seed", "1", "--no-color"),
        ]
        ended = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stdout
