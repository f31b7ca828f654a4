"""The example notebook, run from top to bottom in a kernel of its own."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from nbclient import NotebookClient
from traitlets.config import Config

from tests.docs.frameworks.goods import BLUE, RED, picture
from tests.docs.frameworks.serving import EXAMPLES
from threekit_async.emulator import EmulatorThread

NOTEBOOK = EXAMPLES / "notebook.ipynb"


def notebook() -> Any:
    # Its functions have no types.
    return import_module("nbformat").read(NOTEBOOK, as_version=4)


def run(folder: Path) -> list[Any]:
    """Run the notebook, and return what its cells have put out."""
    place = {"metadata": {"path": str(folder)}}
    with TemporaryDirectory() as sockets:
        # Not over ports: the one it was given may be taken before the kernel has it.
        reached = Config(KernelManager={"transport": "ipc", "ip": f"{sockets}/kernel"})
        client = NotebookClient(
            notebook(), timeout=100, kernel_name="python3", resources=place, config=reached
        )
        done = client.execute()
    return [output for cell in done.cells for output in cell.get("outputs", [])]


def test_it_runs_without_a_warning(
    shop: EmulatorThread, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("IPYTHONDIR", "JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "JUPYTER_RUNTIME_DIR"):
        monkeypatch.setenv(name, str(tmp_path / name.lower()))
    monkeypatch.setenv("JUPYTER_PLATFORM_DIRS", "1")
    outputs = run(tmp_path)
    said = {
        kind: "".join(output.text for output in outputs if output.get("name") == kind)
        for kind in ("stdout", "stderr")
    }
    assert said["stderr"] == ""
    assert "Chair\nLamp\n" in said["stdout"]
    shown = [output.data for output in outputs if output.output_type == "execute_result"]
    assert sum("image/png" in data for data in shown) == 1
    assert shown[-1]["text/plain"] == str([len(picture())] * 2)
    fetched = {path.stem: path.read_bytes() for path in (tmp_path / "renders").glob("*.png")}
    assert fetched == dict.fromkeys((RED, BLUE), picture())


def test_it_is_kept_without_what_its_cells_put_out() -> None:
    cells = notebook().cells
    assert [cell.outputs for cell in cells if cell.get("outputs")] == []
    assert [cell for cell in cells if cell.get("execution_count") is not None] == []
