"""A thorough walk over a listing that changes between any two of its reads, simulated."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Coroutine
from types import SimpleNamespace
from typing import Any

from attrs import define, field
from hypothesis import assume, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from threekit_async import AsyncPager, Layer, Page, UnprocessableError
from threekit_async.events import Stats
from threekit_async.paging.course import MOST_ROUNDS
from threekit_async.paging.thorough import AsyncThorough
from threekit_async.session.decode import Rows
from threekit_async.session.request import Request


@define
class Asked:
    """A request for a page that waits for its answer."""

    number: int
    answer: asyncio.Future[Page[Layer]]


@define(kw_only=True)
class Server:
    """A listing in memory, in the place of a session: it answers when the test says so.

    With totals it refuses pages beyond the last one. Pages have `most` rows, whatever is asked.
    """

    rows: list[str]
    most: int = 100
    counted: bool = False
    asked: list[Asked] = field(factory=list)
    stats: Stats = field(factory=Stats)
    narrator: Any = field(factory=lambda: SimpleNamespace(hears=lambda _: False))

    def clock(self) -> float:
        return 0.0

    def in_background(self, work: Coroutine[Any, Any, Any]) -> asyncio.Task[Any]:
        return asyncio.get_running_loop().create_task(work)

    def read(self, _: object, reply: Page[Layer]) -> Page[Layer]:
        return reply

    async def fetch(self, request: Request[Any], _: object, **__: object) -> Page[Layer]:
        number = request.query["page"]
        assert isinstance(number, int)
        waiting = Asked(number, asyncio.get_running_loop().create_future())
        self.asked.append(waiting)
        return await waiting.answer

    def answer(self, waiting: Asked) -> None:
        """Answer with what the listing is now."""
        self.asked.remove(waiting)
        if waiting.answer.cancelled():
            return
        last = max(1, math.ceil(len(self.rows) / self.most))
        if self.counted and waiting.number > last:
            refusal = UnprocessableError(
                "out of range", status=422, code=None, message="", attempts=1
            )
            waiting.answer.set_exception(refusal)
            return
        start = (waiting.number - 1) * self.most
        items = [Layer(id=row) for row in self.rows[start : start + self.most]]
        count = len(self.rows) if self.counted else None
        waiting.answer.set_result(Page(items=items, per_page=self.most, count=count))


def thorough(server: Server, *, concurrency: int) -> AsyncThorough[Layer]:
    request = Request(verb="GET", path="/api/layers", returns=Rows(Layer, "layers"))
    session: Any = server
    return AsyncPager[Layer](session, request, concurrency=concurrency).thorough()


class ChangingListing(RuleBasedStateMachine):
    """Rows come and go anywhere between any two answers, which come in any order."""

    def __init__(self) -> None:
        super().__init__()
        self.loop = asyncio.new_event_loop()
        self.given: list[str] = []
        self.walking: asyncio.Task[None] | None = None

    @initialize(
        rows=st.integers(0, 14),
        most=st.integers(1, 4),
        concurrency=st.integers(1, 4),
        counted=st.booleans(),
    )
    def begin(self, rows: int, most: int, concurrency: int, counted: bool) -> None:
        ids = [f"r{number}" for number in range(rows)]
        self.server = Server(rows=ids, most=most, counted=counted)
        self.made = rows
        self.steady = set(ids)
        self.walk = thorough(self.server, concurrency=concurrency)
        self.changed_in_round = 1
        self.walking = self.loop.create_task(self.take())
        self.settle()

    async def take(self) -> None:
        async for layer in self.walk:
            self.given.append(layer.id)

    def settle(self) -> None:
        """Let the walk go on until it waits for the server."""

        async def turns() -> None:
            for _ in range(20):
                await asyncio.sleep(0)

        self.loop.run_until_complete(turns())

    def change(self) -> None:
        assert self.walking is not None
        self.changed_in_round = self.walk._course._rounds

    def under_way(self) -> bool:
        return self.walking is not None and not self.walking.done()

    @rule(at=st.integers(0, 20), rows=st.integers(1, 3))
    def insert(self, at: int, rows: int) -> None:
        if not self.under_way():
            return  # a rule must be left when the walk has ended
        at = min(at, len(self.server.rows))
        self.server.rows[at:at] = [f"n{self.made + number}" for number in range(rows)]
        self.made += rows
        self.change()

    @precondition(under_way)
    @rule(at=st.integers(0, 20))
    def delete(self, at: int) -> None:
        assume(self.server.rows)
        self.steady.discard(self.server.rows.pop(min(at, len(self.server.rows) - 1)))
        self.change()

    @precondition(under_way)
    @rule(which=st.integers(0, 5))
    def answer(self, which: int) -> None:
        self.server.answer(self.server.asked[which % len(self.server.asked)])
        self.settle()

    @precondition(under_way)
    @rule(answers=st.integers(2, 8))
    def answer_some(self, answers: int) -> None:
        for _ in range(answers):
            if self.under_way():
                self.answer(0)

    @precondition(lambda self: self.under_way() and "r3" in self.server.rows)
    @rule(answers=st.integers(1, 12), swing=st.booleans())
    def answer_so_that_a_row_stays_hidden(self, answers: int, swing: bool) -> None:
        """Move r3 off each page just before it is read.

        Back by deleting rows in front of it; or to and fro, by rows that were added in front for
        that alone, and that no page has shown.
        """
        for _ in range(answers):
            if self.under_way():
                self.hide(self.server.asked[0].number, swing=swing)
                self.answer(0)

    def hide(self, number: int, *, swing: bool) -> None:
        rows, most = self.server.rows, self.server.most
        at, start = rows.index("r3"), (number - 1) * most
        if not start <= at < start + most:
            return
        front = [row for row in rows[:at] if not swing or row not in self.given]
        if len(front) > at - start:
            for row in front[: at - start + 1]:
                rows.remove(row)
                self.steady.discard(row)
        elif swing:
            rows[:0] = [f"n{self.made + one}" for one in range(start + most - at)]
            self.made += most
        self.change()

    @invariant()
    def no_row_comes_twice(self) -> None:
        assert len(set(self.given)) == len(self.given)

    @invariant()
    def pages_of_a_first_reading_are_asked_for_one_after_another(self) -> None:
        if self.under_way() and self.walk._course.sweep.base is None:
            assert len([one for one in self.server.asked if not one.answer.cancelled()]) <= 1

    def teardown(self) -> None:
        try:
            if self.walking is not None:
                self.end()
        finally:
            self.loop.close()

    def end(self) -> None:
        """Change nothing any more: the walk ends, and what it says of itself is true."""
        assert self.walking is not None
        while not self.walking.done():
            self.answer(0)
        self.walking.result()
        self.no_row_comes_twice()
        walked = self.walk.walked
        assert walked.ended
        assert walked.rows == len(self.given)
        if walked.confirmed:
            assert self.steady <= set(self.given)
        else:
            assert walked.doubts
        if self.changed_in_round < MOST_ROUNDS:
            assert walked.confirmed, "a listing that no longer changes is walked for certain"


def test_whatever_changes_a_confirmed_walk_gave_every_row_that_was_there_all_the_time_once() -> (
    None
):
    run_state_machine_as_test(
        ChangingListing, settings=settings(max_examples=300, stateful_step_count=30)
    )
