"""Whoever uses the package sees a type for every public name, whichever checker they have."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

# pyright looks for the package where the first `python` of the PATH has its own.
PATH = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])


def verified(package: str) -> Any:
    """Let pyright look at every public name of an installed package."""
    assert shutil.which("node"), "pyright needs Node: install it, or fix the PATH."
    command = [sys.executable, "-m", "pyright", "--verifytypes", package]
    done = subprocess.run(
        [*command, "--ignoreexternal", "--outputjson"],
        env={**os.environ, "PATH": PATH},
        capture_output=True,
        check=False,
        encoding="utf-8",
    )
    assert done.stdout.startswith("{"), done.stdout + done.stderr
    return json.loads(done.stdout)["typeCompleteness"]


def unclear(report: Any) -> list[str]:
    """Name what has no type, or one that checkers may infer differently; causes come first."""
    found = [
        f"{symbol['name']}: {' '.join(said['message'].split())}"
        for symbol in report["symbols"]
        if not symbol["isTypeKnown"]
        for said in symbol["diagnostics"]
    ]
    return sorted(found, key=lambda line: "partially unknown" in line)


@pytest.mark.timeout(600)
def test_every_public_name_has_a_known_type() -> None:
    report = verified("threekit_async")
    assert report["pyTypedPath"].endswith("py.typed")
    found = unclear(report)
    assert not found, "\n".join(found)
    assert report["exportedSymbolCounts"]["withKnownType"] > 4000
    assert report["completenessScore"] == 1
