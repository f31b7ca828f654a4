"""What the sources of the tests say: which names a test of both worlds uses with success."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

from attrs import frozen

__all__ = ("used_in_both_worlds",)

ROOMS = ("services", "paging", "transfer", "session")
TESTS = Path(__file__).parents[1]

_Function = ast.FunctionDef | ast.AsyncFunctionDef


def used_in_both_worlds() -> set[str]:
    """Collect `layers.get`, and `get` alone, for whatever a test reaches through `connect`.

    Followed are the test's own lines, its parameters, and what these name in the same module.
    Left out is what stands where an error is expected: nothing is shown to work there.
    """
    found: set[str] = set()
    for room in ROOMS:
        shared = _both(_module(TESTS / "conftest.py"), frozenset({"connect"}))
        if (conftest := TESTS / room / "conftest.py").exists():
            shared = _both(_module(conftest), shared)
        for path in sorted((TESTS / room).rglob("test_*.py")):
            found |= set(_used(_module(path), shared))
    return found


@frozen
class _Module:
    """The functions, classes and constants of a module, by name."""

    named: dict[str, ast.stmt]

    def functions(self) -> Iterator[_Function]:
        for node in self.named.values():
            if isinstance(node, _Function):
                yield node

    def reached_from(self, node: ast.stmt) -> list[ast.stmt]:
        """Return the node, and whatever of the module it leads to."""
        reached = [node]
        for each in reached:
            for name in _names(each):
                leads_to = self.named.get(name)
                if leads_to is not None and leads_to not in reached:
                    reached.append(leads_to)
        return reached


def _module(path: Path) -> _Module:
    named: dict[str, ast.stmt] = {}
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        if isinstance(node, (_Function, ast.ClassDef)):
            named[node.name] = node
        elif isinstance(node, (ast.Assign, ast.AnnAssign)):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            named |= {target.id: node for target in targets if isinstance(target, ast.Name)}
    return _Module(named)


def _both(module: _Module, known: frozenset[str]) -> frozenset[str]:
    """Add the fixtures that are made with one that serves both worlds."""
    more = {each.name for each in module.functions() if _parameters(each) & known} | known
    return known if more == known else _both(module, frozenset(more))


def _used(module: _Module, shared: frozenset[str]) -> Iterator[str]:
    fixtures = _both(module, shared)
    for test in module.functions():
        if test.name.startswith("test_") and _parameters(test) & fixtures:
            for node in module.reached_from(test):
                yield from _attributes(node)


def _parameters(function: _Function) -> set[str]:
    return {each.arg for each in (*function.args.args, *function.args.kwonlyargs)}


def _names(node: ast.AST) -> Iterator[str]:
    for each in ast.walk(node):
        if isinstance(each, ast.Name):
            yield each.id
        elif isinstance(each, ast.arg):
            yield each.arg  # a fixture of the module


def _attributes(node: ast.AST) -> Iterator[str]:
    if isinstance(node, (ast.With, ast.AsyncWith)) and "raises" in ast.unparse(node.items[0]):
        return
    if isinstance(node, ast.Attribute):
        yield node.attr
        if isinstance(node.value, ast.Attribute):
            yield f"{node.value.attr}.{node.attr}"
    for child in ast.iter_child_nodes(node):
        yield from _attributes(child)
