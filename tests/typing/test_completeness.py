"""The files beside this one assert the type of every public method, of either world."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cached_property
from pathlib import Path

import pytest

from threekit_async import AsyncPager, AsyncThorough, AsyncThreekit, Pager, Thorough, Threekit

Client = type[AsyncThreekit] | type[Threekit]

HERE = Path(__file__).parent
WORLDS: list[tuple[str, Client, dict[str, type[object]]]] = [
    ("test_async_types.py", AsyncThreekit, {"listing": AsyncPager, "walk": AsyncThorough}),
    ("test_sync_types.py", Threekit, {"listing": Pager, "walk": Thorough}),
]
SERVICES = [
    name for name, value in vars(AsyncThreekit).items() if isinstance(value, cached_property)
]


def asserted(text: str) -> set[str]:
    """Collect what `assert_type` is given: `tk.layers.get` of `await tk.layers.get("id")`."""
    return {
        ast.unparse(node)
        for call in ast.walk(ast.parse(text))
        if isinstance(call, ast.Call) and ast.unparse(call.func) == "assert_type"
        for node in ast.walk(call.args[0])
        if isinstance(node, ast.Attribute)
    }


def public(cls: type[object]) -> list[str]:
    held = {name for base in cls.__mro__[:-1] for name in vars(base)}
    return sorted(name for name in held if not name.startswith("_"))


def wanted(client: Client, listings: dict[str, type[object]]) -> Iterator[str]:
    for name in public(client):
        yield f"{client.__name__ if name == 'from_env' else 'tk'}.{name}"
    with_services = client(token="t")
    for service in SERVICES:
        made: object = getattr(with_services, service)
        yield from (f"tk.{service}.{name}" for name in public(type(made)))
    for variable, cls in listings.items():
        yield from (f"{variable}.{name}" for name in public(cls))


@pytest.mark.parametrize(("file", "client", "listings"), WORLDS)
def test_the_type_of_every_public_method_is_asserted(
    file: str, client: Client, listings: dict[str, type[object]]
) -> None:
    names = list(wanted(client, listings))
    assert len(names) > 130
    found = asserted((HERE / file).read_text(encoding="utf-8"))
    assert [name for name in names if name not in found] == []


def test_a_method_that_is_called_without_asserting_its_type_is_not_found() -> None:
    assert asserted("tk.layers.get('a')\nassert_type(await tk.files.get('b'), tk.layers.url)") == {
        "tk.files",
        "tk.files.get",
    }
