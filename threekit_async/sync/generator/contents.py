"""What a source holds at its top: all of it known, each class there once, each export carried over.

Pure. Modules without a service may export functions and constants; nothing becomes of those.
"""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Iterator

from .problem import Place
from .sources import Module, imported

__all__ = ("check_contents", "check_folder")

_DEFINITIONS = (ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
_IMPORTS = (ast.Import, ast.ImportFrom)
_CHECKED_ONLY = frozenset({"TYPE_CHECKING", "typing.TYPE_CHECKING"})


def check_contents(module: Module) -> None:
    """Refuse a module with something of which the generated one would have nothing.

    :raises Problem: naming it.
    """
    _check_names_once(module)
    for node in module.tree.body:
        if not _is_known(node):
            raise Place(module.path).problem(
                f"holds `{_line(node)}`{_around(node)}, which is not known at the top of a module."
            )
    _check_classes_once(module)
    for name in module.exported:
        _check_export(module, name)


def check_folder(module: Module) -> None:
    """Refuse an `__init__.py` with more than a docstring.

    :raises Problem: naming what is more.
    """
    for node in module.tree.body:
        if not _is_text(node):
            raise Place(module.path).problem(
                f"holds `{_line(node)}`: only its docstring is carried over."
            )


def _check_names_once(module: Module) -> None:
    """Refuse an `__all__` that is changed later, or names something twice."""
    place = Place(module.path)
    twice = [name for name, times in Counter(module.exported).items() if times > 1]
    if twice:
        raise place.problem(f"names {twice[0]} twice in `__all__`.")
    first, *others = [node for node in module.tree.body if _mentions_all(node)]
    if others:
        raise place.problem(
            f"has `{_line(others[0])}` besides `{_line(first)}`: write all names there."
        )


def _mentions_all(node: ast.stmt) -> bool:
    return any(isinstance(each, ast.Name) and each.id == "__all__" for each in ast.walk(node))


def _is_known(node: ast.stmt) -> bool:
    if isinstance(node, ast.If):
        only_imports = all(isinstance(each, _IMPORTS) for each in [*node.body, *node.orelse])
        return only_imports and ast.unparse(node.test) in _CHECKED_ONLY
    if isinstance(node, (ast.Assign, ast.AnnAssign)):
        return not any(_changes(each) for each in ast.walk(node))
    return isinstance(node, (*_DEFINITIONS, *_IMPORTS)) or _is_text(node)


def _changes(node: ast.AST) -> bool:
    """Tell whether it gives something else a value than a name: `Layers.extra = ...`."""
    return isinstance(node, (ast.Attribute, ast.Subscript)) and isinstance(node.ctx, ast.Store)


def _is_text(node: ast.stmt) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)


def _check_classes_once(module: Module) -> None:
    times = Counter(name for node in module.tree.body for name in _bound(node))
    for node in module.tree.body:
        if isinstance(node, ast.ClassDef) and times[node.name] > 1:
            raise Place(module.path, node.name).problem(
                "is a class, and its name is given more than once: the last would win."
            )


def _check_export(module: Module, name: str) -> None:
    place = Place(module.path)
    node = next((node for node in module.tree.body if name in _bound(node)), None)
    if node is None:
        raise place.problem(f"names {name} in `__all__`, and nothing of that name is there.")
    is_import = isinstance(node, (*_IMPORTS, ast.If))
    if is_import or (module.classes and not isinstance(node, ast.ClassDef)):
        raise place.problem(
            f"exports {name}, {_kind(node)}: only classes are carried over, each where it is "
            "defined."
        )


def _kind(node: ast.stmt) -> str:
    if isinstance(node, ast.AsyncFunctionDef):
        return "a coroutine outside of any class"
    if isinstance(node, ast.FunctionDef):
        return "a function outside of any class"
    return f"which is there by `{_line(node)}`"


def _bound(node: ast.stmt) -> Iterator[str]:
    """Name what a statement gives a value."""
    if isinstance(node, _DEFINITIONS):
        yield node.name
    elif isinstance(node, _IMPORTS):
        yield from (each.bound for each in imported(node))
    elif isinstance(node, ast.If):
        for inner in [*node.body, *node.orelse]:
            yield from _bound(inner)
    else:
        names = (each for each in ast.walk(node) if isinstance(each, ast.Name))
        yield from (each.id for each in names if isinstance(each.ctx, ast.Store))


def _line(node: ast.stmt) -> str:
    return ast.unparse(node).split("\n")[0]


def _around(node: ast.stmt) -> str:
    """Name what is defined inside a statement."""
    classes = [each.name for each in ast.walk(node) if isinstance(each, ast.ClassDef)]
    functions = (ast.FunctionDef, ast.AsyncFunctionDef)
    names = classes or [each.name for each in ast.walk(node) if isinstance(each, functions)]
    return f" around {', '.join(names)}" if names else ""
