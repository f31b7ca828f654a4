"""What the methods of the twelve services say of themselves: enough to call them without asking."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from attrs import frozen

ROOT = Path(__file__).parents[2] / "threekit_async"
SERVICES = sorted(
    path.stem
    for path in (ROOT / "services").glob("*.py")
    if (ROOT / "models" / path.name).exists() and path.stem != "__init__"
)
FIRST = ("list", "get", "create", "update", "delete", "restore", "clone")

# Explained once, where they are the same everywhere: in `Options`.
SHARED = frozenset({"options"})

# What makes no request that could fail, or tells of failures in what it gives.
CANNOT_FAIL = frozenset[str]()


@frozen
class Method:
    """A public method as its source has it."""

    service: str
    owner: str
    node: ast.FunctionDef | ast.AsyncFunctionDef

    @property
    def name(self) -> str:
        return f"{self.service}.{self.node.name}"

    @property
    def doc(self) -> str:
        return ast.get_docstring(self.node) or ""

    @property
    def around(self) -> str:
        """The class's docstring and the method's."""
        return f"{self.owner}\n{self.doc}"

    @property
    def parameters(self) -> list[str]:
        arguments = self.node.args
        named = [argument.arg for argument in (*arguments.args, *arguments.kwonlyargs)]
        return [name for name in named if name != "self" and name not in SHARED]


def methods_of(service: str) -> Iterator[Method]:
    wanted = service.title().replace("_", "")
    tree = ast.parse((ROOT / "services" / f"{service}.py").read_text(encoding="utf-8"))
    [owner] = [n for n in tree.body if isinstance(n, ast.ClassDef) and n.name == wanted]
    for node in owner.body:
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)) and node.name[0] != "_":
            yield Method(service, ast.get_docstring(owner) or "", node)


METHODS = [method for service in SERVICES for method in methods_of(service)]
EACH = pytest.mark.parametrize("method", METHODS, ids=[method.name for method in METHODS])


def test_all_twelve_services_are_looked_at() -> None:
    assert len(SERVICES) == 12
    assert len(METHODS) > 90


@EACH
def test_every_parameter_is_named(method: Method) -> None:
    unnamed = [
        name
        for name in method.parameters
        if f":param {name}:" not in method.doc and f"`{name}`" not in method.doc
    ]
    assert not unnamed, f"{method.name} does not speak of {', '.join(unnamed)}"


@EACH
def test_no_parameter_is_described_that_is_not_there(method: Method) -> None:
    described = set(re.findall(r":param (\w+):", method.doc))
    assert described <= {*method.parameters, *SHARED}


@EACH
def test_what_another_method_is_to_tell_is_told_there(method: Method) -> None:
    """`:param cart: as for `create`` leads to a place that does describe `cart`."""
    told = {other.node.name: other for other in METHODS if other.service == method.service}
    for name, other in re.findall(r":param (\w+): as for `(\w+)`", method.doc):
        # What it is called there may differ, as `items` and `cart`; then the sentence says more.
        if name in told[other].parameters:
            assert f":param {name}:" in told[other].doc, f"{other} says nothing of {name}"


@EACH
def test_it_is_said_which_token_is_needed(method: Method) -> None:
    assert re.search(r"\btokens?\b", method.around, re.IGNORECASE)


@EACH
def test_the_source_is_named(method: Method) -> None:
    assert re.search(r"\bSource: |Experimental: ", method.around)


@EACH
def test_failures_are_named(method: Method) -> None:
    assert ":raises " in method.doc or method.name in CANNOT_FAIL


@EACH
def test_every_error_that_is_named_exists(method: Method) -> None:
    known = {
        node.name
        for node in ast.parse((ROOT / "errors.py").read_text(encoding="utf-8")).body
        if isinstance(node, ast.ClassDef)
    }
    assert set(re.findall(r":raises (\w+):", method.doc)) <= known


@EACH
def test_a_docstring_has_no_ragged_end(method: Method) -> None:
    raw = ast.get_docstring(method.node, clean=False) or ""
    assert not re.search(r"\n[ \t]*\n[ \t]*$", raw)


@pytest.mark.parametrize("service", SERVICES)
def test_methods_stand_in_one_order(service: str) -> None:
    names = [method.node.name for method in methods_of(service)]
    assert [name for name in FIRST if name in names] == names[: len([*_first(names)])]
    assert "healthcheck" not in names[:-1]


def _first(names: list[str]) -> Iterator[str]:
    return (name for name in FIRST if name in names)


def test_healthchecks_say_the_same() -> None:
    said = {method.doc for method in METHODS if method.node.name == "healthcheck"}
    assert len(said) == 1
