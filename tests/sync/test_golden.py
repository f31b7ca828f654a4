"""The example in golden/: what is generated from it, byte for byte, and what that does."""

from __future__ import annotations

import inspect
import os
import subprocess
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Generator, Iterator
from contextlib import AbstractAsyncContextManager, AbstractContextManager
from decimal import Decimal
from pathlib import Path
from typing import Any, TypeVar

import pytest

from tests.sync.golden.services.everything import Everything as AsyncEverything
from tests.sync.golden.sync import client as golden_client
from tests.sync.golden.sync.client import Threekit
from tests.sync.golden.sync.pager import Pager, Thorough
from tests.sync.golden.sync.services.everything import Everything
from tests.sync.golden.sync.services.parts import Part, Parts
from tests.sync.golden.things import Thing
from threekit_async.sync.bridge import Bridge
from threekit_async.sync.generate import formatted, generated
from threekit_async.sync.generator.comparing import HAND_WRITTEN, stale

T = TypeVar("T")

ROOT = Path(__file__).parents[2]
GOLDEN = Path(__file__).parent / "golden"


def test_the_example_becomes_what_lies_beside_it_byte_for_byte() -> None:
    wanted = formatted(generated(GOLDEN))
    assert stale(GOLDEN / "sync", wanted) == []
    found = {
        path.relative_to(GOLDEN / "sync").as_posix(): path.read_bytes()
        for path in (GOLDEN / "sync").rglob("*.py")
        if path.parent.name != "sync" or path.name not in HAND_WRITTEN
    }
    assert found == wanted
    assert set(wanted) == {
        "__init__.py",
        "client.py",
        "services/__init__.py",
        "services/everything.py",
        "services/parts.py",
    }


@pytest.mark.timeout(600)
@pytest.mark.parametrize("checker", ["mypy", "pyright"])
def test_what_is_generated_satisfies_strict_type_checkers(checker: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", checker, str(GOLDEN)],
        capture_output=True,
        text=True,
        check=False,
        cwd=ROOT,
        env={**os.environ, "PYRIGHT_PYTHON_IGNORE_WARNINGS": "1"},
    )
    assert done.returncode == 0, done.stdout + done.stderr


class NotingBridge(Bridge):
    """The package's own bridge, which notes what crosses, as the example's does."""

    def __init__(self, last: Callable[[], Awaitable[None]]) -> None:
        super().__init__(last)
        self.crossed: list[str] = []

    def call(self, start: Callable[[], Awaitable[T]]) -> T:
        self.crossed.append("call")
        return super().call(start)

    def iterate(self, start: Callable[[], AsyncIterator[T]]) -> Generator[T]:
        self.crossed.append("iterate")
        return super().iterate(start)

    def enter(
        self, start: Callable[[], AbstractAsyncContextManager[T]]
    ) -> AbstractContextManager[T]:
        self.crossed.append("enter")
        return super().enter(start)


@pytest.fixture(params=["the example's bridge", "the package's bridge"])
def tk(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[Threekit]:
    """The generated client, over a bridge that notes what crosses."""
    if request.param == "the package's bridge":
        monkeypatch.setattr(golden_client, "Bridge", NotingBridge)
    with Threekit(token="t") as client:
        yield client


def crossed(tk: Threekit) -> list[str]:
    """What crossed since this was asked."""
    bridge: Any = tk._bridge
    noted = list(bridge.crossed)
    bridge.crossed.clear()
    return noted


@pytest.fixture
def everything(tk: Threekit) -> Everything:
    return tk.everything


def test_a_coroutine_gives_its_value(tk: Threekit, everything: Everything) -> None:
    assert everything.get("a", deep=True, at=Decimal(7)) == Thing("a7", deep=True)
    assert tk.ping(times=2) == "pongpong"
    assert crossed(tk) == ["call", "call"]


def test_every_kind_of_parameter_reaches_the_other_side(everything: Everything) -> None:
    assert everything.first("a") == "a small 50"
    assert everything.first("a", "large", limit=3) == "a large 3"
    assert everything.first("a", size="large") == "a large 50"
    assert everything.only() == 'it\'s "x" -1.5'
    assert everything.only(thing_id="b", ratio=2) == "b 2"
    assert everything.tag(Thing("a"), deep=False) == ["a", "False"]
    assert everything.tag(Thing("a"), "b", "c", deep=True, n=1) == ["a", "b", "c", "True", "n=1"]
    assert everything.names("x") == ["x"]
    assert everything.undescribed() == 3


@pytest.mark.parametrize("name", [name for name in vars(AsyncEverything) if name[0] != "_"])
def test_names_kinds_defaults_and_order_stay(name: str) -> None:
    ours, theirs = (inspect.getattr_static(cls, name) for cls in (AsyncEverything, Everything))
    assert isinstance(theirs, type(ours))
    if not callable(ours) and not isinstance(ours, (classmethod, staticmethod)):
        return
    parameters = [
        [
            (p.name, p.kind, p.default)
            for p in inspect.signature(getattr(cls, name)).parameters.values()
        ]
        for cls in (AsyncEverything, Everything)
    ]
    assert parameters[0] == parameters[1]


def test_what_a_caller_iterates_over_is_async_on_the_other_side(
    tk: Threekit, everything: Everything
) -> None:
    assert everything.save([Thing("a"), Thing("b")], to="x") == "xab"
    assert everything.save_some() == 0
    assert everything.save_some(things=iter([Thing("ab")])) == 2
    assert list(everything.each([Thing("a")])) == [Thing("a")]
    assert crossed(tk) == ["call", "items", "call", "call", "items", "iterate", "items"]


def test_plain_functions_do_where_the_other_side_awaits(everything: Everything) -> None:
    seen: list[object] = []

    def ended(times: int) -> bool:
        return times == 1

    asked = everything.watch(seen.append, ended=ended, told=seen.append, asked=lambda: 7)
    assert asked == 7
    assert seen == [Thing("a"), "True"]
    assert everything.watch(seen.append) == 0


def test_an_error_of_a_plain_function_comes_back(everything: Everything) -> None:
    def refuse(thing: Thing) -> None:
        raise LookupError(thing.id)

    with pytest.raises(LookupError, match="a"):
        everything.watch(refuse)


def test_a_coroutine_function_given_for_a_plain_one_is_awaited(everything: Everything) -> None:
    async def asked() -> int:
        return 9

    given: Any = asked
    assert everything.watch(lambda _: None, asked=given) == 9


def test_listings_come_as_pagers(tk: Threekit, everything: Everything) -> None:
    listing = everything.list(name="a")
    assert type(listing) is Pager
    assert type(everything.walk("b")) is Thorough
    assert crossed(tk) == []
    assert listing.all() == [Thing("a")]
    assert everything.walk("b").all() == [Thing("b")]
    assert everything.latest.all() == [Thing("latest")]


def test_a_listing_that_is_asked_for_first_crosses_and_comes_as_a_pager(
    tk: Threekit, everything: Everything
) -> None:
    listing = everything.searched("a")
    assert type(listing) is Pager
    assert crossed(tk) == ["call"]
    assert tk.log == ["searched"]
    assert listing.all() == [Thing("a")]


def test_async_iterators_come_as_iterators_that_close_their_source(
    tk: Threekit, everything: Everything
) -> None:
    numbers = everything.numbers(3)
    assert [next(numbers), next(numbers)] == [3, 4]
    closable: Any = numbers
    closable.close()
    assert tk.log == ["the numbers are closed"]
    assert list(everything.chunks(b"a", b"b")) == [b"a", b"b"]
    assert crossed(tk) == ["iterate", "iterate"]


def test_async_context_managers_come_as_context_managers(
    tk: Threekit, everything: Everything
) -> None:
    with everything.opened("a", deep=True) as thing:
        assert thing == Thing("a", deep=True)
        assert tk.log == ["open a"]
    assert tk.log == ["open a", "close a"]
    with everything.held("b") as thing:
        assert thing == Thing("b")
    assert tk.log[2:] == ["open b", "close b"]
    assert crossed(tk) == ["enter", "enter"]


def test_overloads_reach_their_one_implementation(everything: Everything) -> None:
    assert everything.read("a") == Thing("a")
    assert everything.read("a", raw=False) == Thing("a")
    assert everything.read("a", raw=True) == b"a"
    assert everything.listed("thing").all() == [Thing("a")]
    assert everything.listed("id").all() == ["a"]
    assert list(everything.rows("int")) == [1]
    assert list(everything.rows("other")) == ["1"]
    with everything.lent(Thing("a")) as thing, everything.lent() as nothing:
        assert thing == Thing("a")
        assert nothing is None


def test_properties_are_read_and_cached_ones_once(tk: Threekit, everything: Everything) -> None:
    assert everything.deadline == 5
    assert [everything.label, everything.label] == ["label", "label"]
    assert tk.log == ["labelled"]
    assert tk.everything is everything
    assert crossed(tk) == []


def test_services_come_as_their_twins(tk: Threekit, everything: Everything) -> None:
    assert type(everything.parts) is Parts
    assert everything.parts is everything.parts
    part = everything.parts.get(3, of=Thing("a"))
    assert type(part) is Part
    assert part.number == 3
    assert tk.log == ["part 3 of Thing(id='a', deep=False)"]


def test_itself_comes_as_itself(tk: Threekit, everything: Everything) -> None:
    for other in (everything.narrowed(9), everything.with_options(deadline=9)):
        assert type(other) is Everything
        assert other.deadline == 9
        other.healthcheck()
    assert tk.log == ["everything is up", "everything is up"]


def test_what_is_inherited_and_overridden_is_there_once(everything: Everything) -> None:
    assert Everything.__mro__ == (Everything, object)
    assert inspect.getdoc(Everything.healthcheck) == (
        "Return when this one is up: not what it inherits."
    )


def test_class_and_static_methods_need_no_client() -> None:
    assert Everything.fields() == ("Everything", "False", "50")
    assert Everything.fields(deep=True, most=1) == ("Everything", "True", "1")
    assert Everything.parse(b"a") == Thing("a", deep=True)
    assert Everything.parse(b"a", strict=False) == Thing("a")
    assert Threekit.variables("T_") == ("T_TOKEN",)
    assert Threekit.version() == "1"


def test_a_client_is_made_by_its_class_methods_and_closes_what_it_owns() -> None:
    class Own(Threekit):
        """A subclass stays one."""

    with Own.from_env() as tk:
        assert type(tk) is Own
        assert repr(tk) == "<Threekit found>"
        twin = tk.with_options(deadline=7)
        assert type(twin) is Own
        assert twin.everything.deadline == 7
        twin.close()
        assert tk.log == []
    assert tk.log == ["closed"]


def test_raw_calls_a_method_of_this_side(tk: Threekit, everything: Everything) -> None:
    raw = tk.raw(everything.get, "a", deep=True)
    assert (raw.value, raw.replies) == (Thing("a", deep=True), 1)


def test_docstrings_are_those_of_the_source_in_the_words_of_this_side() -> None:
    ours = inspect.getdoc(AsyncEverything) or ""
    theirs = inspect.getdoc(Everything) or ""
    for word, other in (
        ("`aclose()`", "`close()`"),
        ("contextlib.aclosing", "contextlib.closing"),
        ("AsyncPager", "Pager"),
        ("AsyncThreekit", "Threekit"),
        ("await ", ""),
        ("async for", "for"),
        ("async with", "with"),
    ):
        ours = ours.replace(word, other)
    assert theirs == ours
    assert 'a path as `C:\\new`, and """three""".' in theirs
    assert inspect.getdoc(Everything.names) == 'End with a "quote"'
    assert Everything.undescribed.__doc__ is None
