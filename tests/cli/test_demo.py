"""`threekit demo` as a person types it."""

from __future__ import annotations

import hashlib
import subprocess
import sys
from pathlib import Path

import pytest

from tests.transfer.folders import files_in

# A run draws a thousand pictures.
pytestmark = pytest.mark.timeout(600)


def threekit(*arguments: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    """Run the command in a folder."""
    command = [sys.executable, "-c", "from threekit_async.cli import main; main()", *arguments]
    return subprocess.run(
        command, cwd=cwd, capture_output=True, text=True, check=False, timeout=200
    )


@pytest.fixture(scope="module")
def demo_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Hold the renders of one run of the demo."""
    folder = tmp_path_factory.mktemp("demo")
    done = threekit("demo", cwd=folder)
    assert done.stderr == ""
    assert done.returncode == 0
    assert "1,000 files: 1,000 downloaded" in done.stdout
    return folder


def test_every_render_is_there_and_differs_from_the_others(demo_folder: Path) -> None:
    renders = [
        demo_folder / "demo-renders" / name for name in files_in(demo_folder / "demo-renders")
    ]
    assert len(renders) == 1000
    assert {path.suffix for path in renders} == {".png"}
    assert len({hashlib.sha256(path.read_bytes()).digest() for path in renders}) == 1000


def test_a_second_run_downloads_nothing_and_mends_what_was_damaged(demo_folder: Path) -> None:
    renders = sorted((demo_folder / "demo-renders").rglob("*.png"))
    good = renders[0].read_bytes()
    renders[0].write_bytes(good[:-1] + bytes([good[-1] ^ 1]))
    renders[1].write_bytes(b"")
    renders[2].unlink()
    mended = threekit("demo", cwd=demo_folder)
    again = threekit("demo", cwd=demo_folder)
    assert "1,000 files: 3 downloaded" in mended.stdout
    assert renders[0].read_bytes() == good
    assert "0 were downloaded" in again.stdout
    assert again.returncode == 0


def test_a_target_that_is_a_file_is_one_sentence_and_status_1(tmp_path: Path) -> None:
    target = tmp_path / "taken"
    target.write_text("mine")
    done = threekit("demo", "--to", str(target), cwd=tmp_path)
    assert done.returncode == 1
    assert done.stderr.startswith("threekit demo: ")
    assert "cannot be written" in done.stderr
    assert "Traceback" not in done.stderr
    assert target.read_text() == "mine"


def test_help_lists_the_commands_without_loading_what_they_need(tmp_path: Path) -> None:
    shown = threekit("--help", cwd=tmp_path)
    assert "demo" in shown.stdout
    assert "emulator" in shown.stdout
    assert "--verbose" in shown.stdout
    code = (
        "import sys, click.testing\n"
        "from threekit_async.cli.commands import threekit\n"
        "click.testing.CliRunner().invoke(threekit, ['--help'])\n"
        "sys.exit(' '.join({'aiohttp', 'attrs', 'rich', 'PIL'} & set(sys.modules)) or None)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_the_emulator_command_takes_the_emulators_options(tmp_path: Path) -> None:
    done = threekit("emulator", "--help", cwd=tmp_path)
    assert done.returncode == 0
    assert "--seed" in done.stdout
