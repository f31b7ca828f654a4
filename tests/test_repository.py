"""What must hold for the repository as a whole."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import threekit_async

ROOT = Path(__file__).parent.parent
# Put together, so that this file does not name what it looks for.
REGISTRY_HOSTS = ("py" + "pi.org", "pythonhos" + "ted.org", "npm" + "js.org", "npm" + "js.com")
TOP_FOLDERS = {".ci", "benchmarks", "docs", "tests", "threekit_async"}


def tracked() -> list[Path]:
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        check=True,
    )
    return [ROOT / name for name in listed.stdout.decode().split("\0") if name]


def test_no_file_names_a_package_registry() -> None:
    named = [
        f"{path.relative_to(ROOT)}: {host}"
        for path in tracked()
        if path.is_file()
        for host in REGISTRY_HOSTS
        if host.encode() in path.read_bytes()
    ]
    assert named == []


def test_the_lock_file_has_hashes_and_no_addresses() -> None:
    text = (ROOT / "requirements.txt").read_text(encoding="utf-8")
    assert "://" not in text
    requirements = [line for line in text.splitlines() if line and not line.startswith((" ", "#"))]
    assert len(requirements) > 30
    assert text.count("--hash=sha256:") > len(requirements)


def test_there_are_no_other_top_level_folders() -> None:
    folders = {path.relative_to(ROOT).parts[0] for path in tracked() if path.parent != ROOT}
    assert folders <= TOP_FOLDERS


def test_the_lazy_names_are_those_the_type_checker_sees() -> None:
    tree = ast.parse(Path(str(threekit_async.__file__)).read_text(encoding="utf-8"))
    block = next(node for node in tree.body if isinstance(node, ast.If))
    seen = {
        alias.asname: f"{node.module}"
        for node in block.body
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }
    homes = vars(threekit_async)["_HOME_OF"]
    assert seen == homes
    assert set(threekit_async.__all__) == {*homes, "__version__"}


def test_every_public_name_can_be_imported() -> None:
    for name in threekit_async.__all__:
        assert getattr(threekit_async, name) is not None


@pytest.mark.parametrize(
    ("what", "heavy"),
    [
        ("import threekit_async", "'aiohttp', 'anyio', 'attrs', 'cattrs', 'asyncio'"),
        ("from threekit_async import AsyncThreekit", "'aiohttp', 'anyio', 'cattrs', 'asyncio'"),
    ],
)
def test_importing_the_package_loads_nothing_heavy(what: str, heavy: str) -> None:
    code = (
        f"{what}\nimport sys\n"
        f"heavy = {{{heavy}}} & set(sys.modules)\n"
        "sys.exit(' '.join(sorted(heavy)) or None)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.stderr == ""
    assert done.returncode == 0


def test_the_generated_client_is_up_to_date() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "threekit_async.sync.generate", "--check"],
        capture_output=True,
        text=True,
        check=False,
        cwd=ROOT,
    )
    assert done.stderr == ""
    assert done.returncode == 0
