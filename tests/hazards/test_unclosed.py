"""Clients that nobody closed: one warning that says where they were made, and nothing hangs."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from threekit_async.emulator import EmulatorThread

BEGIN = """
import asyncio, gc, os, sys, warnings
from threekit_async import AsyncThreekit, Threekit
settings = {name.lower(): os.environ[name] for name in ("TOKEN", "ORG_ID", "HOST")}
"""
SECONDS = 20


def ran(server: EmulatorThread, folder: Path, script: str) -> tuple[int, str, list[str]]:
    """Run a program; its exit status, what it wrote, and the warnings it gave."""
    program = folder / "shop.py"
    program.write_text(BEGIN + script, encoding="utf-8")
    environment = {
        **os.environ,
        "TOKEN": server.private_token,
        "ORG_ID": server.org_id,
        "HOST": server.url,
    }
    done = subprocess.run(
        [sys.executable, "-X", "dev", "-W", "always", str(program)],
        env=environment,
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )
    lines = done.stderr.splitlines()
    return done.returncode, done.stdout, [line for line in lines if "Warning: " in line]


COLLECTED = """
async def main():
    tk = AsyncThreekit(**settings)
    await tk.layers.list().first()
    del tk
    gc.collect()
asyncio.run(main())
print("done")
"""
AFTER_ITS_LOOP = """
tk = AsyncThreekit(**settings)
asyncio.run(tk.layers.list().first())
del tk
gc.collect()
print("done")
"""
AT_EXIT = """
tk = AsyncThreekit(**settings)
asyncio.run(tk.layers.list().first())
print("done")
"""
SYNCHRONOUS_AT_EXIT = """
tk = Threekit(**settings)
twin = tk.with_options(deadline=5)
twin.layers.list().first()
print("done")
"""
SYNCHRONOUS = """
tk = Threekit(**settings)
tk.layers.list().first()
del tk
gc.collect()
print("done")
"""


@pytest.mark.parametrize(
    "script",
    [
        pytest.param(COLLECTED, id="collected"),
        pytest.param(AFTER_ITS_LOOP, id="after its loop"),
        pytest.param(AT_EXIT, id="at exit"),
        pytest.param(SYNCHRONOUS, id="synchronous"),
        pytest.param(SYNCHRONOUS_AT_EXIT, id="synchronous, at exit"),
    ],
)
def test_a_forgotten_client_gives_one_warning_with_the_place_it_was_made(
    server: EmulatorThread, tmp_path: Path, script: str
) -> None:
    status, out, warned = ran(server, tmp_path, script)
    assert (status, out) == (0, "done\n")
    [warning] = warned
    line = next(
        number
        for number, text in enumerate((BEGIN + script).splitlines(), 1)
        if "Threekit(**" in text
    )
    assert f"shop.py:{line}: ResourceWarning" in warning
    assert f"made at {tmp_path / 'shop.py'}:{line} " in warning


@pytest.mark.parametrize(
    "script",
    [
        pytest.param("AsyncThreekit(**settings)", id="never used"),
        pytest.param("Threekit(**settings)", id="never used, synchronous"),
        pytest.param(
            "async def main():\n"
            "    tk = AsyncThreekit(**settings)\n"
            "    await tk.layers.list().first()\n"
            "    await tk.aclose()\n"
            "asyncio.run(main())",
            id="closed",
        ),
        pytest.param(
            "tk = Threekit(**settings)\ntk.layers.list().first()\ntk.close()",
            id="closed, synchronous",
        ),
        pytest.param(
            "async def main():\n"
            "    async with AsyncThreekit(**settings) as tk:\n"
            "        twin = tk.with_options(deadline=5)\n"
            "        await twin.layers.list().first()\n"
            "asyncio.run(main())",
            id="derived",
        ),
        pytest.param(
            "layers = None\n"
            "async def main():\n"
            "    tk = AsyncThreekit(**settings)\n"
            "    layers = tk.layers\n"
            "    close = tk.aclose\n"
            "    del tk\n"
            "    gc.collect()\n"
            "    await layers.list().first()\n"
            "    await close()\n"
            "asyncio.run(main())",
            id="only a service is left",
        ),
    ],
)
def test_a_client_that_was_closed_or_never_used_gives_no_warning(
    server: EmulatorThread, tmp_path: Path, script: str
) -> None:
    assert ran(server, tmp_path, script + "\nprint('done')\n") == (0, "done\n", [])
