"""Carries over the parameters of a method, and passes them on. Pure."""

from __future__ import annotations

import ast
from copy import deepcopy
from typing import TypeAlias

from attrs import frozen

from .annotations import Annotations, Given
from .problem import Place

__all__ = ("AnyFunction", "Signature", "signature")

AnyFunction: TypeAlias = ast.FunctionDef | ast.AsyncFunctionDef

# What a default may be made of: made twice, it is equal, and nobody can change it.
_LASTING = (
    *(ast.Constant, ast.Name, ast.Attribute, ast.Tuple, ast.Starred, ast.UnaryOp, ast.BinOp),
    *(ast.expr_context, ast.unaryop, ast.operator),
)
# What the bodies of generated methods use.
_TAKEN = frozenset(
    {"AbstractContextManager", "Awaitable", "Bridge", "Callable", "Iterator", "Pager", "Thorough"}
    | {"asynchronous", "awaiting", "cast", "overloaded", "veiled"}
)


@frozen(kw_only=True)
class Signature:
    """The parameters of a synchronous method.

    :param parameters: as they stand between the parentheses of its `def`.
    :param passed: as they stand between those of the asynchronous call.
    :param names: in their order, `self` and `cls` too.
    :param through: what each is passed through, by its name, where it is not passed as it is.
    """

    parameters: str
    passed: str
    names: tuple[str, ...]
    through: dict[str, str]


def signature(method: AnyFunction, annotations: Annotations, place: Place) -> Signature:
    """Carry over the parameters: names, kinds, order and defaults stay.

    :raises Problem: when one cannot be carried over.
    """
    args = deepcopy(method.args)
    static = any(ast.unparse(each) == "staticmethod" for each in method.decorator_list)
    positional = [*args.posonlyargs, *args.args]
    _check_defaults(args, place)
    own = positional if static else positional[1:]
    given = {arg.arg: _given(arg, annotations, place) for arg in [*own, *args.kwonlyargs]}
    if any(taken.through == "asynchronous" for taken in given.values()):
        _check_bridge(method, place)
    passed = [_passed(name, taken) for name, taken in given.items()]
    for position, arg in enumerate(args.kwonlyargs, start=len(own)):
        passed[position] = f"{arg.arg}={passed[position]}"
    if args.vararg is not None:
        passed.insert(len(own), f"*{_as_it_is(args.vararg, annotations, place)}")
    if args.kwarg is not None:
        passed.append(f"**{_as_it_is(args.kwarg, annotations, place)}")
    everything = [*positional, args.vararg, *args.kwonlyargs, args.kwarg]
    return Signature(
        parameters=ast.unparse(args),
        passed=", ".join(passed),
        names=tuple(arg.arg for arg in everything if arg is not None),
        through={name: taken.through for name, taken in given.items() if taken.through},
    )


def _given(arg: ast.arg, annotations: Annotations, place: Place) -> Given:
    """Annotate the parameter anew, and tell what it takes."""
    if arg.arg in _TAKEN:
        raise place.problem(f"has a parameter {arg.arg}: generated methods use this name.")
    given = annotations.given(arg.annotation, place, arg.arg)
    arg.annotation = ast.parse(given.text, mode="eval").body
    return given


def _as_it_is(arg: ast.arg, annotations: Annotations, place: Place) -> str:
    if _given(arg, annotations, place).through:
        raise place.problem(f"has a parameter *{arg.arg} of something asynchronous.")
    return arg.arg


def _passed(name: str, given: Given) -> str:
    if not given.through:
        return name
    bridge = ", self._bridge" if given.through == "asynchronous" else ""
    made = f"{given.through}({name}{bridge})"
    return f"None if {name} is None else {made}" if given.may_be_none else made


def _check_bridge(method: AnyFunction, place: Place) -> None:
    """Refuse to step what a caller iterates over where there is no bridge."""
    kinds = {ast.unparse(each) for each in method.decorator_list}
    if kinds & {"classmethod", "staticmethod"} or method.name == "__init__":
        raise place.problem("takes an AsyncIterable, and has no bridge to walk it over.")


def _check_defaults(args: ast.arguments, place: Place) -> None:
    for default in [*args.defaults, *args.kw_defaults]:
        if default and not all(isinstance(node, _LASTING) for node in ast.walk(default)):
            raise place.problem(
                f"has the default {ast.unparse(default)}, which would be made twice; "
                "make it a constant of its module."
            )
