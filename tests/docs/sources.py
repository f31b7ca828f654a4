"""What the sources say: which method of a service asks for what, and which test calls it."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

from attrs import frozen

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "threekit_async"

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


@frozen(kw_only=True)
class Test:
    """A test that calls a method and expects it to succeed."""

    place: str
    stem: str
    words: frozenset[str]


def tests() -> dict[str, list[Test]]:
    """Read which tests call which method, the nearest first: `layers.get` -> tests."""
    found: dict[str, list[Test]] = {}
    for path in sorted((ROOT / "tests").rglob("test_*.py")):
        for function in ast.walk(ast.parse(path.read_text())):
            if isinstance(function, _Function) and function.name.startswith("test_"):
                test = Test(
                    place=f"{path.relative_to(ROOT)}::{function.name}",
                    stem=path.stem,
                    words=frozenset(_words(function)),
                )
                for called in dict.fromkeys(_service_calls(function)):
                    found.setdefault(called, []).append(test)
    return {called: _nearest_first(called, places) for called, places in found.items()}


def _nearest_first(called: str, places: list[Test]) -> list[Test]:
    """Prefer the service's own tests, and tests of behaviour to those of single exchanges."""
    own = f"test_{called.partition('.')[0]}"
    return sorted(places, key=lambda test: (test.stem != own, not test.stem.startswith(own)))


def _words(function: _Function) -> Iterator[str]:
    for node in ast.walk(function):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value


def _service_calls(node: ast.AST) -> Iterator[str]:
    """Find the methods that are called; where an error is expected, nothing is shown to work."""
    if isinstance(node, (ast.With, ast.AsyncWith)) and "raises" in ast.unparse(node.items[0]):
        return
    if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Attribute):
        yield f"{node.value.attr}.{node.attr}"
    for child in ast.iter_child_nodes(node):
        yield from _service_calls(child)


def workflows() -> dict[str, str]:
    """Collect the methods that ask through other services, or ask nothing themselves.

    Each with the first line of what it says.
    """
    direct = {method.shown for method in methods()}
    return {
        name: docstring.partition("\n")[0]
        for name, (function, docstring) in public().items()
        if name not in direct or _uses_services(function)
    }


def _uses_services(function: _Function) -> bool:
    classes = {path.stem.title().replace("_", "") for path in _services()}
    return any(
        _called(node) in classes for node in ast.walk(function) if isinstance(node, ast.Call)
    )


def public() -> dict[str, tuple[_Function, str]]:
    """Collect the public methods with their docstrings."""
    found: dict[str, tuple[_Function, str]] = {}
    for path in _services():
        owner = _class(path)
        for node in owner.body if owner else []:
            if isinstance(node, _Function) and not node.name.startswith("_"):
                found[f"{path.stem}.{node.name}"] = node, ast.get_docstring(node) or ""
    return found
