"""`threekit --verbose`: what is asked of the server, a line for each event, and no secrets."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click.testing
import pytest

from tests.hazards.recognisable import PASSWORD, TOKEN, shows
from threekit_async.cli.commands import threekit
from threekit_async.cli.emulated import Emulated
from threekit_async.emulator import EmulatorThread
from threekit_async.events import logger

FILES = 3
EVENTS = (
    "request started GET",
    "attempt ended GET",
    "request ended GET",
    "file ended",
    "page read",
)


@pytest.fixture(autouse=True)
def unasked() -> Iterator[None]:
    """Leave the package's logger as it was."""
    handlers, level = list(logger.handlers), logger.level
    yield
    logger.handlers[:] = handlers
    logger.setLevel(level)


@pytest.fixture(autouse=True)
def told(monkeypatch: pytest.MonkeyPatch) -> None:
    """Put secrets everywhere a command could find some."""
    monkeypatch.setenv("THREEKIT_TOKEN", TOKEN)
    monkeypatch.setenv("THREEKIT_PUBLIC_TOKEN", TOKEN)
    monkeypatch.setenv("THREEKIT_PROXY", f"http://user:{PASSWORD}@127.0.0.1:1")


@pytest.fixture
def emulated(server: EmulatorThread, monkeypatch: pytest.MonkeyPatch) -> EmulatorThread:
    """Let the demo find a few renders on a server of this process."""
    files = server.seed(files=[{"content": f"render {number}"} for number in range(FILES)])["files"]
    server.seed(
        layers=[{"assetId": "chair", "fileId": file["id"], "format": "png"} for file in files]
    )

    @contextmanager
    def here(*, seed: str) -> Iterator[Emulated]:
        assert seed == "demo"
        yield Emulated(
            url=server.url,
            org_id=server.org_id,
            private_token=server.private_token,
            public_token=server.public_token,
        )

    monkeypatch.setattr("threekit_async.cli.demo.emulated", here)
    return server


def ran(*arguments: str) -> click.testing.Result:
    return click.testing.CliRunner().invoke(threekit, arguments)


@pytest.mark.parametrize("option", ["-v", "--verbose"])
def test_every_event_is_a_line_on_standard_error(
    emulated: EmulatorThread, tmp_path: Path, option: str
) -> None:
    done = ran(option, "demo", "--to", str(tmp_path / "renders"))
    assert done.exit_code == 0, done.output
    lines = done.stderr.splitlines()
    assert all(" threekit " in line for line in lines)
    assert sum("attempt ended GET /api/" in line for line in lines) == len(emulated.journal())
    for event in EVENTS:
        assert any(f" threekit {event}" in line for line in lines), event
    assert " threekit " not in done.stdout


def test_nobody_sees_a_token_in_it(emulated: EmulatorThread, tmp_path: Path) -> None:
    emulated.faults.add(effect="status", status=503, times=1)
    emulated.faults.add(effect="status", status=403, path="/content$", times=1)
    done = ran("-v", "demo", "--to", str(tmp_path / "renders"))
    assert "status=503" in done.stderr
    assert "status=403" in done.stderr
    assert not shows(done.output), done.output
    for token in (emulated.private_token, emulated.public_token):
        assert token
        assert token not in done.output


def test_without_it_nothing_is_written_there(emulated: EmulatorThread, tmp_path: Path) -> None:
    done = ran("demo", "--to", str(tmp_path / "renders"))
    assert (done.exit_code, done.stderr) == (0, "")
    assert len(emulated.journal()) > FILES


def test_it_goes_before_what_the_environment_asks_for(
    emulated: EmulatorThread, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("THREEKIT_LOG", "warning")
    done = ran("-v", "demo", "--to", str(tmp_path / "renders"))
    assert done.stderr.count("attempt ended") == len(emulated.journal())
    assert logger.level == logging.DEBUG


def test_the_help_says_what_it_does() -> None:
    shown = " ".join(ran("--help").output.split())
    assert "-v, --verbose Write every request" in shown
    assert "No token is shown." in shown
