"""Writes the synchronous client from the asynchronous one.

    python -m threekit_async.sync.generate            write threekit_async/sync/
    python -m threekit_async.sync.generate --check    exit 1 unless it is up to date

Read are `client.py` and `services/*.py`: the classes in their `__all__`, with every public method.
Each becomes a method of the same name, signature and docstring that calls the asynchronous one over
the bridge; what services inherit (`services/service.py`) is written into each. Other modules of the
package are looked into where a signature names what they define. What generator/ does not know is
an error, never left out, and then nothing is written.
"""

from __future__ import annotations

import argparse
import ast
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path

from .generator.assembling import Sources, banner
from .generator.comparing import put_right, stale
from .generator.contents import check_contents, check_folder
from .generator.library import Library
from .generator.problem import Place, Problem
from .generator.sources import Module

__all__ = ("Problem", "formatted", "generated", "main")

PACKAGE = Path(__file__).parent.parent
# The formatter's, for any package that is generated.
SETTINGS = PACKAGE.parent / "pyproject.toml"
BASE = "services/service.py"


def generated(root: Path = PACKAGE) -> dict[str, str]:
    """Return the generated files by their path below `sync/`, unformatted.

    :raises Problem: when a source is no Python, or holds something that is not known.
    """
    package = root.name
    client, services = Module.read(root, "client.py"), _services(root)
    for module in [client, *services]:
        check_contents(module)
    base = next((module for module in services if module.path == BASE), None)
    modules = [module for module in services if module is not base and module.classes]
    if not client.classes or not modules:
        raise Problem(f"There is no client or no service in {root}.")
    for module in services:
        _check_forgotten(module, base)
    sources = Sources(package=package, modules=modules, base=base, library=Library(root))
    written = {module.path: sources.written(module) for module in [client, *modules]}
    folder = Module.read(root, "services/__init__.py")
    check_folder(folder)
    written[folder.path] = banner(package, [folder], "The services, synchronous.")
    summary = "The synchronous facade; import it from `threekit_async`."
    written["__init__.py"] = banner(package, [client], summary)
    return written


def _services(root: Path) -> list[Module]:
    """Read the modules of the services.

    :raises Problem: when one lies deeper, where nothing would be written for it.
    """
    paths = sorted(path.relative_to(root).as_posix() for path in root.glob("services/**/*.py"))
    for path in paths:
        if path.count("/") > 1:
            raise Problem(f"{path}: modules of services lie in services/ itself.")
    return [Module.read(root, path) for path in paths if path != "services/__init__.py"]


def _check_forgotten(module: Module, base: Module | None) -> None:
    """Refuse a service that is not exported, and would be left out."""
    inherited = {node.name for node in base.classes} if base else set[str]()
    for name, node in module.definitions.items():
        if isinstance(node, ast.ClassDef) and name not in module.exported:
            bases = {ast.unparse(each) for each in node.bases}
            if bases & inherited and not name.startswith("_"):
                raise Place(module.path, name).problem("is a service, and not in `__all__`.")


def formatted(texts: Mapping[str, str]) -> dict[str, bytes]:
    """Format generated files as the project's own.

    :raises Problem: when the formatter cannot read one, or is not there.
    """
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for path, text in texts.items():
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            (folder / path).write_bytes(text.encode())
        _ruff(folder, "check", "--fix", "--select", "I,F401", "--exit-zero")
        _ruff(folder, "format")
        return {path: (folder / path).read_bytes() for path in texts}


def _ruff(folder: Path, *arguments: str) -> None:
    command = [sys.executable, "-m", "ruff", *arguments, "--quiet", "--no-cache"]
    done = subprocess.run(  # noqa: S603  # our own formatter
        [*command, "--config", str(SETTINGS), "."],
        cwd=folder,
        capture_output=True,
        check=False,
        encoding="utf-8",
    )
    if done.returncode:
        said = " ".join(done.stderr.split())
        raise Problem(f"The formatter (ruff {arguments[0]}) failed: {said}")


def main(argv: list[str] | None = None, *, root: Path = PACKAGE) -> int:
    """Run the command; return its exit status."""
    parser = argparse.ArgumentParser(prog="python -m threekit_async.sync.generate")
    parser.add_argument("--check", action="store_true", help="compare instead of writing")
    check: bool = parser.parse_args(argv).check
    try:
        wanted = formatted(generated(root))
        differences = stale(root / "sync", wanted)
        if not check:
            put_right(root / "sync", wanted)
            differences = stale(root / "sync", wanted)
    except Problem as problem:
        print(f"{problem} Nothing was written.", file=sys.stderr)  # noqa: T201
        return 1
    except OSError as error:
        print(f"The files cannot be read or written: {error}.", file=sys.stderr)  # noqa: T201
        return 1
    for difference in differences:
        print(f"sync/{difference}", file=sys.stderr)  # noqa: T201
    return 1 if differences else 0


if __name__ == "__main__":
    sys.exit(main())
