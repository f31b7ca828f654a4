"""Context managers that cross to the loop: one task there enters and leaves them."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any

import anyio
import pytest
from attrs import define, field

from threekit_async import UsageError
from threekit_async.sync.bridge import Bridge


@pytest.fixture
def bridge() -> Any:
    made = Bridge(_nothing)
    yield made
    made.close()


async def _nothing() -> None:
    pass


@define(kw_only=True)
class Manager:
    """Writes down what it sees, and in which task; holds a task group open, as real ones do."""

    keeps: tuple[type[BaseException], ...] = ()
    fails: str = ""
    seen: list[str] = field(factory=list[str])
    tasks: set[int] = field(factory=set[int])
    inside: threading.Event = field(factory=threading.Event)

    @asynccontextmanager
    async def open(self) -> AsyncGenerator[str]:
        self.note("enter")
        if self.fails == "enter":
            raise LookupError("not entered")
        if self.fails == "never enters":
            await self.stand_still()
        try:
            async with anyio.create_task_group() as group:
                group.start_soon(asyncio.sleep, 0)
                yield "value"
        except BaseExceptionGroup as errors:
            self.left_with(errors.exceptions[0])
        except BaseException as error:  # noqa: BLE001
            self.left_with(error)
        else:
            self.note("leave")
            if self.fails == "leave":
                raise LookupError("not left")

    def note(self, what: str) -> None:
        self.seen.append(what)
        self.tasks.add(id(asyncio.current_task()))

    def left_with(self, error: BaseException) -> None:
        self.note(type(error).__name__)
        if not isinstance(error, self.keeps):
            raise error

    async def stand_still(self) -> None:
        self.inside.set()
        try:
            await asyncio.Event().wait()
        finally:
            self.note("cancelled while entering")


def test_a_block_gets_the_value_and_one_task_enters_and_leaves(bridge: Bridge) -> None:
    manager = Manager()
    with bridge.enter(manager.open) as value:
        assert value == "value"
        assert manager.seen == ["enter"]
    assert manager.seen == ["enter", "leave"]
    assert len(manager.tasks) == 1


def test_an_error_of_the_block_is_seen_inside_and_comes_out_as_it_was(bridge: Bridge) -> None:
    manager, error = Manager(), ValueError("mine")
    with pytest.raises(ValueError, match="mine") as failed, bridge.enter(manager.open):
        raise error
    assert failed.value is error
    assert manager.seen == ["enter", "ValueError"]


def test_a_manager_may_keep_an_error_to_itself(bridge: Bridge) -> None:
    manager = Manager(keeps=(ValueError,))
    with bridge.enter(manager.open):
        raise ValueError("kept")
    assert manager.seen == ["enter", "ValueError"]


@pytest.mark.parametrize("kind", [KeyboardInterrupt, SystemExit])
def test_an_interrupted_block_cancels_the_manager(
    bridge: Bridge, kind: type[BaseException]
) -> None:
    manager = Manager()
    with pytest.raises(kind), bridge.enter(manager.open):
        raise kind
    assert manager.seen == ["enter", "CancelledError"]
    bridge.call(_nothing)


def test_a_generator_that_is_dropped_inside_a_block_leaves_it_as_usual(bridge: Bridge) -> None:
    manager = Manager()

    def values() -> Any:
        with bridge.enter(manager.open) as value:
            yield value

    for _ in values():
        break
    assert manager.seen == ["enter", "leave"]


@pytest.mark.parametrize(("fails", "said"), [("enter", "not entered"), ("leave", "not left")])
def test_a_manager_that_fails_says_so_and_leaves_the_loop_whole(
    bridge: Bridge, fails: str, said: str
) -> None:
    with pytest.raises(LookupError, match=said), bridge.enter(Manager(fails=fails).open):
        pass
    bridge.call(_nothing)


def test_closing_the_client_leaves_what_another_thread_is_entering(bridge: Bridge) -> None:
    manager, said = Manager(fails="never enters"), list[str]()

    def enter() -> None:
        try:
            bridge.enter(manager.open).__enter__()
        except UsageError as error:
            said.append(str(error))

    thread = threading.Thread(target=enter)
    thread.start()
    manager.inside.wait(5)
    bridge.close()
    thread.join(5)
    assert manager.seen == ["enter", "cancelled while entering"]
    assert said[0].startswith("The client was closed while this call ran.")


def test_a_block_that_outlives_its_client_says_so(bridge: Bridge) -> None:
    manager = Manager()
    with pytest.raises(UsageError, match="client is closed"), bridge.enter(manager.open):
        bridge.close()
    assert manager.seen == ["enter", "CancelledError"]


def test_blocks_stand_inside_each_other(bridge: Bridge) -> None:
    outer, inner = Manager(), Manager(keeps=(ValueError,))
    with bridge.enter(outer.open):
        with bridge.enter(inner.open):
            raise ValueError("kept")
        assert outer.seen == ["enter"]
    assert (outer.seen, inner.seen) == (["enter", "leave"], ["enter", "ValueError"])
