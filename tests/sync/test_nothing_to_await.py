"""Nothing that the synchronous client returns has to be awaited, however far one follows it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest
from attrs import frozen

from tests.sync.every_call import CALLS
from tests.sync.found_waiting import Walk
from threekit_async import AsyncThreekit, Threekit
from threekit_async.emulator import EmulatorThread

CLIENT = {name for name in vars(Threekit) if not name.startswith("_")}

demo = pytest.mark.threekit(seed="demo", job_seconds=0)


def public(service: object) -> list[str]:
    return sorted(name for name in vars(type(service)) if not name.startswith("_"))


@demo
@pytest.mark.parametrize("service", sorted(CALLS))
def test_no_method_of_a_service_returns_what_must_be_awaited(
    threekit_client: Threekit, tmp_path: Path, service: str
) -> None:
    called: list[str] = []
    found: list[str] = []
    for name, returned in CALLS[service](threekit_client, tmp_path):
        called.append(name)
        found += Walk().problems(returned, f"{service}.{name}()")
    assert found == []
    assert sorted(called) == public(getattr(threekit_client, service))


def test_every_service_is_called() -> None:
    assert CALLS.keys() < CLIENT
    assert CLIENT - CALLS.keys() == {
        "close",
        "from_env",
        "raw",
        "settings",
        "stats",
        "with_options",
    }


@demo
def test_nothing_of_the_client_itself_must_be_awaited(
    threekit_environment: EmulatorThread, threekit_client: Threekit
) -> None:
    tk = threekit_client
    with Threekit.from_env() as found:
        returned: dict[str, Any] = {
            "from_env": found,
            "with": tk.__enter__(),
            "settings": tk.settings,
            "explain": tk.settings.explain(),
            "stats": tk.stats,
            "with_options": tk.with_options(deadline=60),
            "raw": tk.raw(tk.layers.list().first),
            "raw of a healthcheck": tk.raw(tk.files.healthcheck),
        }
        problems = [
            problem for name, value in returned.items() for problem in Walk().problems(value, name)
        ]
    assert problems == []


def test_a_client_is_looked_through_as_far_as_the_methods_of_its_services(
    threekit_client: Threekit,
) -> None:
    walk = Walk()
    assert list(walk.problems(threekit_client, "tk")) == []
    methods = [name for service in CALLS for name in public(getattr(threekit_client, service))]
    assert walk.count > len(methods) > 100


async def coroutine() -> int:
    return 7


async def generator() -> AsyncIterator[int]:
    yield 7


@frozen
class Holding:
    """Holds something, as a record does."""

    value: Any


Holding.__module__ = "threekit_async.holding"


class Owner:
    """Has a method that is waited for."""

    __module__ = "threekit_async.owner"

    async def wait(self) -> None:
        """Wait."""

    def later(self) -> AsyncIterator[int]:
        """Give what is waited for."""
        return generator()


def items(value: Any) -> Iterator[Any]:
    yield value


@pytest.mark.parametrize(
    "place",
    [
        lambda value: value,
        lambda value: [{"a": (value,)}],
        lambda value: items(items(value)),
        lambda value: Holding([Holding(value)]),
    ],
)
def test_a_walk_finds_what_must_be_awaited_wherever_it_is(place: Any) -> None:
    waiting = coroutine()
    for value in (waiting, generator(), coroutine, generator, AsyncThreekit(token="t")):
        assert len(list(Walk().problems(place(value), "it"))) == 1
    waiting.close()


def test_a_walk_finds_methods_that_must_be_awaited() -> None:
    assert list(Walk().problems(Holding(Owner()), "it")) == [
        "it.value.later returns AsyncIterator",
        "it.value.wait is a coroutine function",
    ]
