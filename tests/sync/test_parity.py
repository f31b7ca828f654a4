"""Both clients say the same: names, signatures, docstrings."""

from __future__ import annotations

import inspect
from collections.abc import AsyncIterable, Awaitable, Iterator
from functools import cached_property
from importlib import import_module
from typing import Any

import pytest

from tests.conftest import AT_ONCE
from threekit_async import AsyncPager, AsyncThreekit, Pager, Threekit
from threekit_async.emulator import EmulatorThread

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
]
RENAMED = {"aclose": "close", "__aenter__": "__enter__", "__aexit__": "__exit__"}
HAND_WRITTEN = {"source"}


def public(cls: type[Any]) -> dict[str, Any]:
    held = {
        name: value for base in reversed(cls.__mro__[:-1]) for name, value in vars(base).items()
    }
    return {
        RENAMED.get(name, name): value
        for name, value in held.items()
        if not name.startswith("_") or name in RENAMED
    }


METHODS = [
    pytest.param(ours, name, id=f"{theirs.__name__}.{name}")
    for ours, theirs in PAIRS
    for name in public(ours)
]
TWIN = dict(PAIRS)


@pytest.mark.parametrize(("ours", "theirs"), PAIRS)
def test_both_have_the_same_public_names(ours: type[Any], theirs: type[Any]) -> None:
    names = {name for name in public(theirs) if not name.startswith("__")} - HAND_WRITTEN
    assert names == {name for name in public(ours) if not name.startswith("__")}


def function_of(value: Any) -> Any:
    if isinstance(value, cached_property):
        return value.func
    if isinstance(value, property):
        return value.fget
    return getattr(value, "__func__", value)


@pytest.mark.parametrize(("owner", "name"), METHODS)
def test_both_take_the_same_parameters(owner: type[Any], name: str) -> None:
    ours, theirs = public(owner)[name], vars(TWIN[owner])[name]
    assert type(ours) is type(theirs)
    parameters = [
        [
            (item.name, item.kind, item.default)
            for item in inspect.signature(one).parameters.values()
        ]
        for one in (function_of(ours), function_of(theirs))
    ]
    assert parameters[0] == parameters[1]


@pytest.mark.parametrize(("owner", "name"), METHODS)
def test_both_say_the_same_of_themselves(owner: type[Any], name: str) -> None:
    docs = [inspect.getdoc(value) for value in (public(owner)[name], vars(TWIN[owner])[name])]
    if name not in {"__enter__", "__exit__"}:
        assert docs[0]
        assert docs[1]
        assert docs[0].splitlines()[0] == docs[1].splitlines()[0]


def test_there_are_twelve_services() -> None:
    assert len(SERVICES) == 12


def test_both_clients_are_made_from_the_same_arguments() -> None:
    assert inspect.signature(AsyncThreekit) == inspect.signature(Threekit)


@pytest.mark.parametrize(("owner", "name"), METHODS)
def test_nothing_of_the_synchronous_side_waits_by_itself(owner: type[Any], name: str) -> None:
    function = function_of(vars(TWIN[owner])[name])
    assert not inspect.iscoroutinefunction(function)
    assert not inspect.isasyncgenfunction(function)
    assert "Async" not in str(inspect.signature(function).return_annotation)


def is_synchronous(value: Any) -> bool:
    return not isinstance(value, (Awaitable, AsyncIterable))


def test_nothing_the_synchronous_client_returns_can_be_awaited(
    demo_server: EmulatorThread, tmp_path: Any
) -> None:
    with Threekit(
        token=demo_server.private_token,
        org_id=demo_server.org_id,
        host=demo_server.url,
        retry=AT_ONCE,
    ) as tk:
        listing = tk.layers.list()
        layer = listing.first().items[0]
        results = tk.layers.iter_downloads([layer], to=tmp_path)
        returned = [
            tk,
            tk.with_options(deadline=60),
            tk.stats,
            tk.layers,
            listing,
            iter(listing),
            listing.pages(),
            listing.first(),
            listing.all(limit=1),
            tk.layers.groups("jobId"),
            tk.layers.get(layer.id),
            tk.layers.url(layer.id),
            tk.layers.content(layer.id),
            tk.layers.find(asset_id=layer.asset_id),
            tk.layers.find_url(asset_id=layer.asset_id),
            tk.layers.find_content(asset_id=layer.asset_id),
            tk.layers.download(layer, to=tmp_path),
            tk.layers.download_all([layer], to=tmp_path),
            results,
            next(results),
            tk.files.get(str(layer.file_id)),
            tk.files.content(str(layer.file_id)),
            tk.files.download(str(layer.file_id), to=tmp_path),
            tk.assets.list(),
            tk.assets.get(str(layer.asset_id)),
        ]
        results.close()  # type: ignore[attr-defined]
        assert isinstance(results, Iterator)
        assert all(is_synchronous(value) for value in returned)
