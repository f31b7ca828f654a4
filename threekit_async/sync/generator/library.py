"""The modules of the package, and what the names in them stand for. Pure, but for reading."""

from __future__ import annotations

import ast
from pathlib import Path
from typing import TypeAlias

from attrs import field, frozen

from .sources import Import, Module

__all__ = ("Definition", "Library")


@frozen
class Definition:
    """What a name stands for.

    :param module: where it is defined.
    """

    module: Module
    node: ast.stmt


_Meaning: TypeAlias = Definition | str | None  # a text is a module of the package, with its dots
_Seen: TypeAlias = frozenset[tuple[str, str]]


@frozen
class Library:
    """Every module of the package; each is read once, when a name leads there.

    :param root: the package's folder, named as the package is.
    """

    root: Path
    _modules: dict[str, Module | None] = field(factory=dict[str, Module | None], init=False)

    def definition(self, module: Module, node: ast.AST) -> Definition | None:
        """Find what a name, or an attribute of a module, stands for in a module.

        None when that is no name, leads out of the package, or to a file that is not there.

        :raises Problem: when a file on the way is no Python.
        """
        found = self._meaning(module, node)
        return found if isinstance(found, Definition) else None

    def place(self, module: Module, found: Import) -> str | None:
        """Name the module an import leads to, from the package down; None when it leads out."""
        if found.level:
            inside = found.level <= module.depth + 1
            return ".".join(found.folder(module.path)) if inside else None
        first, _, rest = found.module.partition(".")
        if first != self.root.name:
            return None
        return rest if found.name or found.is_renamed else ""

    def _meaning(self, module: Module, node: ast.AST) -> _Meaning:
        if isinstance(node, ast.Name):
            return self._named(module, node.id, frozenset())
        if not isinstance(node, ast.Attribute):
            return None
        place = self._meaning(module, node.value)
        return self._member(place, node.attr, frozenset()) if isinstance(place, str) else None

    def _named(self, module: Module, name: str, seen: _Seen) -> _Meaning:
        if name in module.definitions:
            return Definition(module, module.definitions[name])
        found = module.imports.get(name)
        place = self.place(module, found) if found else None
        if found is None or place is None or found.name is None:
            return place
        return self._member(place, found.name, seen)

    def _member(self, place: str, name: str, seen: _Seen) -> _Meaning:
        """Look into a module, then for one below it, as Python does."""
        module = self._module(place)
        if module is not None and (place, name) not in seen:
            found = self._named(module, name, seen | {(place, name)})
            if found is not None:
                return found
        below = f"{place}.{name}" if place else name
        return below if self._is_there(below) else None

    def _module(self, place: str) -> Module | None:
        if place not in self._modules:
            paths = [path for path in _paths(place) if (self.root / path).is_file()]
            self._modules[place] = Module.read(self.root, paths[0]) if paths else None
        return self._modules[place]

    def _is_there(self, place: str) -> bool:
        folder = self.root.joinpath(*place.split("."))
        return folder.is_dir() or self._module(place) is not None


def _paths(place: str) -> list[str]:
    """Name the files a module may be in."""
    path = place.replace(".", "/")
    return [f"{path}/__init__.py", f"{path}.py"] if path else ["__init__.py"]
