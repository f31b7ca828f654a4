"""Both worlds say the same: modules, names, signatures, annotations, docstrings."""

from __future__ import annotations

import ast
import inspect
import re
from functools import cached_property
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

import threekit_async
from threekit_async import AsyncPager, AsyncThorough, AsyncThreekit, Pager, Thorough, Threekit

PACKAGE = Path(threekit_async.__file__).parent
# Every service of the client: a cached property, named as its module.
SERVICES = [
    name for name, value in vars(AsyncThreekit).items() if isinstance(value, cached_property)
]


def service(package: str, name: str) -> type[Any]:
    module = import_module(f"threekit_async.{package}.{name}")
    found: type[Any] = getattr(module, name.title().replace("_", ""))
    return found


PAIRS: list[tuple[type[Any], type[Any]]] = [
    (AsyncThreekit, Threekit),
    *((service("services", name), service("sync.services", name)) for name in SERVICES),
    (AsyncPager, Pager),
    (AsyncThorough, Thorough),
]
TWIN = dict(PAIRS)
# What crosses to the loop is one page of a walk: nobody needs it on this side.
ASYNC_ONLY = {(AsyncThorough, "batch")}
RENAMED = {
    "aclose": "close",
    "__aenter__": "__enter__",
    "__aexit__": "__exit__",
    "__aiter__": "__iter__",
    "__anext__": "__next__",
}
SPECIAL = {"__repr__", *RENAMED, *RENAMED.values()}
# An annotation of one world in the other's words; the more particular first.
TRANSLATED = (
    (r"Iterable\[(.+)\] \| AsyncIterable\[\1\]", r"Iterable[\1]"),
    (r"Async(?:Generator|Iterator)\[((?:[^][,]|\[[^][]*\])+)(?:, None)?\]", r"Iterator[\1]"),
    (r"\bAbstractAsyncContextManager\b", "AbstractContextManager"),
    (r"\bAwaitable\[(\w+)\]", r"\1"),
    (r"\bAsync(Threekit|Pager|Thorough)\b", r"\1"),
)


def public(cls: type[Any]) -> dict[str, Any]:
    """What a class has for its users, by the name it has in the synchronous world."""
    held = {
        name: value for base in reversed(cls.__mro__[:-1]) for name, value in vars(base).items()
    }
    return {
        RENAMED.get(name, name): value
        for name, value in held.items()
        if (name in SPECIAL or not name.startswith("_")) and (cls, name) not in ASYNC_ONLY
    }


METHODS = [
    pytest.param(ours, name, id=f"{theirs.__name__}.{name}")
    for ours, theirs in PAIRS
    for name in public(ours)
]
each_method = pytest.mark.parametrize(("owner", "name"), METHODS)
each_class = pytest.mark.parametrize(("ours", "theirs"), PAIRS)


def twins(owner: type[Any], name: str) -> tuple[Any, Any]:
    return public(owner)[name], public(TWIN[owner])[name]


def function_of(value: Any) -> Any:
    if isinstance(value, cached_property):
        return value.func
    if isinstance(value, property):
        return value.fget
    return getattr(value, "__func__", value)


def parameters(value: Any) -> list[inspect.Parameter]:
    return list(inspect.signature(function_of(value)).parameters.values())


def plain(annotation: Any) -> str:
    """Write an annotation in one way only."""
    return ast.unparse(ast.parse(str(annotation), mode="eval"))


def translated(annotation: Any) -> str:
    """Write an annotation of the asynchronous world as the synchronous one has it."""
    text = plain(annotation)
    for pattern, twin in TRANSLATED:
        text = re.sub(pattern, twin, text)
    return text


def first_line(value: Any) -> str:
    return (inspect.getdoc(value) or "").partition("\n")[0]


def said(value: Any) -> list[str]:
    """The words of a docstring as the synchronous world has them, wherever its lines end."""
    text = inspect.getdoc(value) or ""
    for phrase, twin in (("async for", "for"), ("aclose()", "close()"), ("Async", "")):
        text = text.replace(phrase, twin)
    return text.split()


def modules(folder: str) -> dict[str, tuple[str, ...]]:
    """Name the modules that export a class, each with its `__all__`."""
    names = sorted(path.stem for path in (PACKAGE / folder).glob("*.py"))
    package = folder.replace("/", ".")
    found = {name: import_module(f"threekit_async.{package}.{name}") for name in names}
    return {
        name: tuple(module.__all__)
        for name, module in found.items()
        if name in SERVICES or "sync" in folder
        if name != "__init__"
    }


def test_there_are_twelve_services() -> None:
    assert len(SERVICES) == 12


def test_the_modules_of_services_are_the_same_and_export_the_same() -> None:
    assert modules("services") == modules("sync/services")


def test_the_package_exports_a_twin_of_whatever_is_asynchronous() -> None:
    ours = {name for name in threekit_async.__all__ if name.startswith("Async")}
    assert {name.removeprefix("Async") for name in ours} < set(threekit_async.__all__)
    assert {getattr(threekit_async, name) for name in ours} < set(TWIN)


@each_class
def test_both_are_exported_by_the_module_they_are_defined_in(
    ours: type[Any], theirs: type[Any]
) -> None:
    for cls in (ours, theirs):
        assert cls.__name__ in import_module(cls.__module__).__all__
    assert theirs.__module__.startswith("threekit_async.sync.")


@each_class
def test_both_have_the_same_public_names_in_the_same_order(
    ours: type[Any], theirs: type[Any]
) -> None:
    names = [list(public(cls)) for cls in (ours, theirs)]
    assert names[0] == names[1]


@each_class
def test_both_introduce_themselves_alike(ours: type[Any], theirs: type[Any]) -> None:
    assert first_line(ours)
    assert first_line(ours) == first_line(theirs)


@each_method
def test_both_are_of_one_kind(owner: type[Any], name: str) -> None:
    ours, theirs = twins(owner, name)
    assert type(ours) is type(theirs)


@each_method
def test_both_take_the_same_parameters(owner: type[Any], name: str) -> None:
    ours, theirs = (
        [(item.name, item.kind, item.default) for item in parameters(value)]
        for value in twins(owner, name)
    )
    assert ours == theirs


@each_method
def test_both_take_and_return_the_same_types(owner: type[Any], name: str) -> None:
    ours, theirs = twins(owner, name)
    assert [translated(item.annotation) for item in parameters(ours)[1:]] == [
        plain(item.annotation) for item in parameters(theirs)[1:]
    ]
    returned = [inspect.signature(function_of(value)).return_annotation for value in (ours, theirs)]
    assert inspect.Signature.empty not in returned
    assert translated(returned[0]) == plain(returned[1])


@each_method
def test_both_say_the_same_of_themselves(owner: type[Any], name: str) -> None:
    ours, theirs = (first_line(value) for value in twins(owner, name))
    assert ours == theirs
    assert ours or name.startswith("__")


@each_method
def test_nothing_of_the_synchronous_side_waits_by_itself(owner: type[Any], name: str) -> None:
    function = function_of(twins(owner, name)[1])
    assert not inspect.iscoroutinefunction(function)
    assert not inspect.isasyncgenfunction(function)


def test_both_clients_are_made_from_the_same_arguments() -> None:
    assert inspect.signature(AsyncThreekit) == inspect.signature(Threekit)


each_listing = pytest.mark.parametrize(("ours", "theirs"), PAIRS[-2:])


@each_listing
def test_listings_which_are_written_by_hand_promise_the_same(
    ours: type[Any], theirs: type[Any]
) -> None:
    for name in (name for name in public(ours) if not name.startswith("_")):
        assert said(public(theirs)[name]) == said(public(ours)[name])
    assert said(theirs) == said(ours)


@each_listing
def test_listings_have_no_attributes_of_their_own(ours: type[Any], theirs: type[Any]) -> None:
    """What they have beyond their methods is set when they are made."""
    with Threekit(token="t") as tk:
        listing = tk.layers.list()
        one = listing if theirs is Pager else listing.thorough()
        assert isinstance(one, theirs)
        more = {name for name in dir(one) if not name.startswith("_")} - public(ours).keys()
    assert more == set()


@pytest.mark.parametrize(
    ("annotation", "twin"),
    [
        ("AsyncGenerator[FileResult, None]", "Iterator[FileResult]"),
        ("AsyncIterator[Page[T]]", "Iterator[Page[T]]"),
        ("AsyncPager[Layer]", "Pager[Layer]"),
        ("Callable[P, Awaitable[T]]", "Callable[P, T]"),
        ("Iterable[Layer] | AsyncIterable[Layer]", "Iterable[Layer]"),
        ("Iterable[A | B] | AsyncIterable[A | B]", "Iterable[A | B]"),
        ("AbstractAsyncContextManager[Job]", "AbstractContextManager[Job]"),
        ("AsyncThorough[T] | None", "Thorough[T] | None"),
        ('Literal["webgl"]', "Literal['webgl']"),
        ("list[AsyncResult]", "list[AsyncResult]"),
    ],
)
def test_annotations_are_compared_in_the_words_of_one_world(annotation: str, twin: str) -> None:
    assert translated(annotation) == twin
