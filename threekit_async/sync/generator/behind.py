"""What stands behind the names of annotations, where that is asynchronous. Pure, but for reading.

What a caller is handed must be nothing to await. What a caller gives may be, as a destination with
coroutines is, unless the synchronous client takes plain functions in its place: callbacks.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from attrs import frozen

from .expressions import Callback, awaited, members, name_in, parts, unquoted
from .library import Definition, Library
from .sources import Module

__all__ = ("Behind", "is_asynchronous")

_ASYNCHRONOUS = re.compile(r"(?:Abstract)?Async\w*|Awaitable|Coroutine|CoroutineType")
_PROTOCOL = frozenset({"__aenter__", "__aexit__", "__aiter__", "__anext__", "__await__"})


def is_asynchronous(module: Module, name: str) -> bool:
    """Tell whether a name of a module is that of something asynchronous."""
    found = module.imports.get(name)
    meant = (found.name if found else None) or name
    is_loop = found is not None and found.module.split(".")[0] in {"asyncio", "anyio"}
    return is_loop or _ASYNCHRONOUS.fullmatch(meant) is not None


@frozen(kw_only=True)
class Behind:
    """Look behind names.

    :param services: the classes that are carried over: their modules and names.
    """

    library: Library
    services: frozenset[tuple[str, str]]

    def reason(self, module: Module, node: ast.AST, *, handed: bool) -> str:
        """Say why what a name stands for cannot cross as it is; empty when it can.

        :param module: where the name stands.
        :param node: the name, or the attribute.
        :param handed: to the caller, and not given by the caller.
        """
        look = _Look(behind=self, module=module, handed=handed)
        return look.reason(self.library.definition(module, node), frozenset())


@frozen(kw_only=True)
class _Look:
    """One look, from a module."""

    behind: Behind
    module: Module
    handed: bool

    def reason(self, found: Definition | None, seen: frozenset[ast.stmt]) -> str:
        if found is None or found.node in seen:
            return ""
        if isinstance(found.node, ast.ClassDef):
            return self._of_class(found, found.node.name)
        if isinstance(found.node, (ast.Assign, ast.AnnAssign)) and found.node.value:
            value = unquoted(found.node.value)
            return self._of_alias(found.module, value, seen | {found.node})
        return ""

    def _of_class(self, found: Definition, name: str) -> str:
        if (found.module.dotted, name) in self.behind.services:
            return f"is the service {name}: return that, imported by its own name"
        for each in self._lineage(found, frozenset()):
            if self.handed and (member := _asynchronous_member(each)):
                return f"has {member}, which is asynchronous, and no twin there"
            if not self.handed and _is_awaited_when_called(each):
                return "is awaited when it is called: write it as a Callable"
        return ""

    def _lineage(self, found: Definition, seen: frozenset[ast.stmt]) -> Iterator[Definition]:
        """Find the class, and those of the package that it inherits from."""
        if not isinstance(found.node, ast.ClassDef) or found.node in seen:
            return
        yield found
        for base in found.node.bases:
            node = base.value if isinstance(base, ast.Subscript) else base
            if above := self.behind.library.definition(found.module, node):
                yield from self._lineage(above, seen | {found.node})

    def _of_alias(self, module: Module, value: ast.expr, seen: frozenset[ast.stmt]) -> str:
        # What a caller gives is turned where it is written out: an alias would hide it.
        is_own = module is self.module
        for each in parts(value):
            if (self.handed or is_own) and is_asynchronous(module, name_in(each)):
                return "is asynchronous, and has no twin there"
            if reason := self.reason(self.behind.library.definition(module, each), seen):
                return reason
        is_only = not self.handed and _takes_only_asynchronous(module, value)
        return "is asynchronous, and has no twin there" if is_only else ""


def _takes_only_asynchronous(module: Module, node: ast.expr) -> bool:
    """Tell whether a caller without a loop has nothing that fits, or gives what is awaited."""
    whole = [each for each in members(node) if ast.unparse(each) != "None"]
    callbacks = [each for each in map(Callback.of, whole) if each]
    if callbacks and all(each.is_awaited for each in callbacks):
        return True
    plain = [each for each in whole if not is_asynchronous(module, name_in(each))]
    if whole and not plain:
        return True
    told = [part for each in callbacks for part in parts(each.takes)]
    if any(is_asynchronous(module, name_in(each)) for each in told):
        return True
    left = [each for each in plain if isinstance(each, ast.Subscript) and not Callback.of(each)]
    inner = _items([each.slice for each in left])
    return any(_takes_only_asynchronous(module, each) for each in inner)


def _items(nodes: list[ast.expr]) -> Iterator[ast.expr]:
    for node in nodes:
        if isinstance(node, (ast.Tuple, ast.List)):
            yield from _items(node.elts)
        else:
            yield node


def _asynchronous_member(found: Definition) -> str:
    """Name what a class has for everyone and is asynchronous; empty when there is nothing."""
    for base in found.node.bases if isinstance(found.node, ast.ClassDef) else ():
        if is_asynchronous(found.module, name_in(base)):
            return f"what {name_in(base)} has"
    for name, node, annotation in _members(found.node):
        is_public = not name.startswith("_") or name in _PROTOCOL or name == "__call__"
        names = map(name_in, parts(unquoted(annotation))) if annotation else ()
        has = isinstance(node, ast.AsyncFunctionDef) or name in _PROTOCOL
        if is_public and (has or any(is_asynchronous(found.module, each) for each in names)):
            return name
    return ""


def _is_awaited_when_called(found: Definition) -> bool:
    for name, node, annotation in _members(found.node):
        returns = list(members(unquoted(annotation))) if annotation else []
        always = bool(returns) and all(awaited(each) is not None for each in returns)
        if name == "__call__" and (isinstance(node, ast.AsyncFunctionDef) or always):
            return True
    return False


def _members(node: ast.stmt) -> Iterator[tuple[str, ast.stmt, ast.expr | None]]:
    """Name what a class has, with what it returns or is."""
    for item in node.body if isinstance(node, ast.ClassDef) else ():
        if isinstance(item, (ast.FunctionDef, ast.AsyncFunctionDef)):
            yield item.name, item, item.returns
        elif isinstance(item, ast.AnnAssign) and isinstance(item.target, ast.Name):
            yield item.target.id, item, item.annotation
