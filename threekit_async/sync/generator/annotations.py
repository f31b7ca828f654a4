"""What an annotation of the asynchronous world becomes, and what has to be done for it.

Pure, but for reading.
"""

from __future__ import annotations

import ast
from typing import Literal, TypeAlias

from attrs import frozen

from .behind import Behind, is_asynchronous
from .expressions import Callback, members, name_in, parts, unquoted, widened
from .problem import Place
from .sources import Module

__all__ = ("Annotations", "Given", "Returned", "Shape")

Shape: TypeAlias = Literal["value", "pager", "thorough", "iterator", "manager", "self", "service"]

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


@frozen(kw_only=True)
class Annotations:
    """Translate the annotations of one module.

    :param services: the names in it of classes that are carried over.
    :param behind: what its other names stand for.
    """

    module: Module
    services: frozenset[str]
    behind: Behind

    def returned(self, node: ast.expr | None, place: Place) -> Returned:
        """Carry over what a method returns.

        :raises Problem: when it has no annotation, or one with something asynchronous inside.
        """
        if node is None:
            raise place.problem("has no return annotation.")
        node = unquoted(node)
        name = name_in(node)
        if name == "Self" or (isinstance(node, ast.Name) and name in self.services):
            shape: Shape = "self" if name == "Self" else "service"
            return Returned(shape, name, name)
        if isinstance(node, ast.Subscript) and name in _SHAPES:
            shape, twin = _SHAPES[name]
            inner = self._inner(name, node.slice, place)
            return Returned(shape, inner, f"{twin}[{inner}]")
        self._refuse(node, place, f"returns {ast.unparse(node)}", handed=True)
        return Returned("value", ast.unparse(node), ast.unparse(node))

    def _inner(self, name: str, node: ast.expr, place: Place) -> str:
        items = node.elts if isinstance(node, ast.Tuple) else [node]
        rest = [ast.unparse(item) for item in items[1:]]
        if name == "AsyncGenerator" and rest not in ([], ["None"]):
            raise place.problem(f"is a generator that is sent {rest[0]}, which iterators are not.")
        self._refuse(items[0], place, f"returns {name}[{ast.unparse(node)}]", handed=True)
        return ast.unparse(items[0])

    def given(self, node: ast.expr | None, place: Place, name: str) -> Given:
        """Carry over what a parameter takes.

        :raises Problem: when it has no annotation, or takes something asynchronous that no caller
            of the synchronous client can have.
        """
        if node is None:
            raise place.problem(f"has a parameter {name} without annotation.")
        kept, through = self._iterables(list(members(unquoted(node))))
        kept, wrapped = widened(kept)
        others = [each for each in kept if not Callback.of(each) and ast.unparse(each) != "None"]
        if wrapped and others:
            raise place.problem(
                f"has a parameter {name} that takes a callback that is awaited, or "
                f"{ast.unparse(others[0])}, which would be wrapped like one."
            )
        for each in kept:
            self._refuse_given(each, place, name)
        texts = list(dict.fromkeys(ast.unparse(each) for each in kept))
        through = through or ("awaiting" if wrapped else "")
        return Given(" | ".join(texts), through, through != "" and "None" in texts)

    def _iterables(self, nodes: list[ast.expr]) -> tuple[list[ast.expr], str]:
        """Leave out `AsyncIterable[X]` beside `Iterable[X]`: nothing a synchronous caller has."""
        plain = {ast.unparse(node) for node in nodes}
        kept = [
            node
            for node in nodes
            if name_in(node) != "AsyncIterable"
            or ast.unparse(node).removeprefix("Async") not in plain
        ]
        return kept, "asynchronous" if len(kept) < len(nodes) else ""

    def _refuse_given(self, node: ast.expr, place: Place, name: str) -> None:
        says = f"has a parameter {name}: {ast.unparse(node)}"
        self._refuse(node, place, says, handed=False)
        for each in filter(None, map(Callback.of, ast.walk(node))):
            self._refuse(each.takes, place, says, handed=True)

    def _refuse(self, node: ast.expr, place: Place, says: str, *, handed: bool) -> None:
        """Refuse what cannot cross as it is.

        :param handed: to the caller; what the caller gives may be awaited on the loop.
        """
        for each in parts(node):
            name = name_in(each)
            if is_asynchronous(self.module, name):
                raise place.problem(f"{says}: {name} is asynchronous, and has no twin there.")
            is_service = isinstance(each, ast.Name) and name in self.services
            if is_service or name == "Self":
                raise place.problem(f"{says}: {name} has a twin, but only when it is returned.")
            if reason := self.behind.reason(self.module, each, handed=handed):
                raise place.problem(f"{says}: {name} {reason}.")
