"""Write docs/reference/coverage.md from the code: `python -m tests.docs.coverage [--check]`.

Endpoints and how sure we are come from the emulator's route table, methods from the requests that
the services' sources build, tests from the calls that the tests' sources make.
"""

from __future__ import annotations

import argparse
import ast
import re
import sys
from collections.abc import Iterator
from pathlib import Path

from attrs import frozen

from threekit_async.emulator.app import all_routes
from threekit_async.emulator.web.contract import Route

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "threekit_async"
TARGET = ROOT / "docs" / "reference" / "coverage.md"

_Function = ast.FunctionDef | ast.AsyncFunctionDef


@frozen(kw_only=True)
class Method:
    """A public method of a service, with an endpoint it asks."""

    service: str
    name: str
    verb: str
    path: str

    @property
    def shown(self) -> str:
        """As a reader would type it."""
        return f"{self.service}.{self.name}"


@frozen(kw_only=True)
class Row:
    """One line of the table."""

    route: Route
    methods: tuple[str, ...]
    test: str | None


def methods() -> list[Method]:
    """Read which method of which service asks for what."""
    return [method for path in _services() for method in _methods_of(path)]


def _services() -> list[Path]:
    found = sorted((PACKAGE / "services").glob("*.py"))
    return [path for path in found if (PACKAGE / "models" / path.name).exists() and _class(path)]


def _class(path: Path) -> ast.ClassDef | None:
    """Return the service's class, the one in `__all__` with a session."""
    wanted = path.stem.title().replace("_", "")
    for node in ast.parse(path.read_text()).body:
        if isinstance(node, ast.ClassDef) and node.name == wanted:
            return node
    return None


def _methods_of(path: Path) -> Iterator[Method]:
    owner = _class(path)
    assert owner is not None
    functions = _functions(path)
    for node in owner.body:
        if isinstance(node, _Function) and not node.name.startswith("_"):
            for verb, template in sorted(_endpoints(node, functions, seen=set())):
                yield Method(service=path.stem, name=node.name, verb=verb, path=template)


def _functions(path: Path) -> dict[str, _Function]:
    """Collect what a method may call to build its request: here, and in what services share."""
    found: dict[str, _Function] = {}
    beside = sorted(path.parent.glob(f"{path.stem}_*.py"))
    for source in (path.with_name("wire.py"), *beside, path):
        tree = ast.parse(source.read_text())
        found |= {n.name: n for n in ast.walk(tree) if isinstance(n, _Function)}
    return found


def _endpoints(
    function: _Function, functions: dict[str, _Function], *, seen: set[str]
) -> set[tuple[str, str]]:
    found: set[tuple[str, str]] = set()
    for node in ast.walk(function):
        if isinstance(node, ast.Call) and _called(node) == "Request":
            found.add(_endpoint(node))
        elif (name := _referred(node)) in functions and name not in seen:
            if not name.startswith("_") and name in _public_methods(functions):
                continue
            seen.add(name)
            found |= _endpoints(functions[name], functions, seen=seen)
    return found


def _public_methods(functions: dict[str, _Function]) -> set[str]:
    """Another public method is a step of a workflow, not this method's own endpoint."""
    return {
        name
        for name, function in functions.items()
        if function.args.args and function.args.args[0].arg == "self"
    }


def _called(node: ast.Call) -> str:
    return node.func.id if isinstance(node.func, ast.Name) else ""


def _referred(node: ast.AST) -> str:
    if isinstance(node, ast.Attribute):
        return node.attr
    return node.id if isinstance(node, ast.Name) else ""


def _endpoint(request: ast.Call) -> tuple[str, str]:
    given = {keyword.arg: keyword.value for keyword in request.keywords}
    verb, path = given.get("verb"), given.get("path")
    if not (isinstance(verb, ast.Constant) and isinstance(path, ast.Constant)):
        raise SystemExit(f"line {request.lineno}: verb and path of a Request must be literals.")
    return str(verb.value), str(path.value)


def tests() -> dict[str, str]:
    """Read which test calls which method, the nearest one: `layers.get` -> `file::test`."""
    found: dict[str, list[tuple[str, Path]]] = {}
    for path in sorted((ROOT / "tests").rglob("test_*.py")):
        for function in ast.walk(ast.parse(path.read_text())):
            if isinstance(function, _Function) and function.name.startswith("test_"):
                for called in _service_calls(function):
                    found.setdefault(called, []).append((function.name, path))
    return {called: _nearest(called, places) for called, places in found.items()}


def _nearest(called: str, places: list[tuple[str, Path]]) -> str:
    """Prefer the service's own tests, and tests of behaviour to those of single exchanges."""
    own = f"test_{called.partition('.')[0]}"

    def distance(place: tuple[str, Path]) -> tuple[bool, bool]:
        return place[1].stem != own, not place[1].stem.startswith(own)

    name, path = min(places, key=distance)
    return f"{path.relative_to(ROOT)}::{name}"


def _service_calls(function: _Function) -> Iterator[str]:
    for node in ast.walk(function):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Attribute):
            yield f"{node.value.attr}.{node.attr}"


def rows() -> list[Row]:
    """Join the three."""
    known, tested = methods(), tests()
    table: list[Row] = []
    for route in sorted(all_routes(), key=lambda route: route.service):
        names = tuple(dict.fromkeys(m.shown for m in known if _asks(m, route, known)))
        test = next((tested[name] for name in names if name in tested), None)
        table.append(Row(route=route, methods=names, test=test))
    return table


def _asks(method: Method, route: Route, known: list[Method]) -> bool:
    if method.verb != route.verb:
        return False
    if _bare(method.path) == _bare(route.path):
        return True
    exact = any(m.verb == route.verb and _bare(m.path) == _bare(route.path) for m in known)
    # A part the SDK fills in may be spelt out in the emulator, as a renderer's name.
    pattern = re.sub(r"\\{\w+\\}", "[^/]+", re.escape(method.path))
    return not exact and re.fullmatch(pattern, route.path) is not None


def _bare(path: str) -> str:
    return re.sub(r"\{\w+\}", "{}", path)


def text(table: list[Row]) -> str:
    """Write the page."""
    lines = [_HEAD]
    service = ""
    for row in table:
        if row.route.service != service:
            service = row.route.service
            lines += ["", f"## {service}", "", *_COLUMNS]
        lines.append(_line(row))
    return "\n".join([*lines, "", _foot(table)])


def _line(row: Row) -> str:
    route = row.route
    method = ", ".join(f"`{name}`" for name in row.methods) or _WITHOUT.get(route.path, "**none**")
    handler = f"`routes/{route.handler.__module__.rpartition('.')[2]}.py` `{_handler(route)}`"
    test = f"`{row.test}`" if row.test else ("" if not row.methods else "**none**")
    cells = (f"`{route.verb} {route.path}`", method, handler, route.confidence, route.source, test)
    return f"| {' | '.join(cells)} |"


def _handler(route: Route) -> str:
    return route.handler.__name__


_WITHOUT = {
    "/products/import": "by its other path, `/api/products/import`",
    "/products/export/{format}": "by its other path, `/api/products/export/{format}`",
}
_COLUMNS = (
    "| endpoint | SDK method | emulator route | confidence | source | test |",
    "| --- | --- | --- | --- | --- | --- |",
)
_HEAD = """# Coverage

Every endpoint of the twelve APIs that is known: the method that asks it, the route of the
emulator that answers it, how sure we are that it exists like this, and a test.

- **documented**: on a page of the vendor.
- **seen in client**: in the vendor's own client or in public integrations.
- **inferred**: our assumption. The method says so; do not build on it before you have tried it.

This page is written by `make generate` from the services' sources, the emulator's route table and
the tests; `make check` fails when it is stale, or when an endpoint has no method or no test."""


def _foot(table: list[Row]) -> str:
    services = len({row.route.service for row in table})
    return f"""{len(table)} routes of {services} services.

## A thirteenth service

One module of each kind, with the same name: `services/<api>.py` (its methods), `models/<api>.py`
(its records) and `emulator/routes/<api>.py` (its routes); then a property in `client.py`.
`make generate` writes the synchronous side and the new section of this page, and `make check`
names what is missing.
"""


def gaps(table: list[Row]) -> list[str]:
    """Say what is missing: endpoints without a method or test, methods without a route."""
    found = [f"{r.route.verb} {r.route.path} has no SDK method." for r in table if _unasked(r)]
    found += [f"{', '.join(r.methods)} has no test." for r in table if r.methods and not r.test]
    routed = {name for row in table for name in row.methods}
    found += [f"{m.shown} has no route." for m in methods() if m.shown not in routed]
    return [*found, *_unmarked(table)]


def _unmarked(table: list[Row]) -> list[str]:
    """A method that asks an inferred endpoint says "Experimental"."""
    docs = _docstrings()
    inferred = [row for row in table if row.route.confidence == "inferred"]
    return [
        f"{name} asks {row.route.path}, which is inferred, and does not say Experimental."
        for row in inferred
        for name in row.methods
        if "Experimental" not in docs[name]
    ]


def _docstrings() -> dict[str, str]:
    found: dict[str, str] = {}
    for path in _services():
        owner = _class(path)
        for node in owner.body if owner else []:
            if isinstance(node, _Function):
                found[f"{path.stem}.{node.name}"] = ast.get_docstring(node) or ""
    return found


def _unasked(row: Row) -> bool:
    return not row.methods and row.route.path not in _WITHOUT


def main(arguments: list[str] | None = None) -> int:
    """Write the page, or compare it with what is there."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="only compare, and name gaps")
    chosen = parser.parse_args(arguments)
    table = rows()
    page = text(table)
    if not chosen.check:
        TARGET.write_text(page)
        return 0
    problems = gaps(table)
    if TARGET.read_text() != page:
        problems.append("docs/reference/coverage.md is stale: run `make generate`.")
    sys.stderr.writelines(f"{problem}\n" for problem in problems)
    return 1 if problems else 0


if __name__ == "__main__":
    raise SystemExit(main())
