"""What an annotation of the asynchronous world becomes, and what has to be done for it. Pure."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from copy import deepcopy
from typing import Literal, TypeAlias

from attrs import frozen

from .problem import Place
from .sources import Module

__all__ = ("Annotations", "Given", "Returned", "Shape")

Shape: TypeAlias = Literal["value", "pager", "thorough", "iterator", "manager", "self", "service"]

_ASYNCHRONOUS = re.compile(r"(?:Abstract)?Async\w*|Awaitable|Coroutine|CoroutineType")
_SHAPES: dict[str, tuple[Shape, str]] = {
    "AsyncPager": ("pager", "Pager"),
    "AsyncThorough": ("thorough", "Thorough"),
    "AsyncIterator": ("iterator", "Iterator"),
    "AsyncGenerator": ("iterator", "Iterator"),
    "AbstractAsyncContextManager": ("manager", "AbstractContextManager"),
}


@frozen
class Returned:
    """What a method returns.

    :param inner: what its iterator, manager or pager is of; the whole for anything else.
    :param text: the annotation of the synchronous method.
    """

    shape: Shape
    inner: str
    text: str


@frozen
class Given:
    """What a parameter takes.

    :param text: the annotation of the synchronous parameter.
    :param through: the function that makes of it what the asynchronous method takes; empty when
        it takes the same.
    :param may_be_none: then there is nothing to be made of it.
    """

    text: str
    through: str = ""
    may_be_none: bool = False


@frozen
class Annotations:
    """Translate the annotations of one module.

    :param services: the names in it of classes that are carried over.
    """

    module: Module
    services: frozenset[str]

    def returned(self, node: ast.expr | None, place: Place) -> Returned:
        """Carry over what a method returns.

        :raises Problem: when it has no annotation, or one with something asynchronous inside.
        """
        if node is None:
            raise place.problem("has no return annotation.")
        node = _unquoted(node)
        name = _name(node)
        if name == "Self" or name in self.services:
            shape: Shape = "self" if name == "Self" else "service"
            return Returned(shape, name, name)
        if isinstance(node, ast.Subscript) and name in _SHAPES:
            shape, twin = _SHAPES[name]
            inner = self._inner(name, node.slice, place)
            return Returned(shape, inner, f"{twin}[{inner}]")
        self._refuse(node, place, f"returns {ast.unparse(node)}")
        return Returned("value", ast.unparse(node), ast.unparse(node))

    def _inner(self, name: str, node: ast.expr, place: Place) -> str:
        items = node.elts if isinstance(node, ast.Tuple) else [node]
        rest = [ast.unparse(item) for item in items[1:]]
        if name == "AsyncGenerator" and rest not in ([], ["None"]):
            raise place.problem(f"is a generator that is sent {rest[0]}, which iterators are not.")
        self._refuse(items[0], place, f"returns {name}[{ast.unparse(node)}]")
        return ast.unparse(items[0])

    def given(self, node: ast.expr | None, place: Place, name: str) -> Given:
        """Carry over what a parameter takes.

        :raises Problem: when it has no annotation, or takes something asynchronous that no caller
            of the synchronous client can have.
        """
        if node is None:
            raise place.problem(f"has a parameter {name} without annotation.")
        members = list(_members(_unquoted(node)))
        kept, through = self._iterables(members)
        kept, widened = _widened(kept)
        through = through or ("awaiting" if widened else "")
        for member in kept:
            self._refuse(member, place, f"has a parameter {name}: {ast.unparse(member)}")
        texts = list(dict.fromkeys(ast.unparse(member) for member in kept))
        return Given(" | ".join(texts), through, through != "" and "None" in texts)

    def _iterables(self, members: list[ast.expr]) -> tuple[list[ast.expr], str]:
        """Leave out `AsyncIterable[X]` beside `Iterable[X]`: nothing a synchronous caller has."""
        plain = {ast.unparse(member) for member in members}
        kept = [
            member
            for member in members
            if _name(member) != "AsyncIterable"
            or ast.unparse(member).removeprefix("Async") not in plain
        ]
        return kept, "asynchronous" if len(kept) < len(members) else ""

    def _refuse(self, node: ast.expr, place: Place, says: str) -> None:
        for each in _parts(node):
            name = _name(each)
            if self._is_asynchronous(name) or self._is_defined_so(name, set()):
                raise place.problem(f"{says}: {name} is asynchronous, and has no twin there.")
            if name in self.services or name == "Self":
                raise place.problem(f"{says}: {name} has a twin, but only when it is returned.")

    def _is_asynchronous(self, name: str) -> bool:
        found = self.module.imports.get(name)
        meant = (found.name if found else None) or name
        is_loop = found is not None and found.module.split(".")[0] in {"asyncio", "anyio"}
        return is_loop or _ASYNCHRONOUS.fullmatch(meant) is not None

    def _is_defined_so(self, name: str, seen: set[str]) -> bool:
        """Look behind a name the module gives to a type."""
        node = self.module.definitions.get(name)
        if name in seen or not isinstance(node, (ast.Assign, ast.AnnAssign)) or node.value is None:
            return False
        names = {_name(each) for each in _parts(_unquoted(node.value))}
        return any(
            self._is_asynchronous(each) or self._is_defined_so(each, {*seen, name})
            for each in names
        )


def _name(node: ast.AST) -> str:
    """Name what an annotation is, without what it is of: `Pager` of `paging.Pager[Layer]`."""
    while isinstance(node, ast.Subscript):
        node = node.value
    if isinstance(node, ast.Attribute):
        return node.attr
    return node.id if isinstance(node, ast.Name) else ""


def _parts(node: ast.AST) -> Iterator[ast.AST]:
    """Find every name in it, and the modules that attributes are of."""
    return (each for each in ast.walk(node) if isinstance(each, (ast.Name, ast.Attribute)))


def _members(node: ast.expr) -> Iterator[ast.expr]:
    """Take a union apart, in its order."""
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.BitOr):
        yield from _members(node.left)
        yield from _members(node.right)
    elif isinstance(node, ast.Subscript) and _name(node) == "Optional":
        yield from _members(node.slice)
        yield ast.Constant(None)
    elif isinstance(node, ast.Subscript) and _name(node) == "Union":
        for item in node.slice.elts if isinstance(node.slice, ast.Tuple) else [node.slice]:
            yield from _members(item)
    else:
        yield node


def _widened(members: list[ast.expr]) -> tuple[list[ast.expr], bool]:
    """Turn callbacks that are awaited into plain functions; tell whether one has to be wrapped.

    Not where the asynchronous method takes plain functions as well.
    """
    callbacks = [each for each in map(_Callback.of, members) if each]
    strict = any(each.is_awaited for each in callbacks)
    plain = any(not each.is_awaited for each in callbacks)
    kept = [each.widened() if (each := _Callback.of(node)) else node for node in members]
    return kept, strict and not plain


@frozen
class _Callback:
    """`Callable[takes, first | second]`."""

    takes: ast.expr
    returns: list[ast.expr]

    @classmethod
    def of(cls, node: ast.expr) -> _Callback | None:
        if not (isinstance(node, ast.Subscript) and _name(node) == "Callable"):
            return None
        if not (isinstance(node.slice, ast.Tuple) and len(node.slice.elts) == 2):
            return None
        return cls(node.slice.elts[0], list(_members(node.slice.elts[1])))

    @property
    def is_awaited(self) -> bool:
        """Tell whether what it returns is always awaited."""
        return all(_awaited(each) is not None for each in self.returns)

    def widened(self) -> ast.expr:
        results = [ast.unparse(_awaited(each) or each) for each in self.returns]
        text = " | ".join(dict.fromkeys(results))
        return ast.parse(f"Callable[{ast.unparse(self.takes)}, {text}]", mode="eval").body


def _awaited(node: ast.expr) -> ast.expr | None:
    """Tell what awaiting it gives; None when it is nothing to await."""
    if not isinstance(node, ast.Subscript):
        return None
    if _name(node) == "Awaitable":
        return node.slice
    if _name(node) in {"Coroutine", "CoroutineType"} and isinstance(node.slice, ast.Tuple):
        return node.slice.elts[-1]
    return None


def _unquoted(node: ast.expr) -> ast.expr:
    """Read the parts of an annotation that are written as text."""
    read: ast.expr = _Unquoting().visit(deepcopy(node))
    return read


class _Unquoting(ast.NodeTransformer):
    def visit_Constant(self, node: ast.Constant) -> ast.expr:
        if not isinstance(node.value, str):
            return node
        try:
            return _unquoted(ast.parse(node.value, mode="eval").body)
        except SyntaxError:  # a text, and no annotation
            return node

    def visit_Subscript(self, node: ast.Subscript) -> ast.AST:
        return node if _name(node) in {"Literal", "Annotated"} else self.generic_visit(node)
