"""How annotations are written: names, unions, callbacks, and text in their place. Pure."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from copy import deepcopy

from attrs import frozen

__all__ = ("Callback", "awaited", "members", "name_in", "parts", "unquoted", "widened")


def name_in(node: ast.AST) -> str:
    """Name what an annotation is, without what it is of: `Pager` of `paging.Pager[Layer]`."""
    while isinstance(node, ast.Subscript):
        node = node.value
    if isinstance(node, ast.Attribute):
        return node.attr
    return node.id if isinstance(node, ast.Name) else ""


def parts(node: ast.AST) -> Iterator[ast.AST]:
    """Find every name in it, and the modules that attributes are of."""
    return (each for each in ast.walk(node) if isinstance(each, (ast.Name, ast.Attribute)))


def members(node: ast.expr) -> Iterator[ast.expr]:
    """Take a union apart, in its order."""
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.BitOr):
        yield from members(node.left)
        yield from members(node.right)
    elif isinstance(node, ast.Subscript) and name_in(node) == "Optional":
        yield from members(node.slice)
        yield ast.Constant(None)
    elif isinstance(node, ast.Subscript) and name_in(node) == "Union":
        for item in node.slice.elts if isinstance(node.slice, ast.Tuple) else [node.slice]:
            yield from members(item)
    else:
        yield node


def widened(nodes: list[ast.expr]) -> tuple[list[ast.expr], bool]:
    """Turn callbacks that are awaited into plain functions; tell whether one has to be wrapped.

    Not where the asynchronous method takes plain functions as well.
    """
    callbacks = [each for each in map(Callback.of, nodes) if each]
    strict = any(each.is_awaited for each in callbacks)
    plain = any(not each.is_awaited for each in callbacks)
    kept = [each.widened() if (each := Callback.of(node)) else node for node in nodes]
    return kept, strict and not plain


@frozen
class Callback:
    """`Callable[takes, first | second]`."""

    takes: ast.expr
    returns: list[ast.expr]

    @classmethod
    def of(cls, node: ast.AST) -> Callback | None:
        """Read one; None when it is something else."""
        if not (isinstance(node, ast.Subscript) and name_in(node) == "Callable"):
            return None
        if not (isinstance(node.slice, ast.Tuple) and len(node.slice.elts) == 2):
            return None
        return cls(node.slice.elts[0], list(members(node.slice.elts[1])))

    @property
    def is_awaited(self) -> bool:
        """Tell whether what it returns is always awaited."""
        return all(awaited(each) is not None for each in self.returns)

    def widened(self) -> ast.expr:
        """Write it as a plain function."""
        results = [ast.unparse(awaited(each) or each) for each in self.returns]
        text = " | ".join(dict.fromkeys(results))
        return ast.parse(f"Callable[{ast.unparse(self.takes)}, {text}]", mode="eval").body


def awaited(node: ast.expr) -> ast.expr | None:
    """Tell what awaiting it gives; None when it is nothing to await."""
    if not isinstance(node, ast.Subscript):
        return None
    if name_in(node) == "Awaitable":
        return node.slice
    if name_in(node) in {"Coroutine", "CoroutineType"} and isinstance(node.slice, ast.Tuple):
        return node.slice.elts[-1]
    return None


def unquoted(node: ast.expr) -> ast.expr:
    """Read the parts of an annotation that are written as text."""
    read: ast.expr = _Unquoting().visit(deepcopy(node))
    return read


class _Unquoting(ast.NodeTransformer):
    def visit_Constant(self, node: ast.Constant) -> ast.expr:
        if not isinstance(node.value, str):
            return node
        try:
            return unquoted(ast.parse(node.value, mode="eval").body)
        except (SyntaxError, ValueError):  # a text, and no annotation
            return node

    def visit_Subscript(self, node: ast.Subscript) -> ast.AST:
        return node if name_in(node) in {"Literal", "Annotated"} else self.generic_visit(node)
