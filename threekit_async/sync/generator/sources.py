"""The asynchronous sources, and what the names in them stand for. Pure, but for reading."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cached_property
from pathlib import Path

from attrs import define, frozen

from .problem import Place, Problem

__all__ = ("Import", "Module", "imported")


@frozen(kw_only=True)
class Import:
    """One imported name: `from ..models.layers import Layer as L` binds `L`.

    :param module: as it is written, without its dots; a plain `import` has its name here.
    :param level: how many dots there are.
    :param name: the name there; None for a plain `import`.
    :param is_renamed: whether it was imported `as` something else.
    """

    module: str
    level: int
    name: str | None
    bound: str
    is_renamed: bool

    def folder(self, path: str) -> list[str]:
        """Say where a relative import of the module at `path` leads, from the package down."""
        folders = path.split("/")[:-1]
        kept = folders[: len(folders) + 1 - self.level] if self.level <= len(folders) else []
        return [*kept, *self.module.split(".")] if self.module else kept


@define(slots=False, frozen=True, kw_only=True)
class Module:
    """An asynchronous source module.

    :param path: below the package, as `services/layers.py`.
    """

    path: str
    text: str
    tree: ast.Module

    @classmethod
    def read(cls, root: Path, path: str) -> Module:
        """Read and parse one.

        :raises Problem: when it is missing, or no Python.
        """
        try:
            text = (root / path).read_text(encoding="utf-8")
            return cls(path=path, text=text, tree=ast.parse(text, filename=path))
        except FileNotFoundError:
            raise Problem(f"{path}: there is no such file below {root}.") from None
        except SyntaxError as error:
            raise Problem(f"{path}, line {error.lineno}: this is no Python: {error.msg}.") from None
        except ValueError as error:  # no UTF-8, or null bytes
            raise Problem(f"{path}: this is no Python: {error}.") from None

    @property
    def depth(self) -> int:
        """How many folders below the package it lies."""
        return self.path.count("/")

    @property
    def dotted(self) -> str:
        """Its path as an import has it: `services.layers`."""
        return self.path.removesuffix(".py").replace("/", ".")

    @cached_property
    def exported(self) -> tuple[str, ...]:
        """The names in `__all__`, in its order.

        :raises Problem: when there is none, or it is not written out.
        """
        for node in self.tree.body:
            if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "__all__":
                return self._names(node.value)
        raise Place(self.path).problem("has no `__all__ = (...)`: say which classes are public.")

    def _names(self, node: ast.expr) -> tuple[str, ...]:
        items = node.elts if isinstance(node, (ast.Tuple, ast.List)) else [node]
        names = [item.value for item in items if isinstance(item, ast.Constant)]
        if len(names) == len(items) and isinstance(node, (ast.Tuple, ast.List)):
            return tuple(str(name) for name in names)
        raise Place(self.path).problem("has an `__all__` that is not written out as text.")

    @cached_property
    def classes(self) -> list[ast.ClassDef]:
        """The exported classes, in the order of `__all__`."""
        found = {node.name: node for node in self.tree.body if isinstance(node, ast.ClassDef)}
        return [found[name] for name in self.exported if name in found]

    @cached_property
    def imports(self) -> dict[str, Import]:
        """What is imported, by the name it has here; the module's own imports win."""
        nodes = [*self.tree.body, *ast.walk(self.tree)]
        found: dict[str, Import] = {}
        for node in nodes:
            if isinstance(node, (ast.Import, ast.ImportFrom)):
                for each in imported(node):
                    found.setdefault(each.bound, each)
        return found

    def plain_imports(self, found: Import) -> list[str]:
        """Name all modules a plain `import` binds together: `xml.dom` and `xml.sax` bind `xml`."""
        if found.is_renamed:
            return [found.module]
        nodes = (node for node in ast.walk(self.tree) if isinstance(node, ast.Import))
        others = [each for node in nodes for each in imported(node) if not each.is_renamed]
        return sorted({each.module for each in others if each.bound == found.bound})

    @cached_property
    def definitions(self) -> dict[str, ast.stmt]:
        """What the module defines itself: constants, types, functions, classes.

        What stands under a condition counts where nothing else has its name.
        """
        found: dict[str, ast.stmt] = {}
        for node in self.tree.body:
            found |= _defined(node)
        for node in self.tree.body:
            for inner in _conditional(node):
                found = _defined(inner) | found  # types are of the first that is written
        return found


def _conditional(node: ast.AST) -> Iterator[ast.AST]:
    """Find what a condition guards; not what classes and functions in it hold."""
    if isinstance(node, (ast.If, ast.Try, ast.ExceptHandler)):
        for inner in ast.iter_child_nodes(node):
            yield inner
            yield from _conditional(inner)


def _defined(node: ast.AST) -> dict[str, ast.stmt]:
    if isinstance(node, (ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)):
        return {node.name: node}
    if isinstance(node, ast.Assign):
        return {each.id: node for each in node.targets if isinstance(each, ast.Name)}
    if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
        return {node.target.id: node}
    return {}


def imported(node: ast.Import | ast.ImportFrom) -> list[Import]:
    """Say what an import binds."""
    if isinstance(node, ast.ImportFrom):
        return [
            Import(
                module=node.module or "",
                level=node.level,
                name=alias.name,
                bound=alias.asname or alias.name,
                is_renamed=alias.asname not in {None, alias.name},
            )
            for alias in node.names
        ]
    return [
        Import(
            module=alias.name,
            level=0,
            name=None,
            bound=alias.asname or alias.name.split(".")[0],
            is_renamed=alias.asname not in {None, alias.name},
        )
        for alias in node.names
    ]
