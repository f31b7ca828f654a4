"""No public signature says `Any` where a type is known."""

from __future__ import annotations

import ast
import inspect
import sys
from collections.abc import Iterator
from functools import cached_property
from importlib import import_module
from types import ModuleType
from typing import Any, get_args, get_type_hints

import attrs

import threekit_async
from threekit_async import AsyncThreekit, Threekit

# JSON that the vendor lets shops fill: an object or an array of whatever they like.
JSON = {
    "collections.abc.Mapping[str, typing.Any]",
    "collections.abc.Sequence[typing.Any]",
    "dict[str, typing.Any]",
}
# What may be Any, and why.
ALLOWED = {
    "ArrayAttribute.default_value": "no page of the vendor says what it may be",
    "CatalogProduct.categories": "no page of the vendor says what it is",
    "Hooks.given return": "each hook takes the event it is beside",
    "Job.duration": "null in all samples that are known",
    "OtherAttribute.default_value": "of an attribute whose kind is not known",
    "RuleCondition.value": "of any kind an attribute may have",
    "SharedVariantData.variant_attributes": "no page of the vendor says what they are",
    "SharedVariantData.visual_attributes": "no page of the vendor says what they are",
    "Task.cmd": "no page of the vendor says what it is",
    "Task.duration": "no page of the vendor says what is in it",
    "Task.env_from_secret": "no page of the vendor says what it is",
    "Task.version": "no page of the vendor says what it is",
    "evolve changes": "each field has its own type",
    "read_configuration raw": "JSON of any kind, which is read or refused",
}


def everything() -> Iterator[tuple[str, object]]:
    """Yield every public name of the package, and the services of both clients."""
    yield from ((name, getattr(threekit_async, name)) for name in threekit_async.__all__)
    for client in (AsyncThreekit(token="t"), Threekit(token="t")):
        for name, value in vars(AsyncThreekit).items():
            if isinstance(value, cached_property):
                service: object = getattr(client, name)
                yield type(service).__name__, type(service)


def known_in(module: ModuleType) -> dict[str, Any]:
    """Return the names of a module, those that only a type checker imports too."""
    names = dict(vars(module))
    for node in ast.parse(inspect.getsource(module)).body:
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
            for each in node.body:
                names |= imported(each, str(module.__package__))
    return names


def imported(node: ast.stmt, package: str) -> dict[str, Any]:
    if isinstance(node, ast.Import):
        return {alias.name: import_module(alias.name) for alias in node.names}
    if not isinstance(node, ast.ImportFrom):
        return {}
    home = import_module("." * node.level + (node.module or ""), package)
    return {alias.asname or alias.name: getattr(home, alias.name) for alias in node.names}


def function_of(value: object) -> object:
    if isinstance(value, cached_property):
        return value.func
    if isinstance(value, property):
        return value.fget
    return getattr(value, "__func__", value)


def hints_of(name: str, value: object) -> Iterator[tuple[str, Any]]:
    """Yield each public annotation of a class, function or alias, with its place."""
    if inspect.isfunction(value):
        hints = get_type_hints(value, known_in(sys.modules[value.__module__]))
        yield from ((f"{name} {each}", hint) for each, hint in hints.items())
    elif isinstance(value, type):
        for base in value.__mro__:
            if base.__module__.startswith("threekit_async"):
                yield from hints_of_class(name, base)
    else:
        yield name, value


def hints_of_class(name: str, cls: type[Any]) -> Iterator[tuple[str, Any]]:
    if attrs.has(cls):
        hints = get_type_hints(cls, known_in(sys.modules[cls.__module__]))
        yield from ((f"{name}.{each}", hints[each]) for each in hints if each[0] != "_")
    for each, value in vars(cls).items():
        function = function_of(value)
        made = each == "__init__" and not attrs.has(cls)
        if inspect.isfunction(function) and (made or not each.startswith("_")):
            yield from hints_of(f"{name}.{each}", function)


def says_any(hint: object) -> bool:
    if str(hint) in JSON:
        return False
    if isinstance(hint, (list, tuple)):
        parts: tuple[object, ...] = tuple(hint)  # pyright: ignore[reportUnknownArgumentType, reportUnknownVariableType]
    else:
        parts = get_args(hint)
    return hint is Any or any(says_any(part) for part in parts)


def test_any_stands_only_where_no_type_is_known() -> None:
    found = {
        place
        for name, value in everything()
        for place, hint in hints_of(name, value)
        if says_any(hint)
    }
    assert found == set(ALLOWED)


def test_every_method_of_both_clients_is_looked_at() -> None:
    places = [place for name, value in everything() for place, _ in hints_of(name, value)]
    assert places.count("Layers.get return") == 2
    assert {"Threekit.__init__ token", "Pager.all limit", "Layer.id", "Retry.attempts"} <= set(
        places
    )
    assert len(places) > 1500


def test_any_is_found_wherever_it_is() -> None:
    assert says_any(list[Any])
    assert says_any(dict[str, list[Any] | None])
    assert not says_any(list[dict[str, Any]])
