"""Carries one class over from the asynchronous client to the synchronous one, as text.

Pure, but for reading. What is not known here is a `Problem`, never left out.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from attrs import evolve, frozen

from .annotations import Annotations
from .calls import CLIENT, Call, decorators, name_of, original_name
from .client_parts import METHODS, client_initializer, service_initializer
from .problem import Place
from .prose import docstring
from .signatures import AnyFunction, Signature, signature

__all__ = ("translated_class",)


def translated_class(
    node: ast.ClassDef, annotations: Annotations, base: tuple[ast.ClassDef, Annotations] | None
) -> str:
    """Write the synchronous class; what it inherits from `base` is written into it.

    :raises Problem: naming what cannot be carried over.
    """
    place = Place(annotations.module.path, node.name)
    if node.decorator_list or node.keywords or getattr(node, "type_params", []):
        raise place.problem("has decorators or parameters, which the generator does not know.")
    bases = [ast.unparse(each) for each in node.bases]
    if bases not in ([], [base[0].name if base else None]):
        raise place.problem(f"has unknown bases: {', '.join(bases)}.")
    members = _members(node, annotations)
    if base and bases:
        own = {member.name for member in members}
        members = [each for each in _members(*base) if each.name not in own] + members
    lines = [f"class {name_of(node.name)}:", *docstring(node, place, "    ")]
    if node.name != CLIENT:
        members = [each for each in members if each.name != "__init__"]
        lines += service_initializer(original_name(node.name))
    elif all(each.name != "__init__" for each in members):
        raise place.problem("has no __init__, from which the synchronous client is made.")
    for member in members:
        lines += member.written(node.name)
    return "\n".join(lines)


def _members(node: ast.ClassDef, annotations: Annotations) -> list[_Member]:
    """Put the public methods of a class together, each with its overloads.

    :raises Problem: for whatever else there is in it.
    """
    place = Place(annotations.module.path, node.name)
    found: list[_Member] = []
    waiting: list[AnyFunction] = []
    for item in _items(node, place):
        if waiting and waiting[0].name != item.name:
            break
        if decorators(item) == ["overload"]:
            waiting.append(item)
        elif any(member.name == item.name for member in found):
            raise place.of(item.name).problem("is defined twice.")
        else:
            found.append(_Member(item, tuple(waiting), annotations, place.of(item.name)))
            waiting = []
    if waiting:
        raise place.of(waiting[0].name).problem("has overloads, and no implementation after them.")
    return found


def _items(node: ast.ClassDef, place: Place) -> Iterator[AnyFunction]:
    for number, item in enumerate(node.body):
        if isinstance(item, (ast.FunctionDef, ast.AsyncFunctionDef)):
            if not item.name.startswith("_") or item.name.endswith("__"):
                yield item
        elif isinstance(item, ast.ClassDef):
            raise place.problem(f"holds the class {item.name}; nested classes are not known.")
        elif isinstance(item, (ast.Assign, ast.AnnAssign)):
            raise place.problem(f"holds {ast.unparse(item)!r}; class attributes are not known.")
        elif number or ast.get_docstring(node) is None:
            raise place.problem(f"holds {ast.unparse(item)!r}, which is not known.")


@frozen
class _Member:
    """One public method of a class, and what its overloads say of it."""

    method: AnyFunction
    overloads: tuple[AnyFunction, ...]
    annotations: Annotations
    place: Place

    @property
    def name(self) -> str:
        return self.method.name

    def written(self, owner: str) -> list[str]:
        """Write the synchronous method of a class: by its name, then by its kind.

        :raises Problem: when it is of no known kind.
        """
        is_client = owner == CLIENT
        known = signature(self.method, self.annotations, self.place)
        if is_client and self.name == "__init__":
            beginning = [_def(self.method, known, "None"), *_veil(known)]
            return [*beginning, *client_initializer(original_name(owner), known.passed)]
        if is_client and self.name in METHODS:
            return self._special(known)
        if self.name.startswith("_") or "async" in self.name or self.name == "aclose":
            raise self.place.problem("has a name the generator knows no twin of.")
        if getattr(self.method, "type_params", []):
            raise self.place.problem("has type parameters, which the generator does not know.")
        call = self._call(owner, known)
        body = call.body()
        self._check_hidden(known, body)
        return [
            *(line for each in self.overloads for line in self._overload(each, call)),
            *(f"    @{each}" for each in decorators(self.method) if each != "asynccontextmanager"),
            _def(self.method, known, call.returned.text),
            *docstring(self.method, self.place, "        "),
            *_veil(known),
            *(f"        {line}" for line in body),
        ]

    def _check_hidden(self, known: Signature, body: list[str]) -> None:
        """Refuse a parameter that hides something the body calls, or looks into."""
        nodes = list(ast.walk(ast.parse("\n".join(body))))
        used = [node.func for node in nodes if isinstance(node, ast.Call)]
        used += [node.value for node in nodes if isinstance(node, ast.Attribute)]
        for name in {ast.unparse(each) for each in used}.intersection(known.names):
            if name not in {"self", "cls"}:
                says = f"has a parameter {name}: generated methods use this name."
                raise self.place.problem(says)

    def _call(self, owner: str, known: Signature) -> Call:
        return Call(
            method=self.method,
            annotations=self.annotations,
            place=self.place,
            passed=known,
            owner=owner,
            is_overloaded=bool(self.overloads),
        )

    def _special(self, known: Signature) -> list[str]:
        name, expected, body = METHODS[self.name]
        if known.names != expected or self.method.decorator_list or self.overloads:
            raise self.place.problem(
                f"has other parameters than {', '.join(expected)}; "
                "see sync/generator/client_parts.py."
            )
        returned = self.annotations.returned(self.method.returns, self.place)
        return [
            _def(self.method, known, returned.text, name),
            *docstring(self.method, self.place, "        "),
            *body,
        ]

    def _check_through(self, overload: Signature, implementation: Signature) -> None:
        """Refuse an overload that takes what the one body, the implementation's, does not turn."""
        for name, through in overload.through.items():
            if implementation.through.get(name) != through:
                raise self.place.problem(
                    f"has an overload whose {name} has to be passed on another way than the "
                    "implementation's: annotate both with the same callback or AsyncIterable."
                )

    def _overload(self, method: AnyFunction, call: Call) -> list[str]:
        """Copy an overload: what it is must be what the implementation is."""
        overload = evolve(call, method=method)
        kinds = [(each.returned.shape, each.is_awaited) for each in (overload, call)]
        if kinds[0] != kinds[1]:
            raise self.place.problem("has an overload of another kind than its implementation.")
        known = signature(method, self.annotations, self.place)
        self._check_through(known, call.passed)
        return [
            "    @overload",
            _def(method, known, overload.returned.text),
            *(docstring(method, self.place, "        ") or ["        ..."]),
        ]


def _veil(known: Signature) -> list[str]:
    """Take a token out of sight first: a traceback may show the frame's values."""
    return ["        token = veiled(token)"] if "token" in known.names else []


def _def(method: AnyFunction, known: Signature, returns: str, name: str = "") -> str:
    return f"    def {name or method.name}({known.parameters}) -> {returns}:"
