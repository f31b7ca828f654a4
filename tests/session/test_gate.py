"""The gate by itself: who goes when, and that nothing is lost. No second really passes."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from contextlib import suppress
from functools import wraps
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.session.idle_clock import IdleClockLoop, in_no_time
from threekit_async import Limits
from threekit_async.session.limits import Gate

Work = Coroutine[Any, Any, None]


def clock() -> float:
    return asyncio.get_running_loop().time()


async def settle() -> None:
    """Let everything happen that can happen now."""
    for _ in range(5):
        await asyncio.sleep(0)


def tell(gate: Gate, status: int | None, *, bulk: bool = False, **said: Any) -> None:
    """Tell the gate of an answer to a request that began now."""
    given: dict[str, Any] = {"kind": "file", "began": clock(), "retry_after": None} | said
    gate.answered(status=status, bulk=bulk, **given)


async def waiting(gate: Gate, log: list[str], name: str, **how: Any) -> None:
    await gate.enter(**how)
    log.append(name)


def start(work: Work) -> asyncio.Task[None]:
    return asyncio.create_task(work)


async def ended(*tasks: asyncio.Task[None]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


def timeless(test: Callable[..., Work]) -> Callable[..., None]:
    """Run a test on the clock that jumps."""

    @wraps(test)
    def run(**given: Any) -> None:
        in_no_time(test(**given))

    return run


@timeless
async def test_who_need_not_wait_waits_exactly_nothing() -> None:
    gate = Gate(Limits(concurrency=2))
    assert await gate.enter(bulk=False) == 0.0
    assert await gate.enter(bulk=True) == 0.0
    gate.leave(bulk=False)
    assert await gate.enter(bulk=True) == 0.0


@timeless
async def test_who_waits_for_a_slot_is_told_how_long() -> None:
    gate = Gate(Limits(concurrency=1))
    await gate.enter()
    asyncio.get_running_loop().call_later(7.5, gate.leave)
    assert await gate.enter() == pytest.approx(7.5)


@timeless
@pytest.mark.parametrize("bulk", [False, True])
async def test_calls_of_a_class_go_in_order_of_arrival(bulk: bool) -> None:
    gate, log = Gate(Limits(concurrency=1)), list[str]()
    await gate.enter(bulk=bulk)
    tasks = [start(waiting(gate, log, str(number), bulk=bulk)) for number in range(10)]
    for _ in range(10):
        await settle()
        gate.leave(bulk=bulk)
    await asyncio.gather(*tasks)
    assert log == [str(number) for number in range(10)]


@timeless
async def test_all_classes_together_stay_below_the_ceiling() -> None:
    gate, log = Gate(Limits(concurrency=3)), list[str]()
    tasks = [start(waiting(gate, log, name, bulk=name == "bulk")) for name in ("bulk", "other") * 5]
    await settle()
    assert len(log) == 3
    assert "3 of 3 in flight, 7 waiting" in repr(gate)
    await ended(*tasks)


@timeless
async def test_another_call_does_not_stand_behind_waiting_bulk_calls() -> None:
    gate, log = Gate(Limits(concurrency=2)), list[str]()
    await gate.enter(bulk=True)
    await gate.enter(bulk=True)
    many = [start(waiting(gate, log, "bulk", bulk=True)) for _ in range(100)]
    await settle()
    other = start(waiting(gate, log, "other"))
    await settle()
    gate.leave(bulk=True)
    await settle()
    assert log == ["other"]
    await ended(other, *many)


@timeless
async def test_bulk_calls_are_not_forgotten_over_the_others() -> None:
    gate, log = Gate(Limits(concurrency=1)), list[str]()
    await gate.enter()
    tasks = [start(waiting(gate, log, "b", bulk=True)) for _ in range(4)]
    tasks += [start(waiting(gate, log, "o")) for _ in range(10)]
    await settle()
    for _ in range(14):
        gate.leave(bulk=bool(log) and log[-1] == "b")
        await settle()
    assert "".join(log) == "oooo" + "b" + "oooo" + "b" + "oo" + "bb"
    await ended(*tasks)


@timeless
@pytest.mark.parametrize(("adaptive", "at_once"), [(True, 4), (False, 8)])
async def test_refusals_leave_fewer_bulk_calls_and_as_many_others(
    adaptive: bool, at_once: int
) -> None:
    gate, log = Gate(Limits(concurrency=8, adaptive=adaptive)), list[str]()
    for _ in range(2):
        tell(gate, 503, bulk=True)
    tasks = [start(waiting(gate, log, "b", bulk=True)) for _ in range(20)]
    await settle()
    assert log == ["b"] * at_once
    tasks += [start(waiting(gate, log, "o")) for _ in range(20)]
    await settle()
    assert log[at_once:] == ["o"] * (8 - at_once)
    assert ("bulk at most 4" in repr(gate)) is adaptive
    await ended(*tasks)


@timeless
@pytest.mark.parametrize("status", [429, 503, None])
async def test_refusals_and_lost_connections_of_bulk_calls_make_them_fewer(
    status: int | None,
) -> None:
    gate = Gate(Limits(concurrency=8))
    for _ in range(9):
        tell(gate, status, bulk=False)
        tell(gate, 500, bulk=True)
        tell(gate, 404, bulk=True)
    assert "bulk at most" not in repr(gate)
    tell(gate, status, bulk=True)
    tell(gate, status, bulk=True)
    assert "bulk at most 4" in repr(gate)


def outage(gate: Gate, kind: str = "file", status: int | None = 503) -> None:
    """Let so many calls fail that it is an outage."""
    for _ in range(8):
        tell(gate, status, bulk=True, kind=kind)


@timeless
@pytest.mark.parametrize("status", [503, 500, None])
async def test_a_dead_server_is_asked_by_one_bulk_call_at_a_time_and_ever_more_rarely(
    status: int | None,
) -> None:
    gate, asked = Gate(Limits()), list[float]()
    began = clock()

    async def worker() -> None:
        while True:
            await gate.enter(bulk=True, kind="file")
            came = clock()
            asked.append(came - began)
            await asyncio.sleep(0.05)
            tell(gate, status, bulk=True, began=came)
            gate.leave(bulk=True)

    tasks = [start(worker()) for _ in range(32)]
    await asyncio.sleep(3600)
    await ended(*tasks)
    rest = [moment for moment in asked if moment > 0.2]
    assert len(asked) - len(rest) <= 32 + 8
    assert rest[:6] == pytest.approx([0.3, 0.85, 1.9, 3.95, 8.0, 16.05])
    assert len(rest) == pytest.approx(3600 / 8.05, abs=6)


@timeless
async def test_the_first_success_opens_the_gate_again() -> None:
    gate, log = Gate(Limits(concurrency=8)), list[str]()
    outage(gate)
    tasks = [start(waiting(gate, log, "b", bulk=True, kind="file")) for _ in range(20)]
    await settle()
    assert (log, alarms()) == ([], 1)
    assert "bulk one at a time" in repr(gate)
    await asyncio.sleep(0.25)
    await settle()
    assert (log, alarms()) == (["b"], 0)
    tell(gate, 200, bulk=True)
    await settle()
    assert len(log) == 4, "as many as were borne when it began"
    assert "bulk one at a time" not in repr(gate)
    await ended(*tasks)


@timeless
@pytest.mark.parametrize("status", [200, 404, 401, 403])
@pytest.mark.parametrize("bulk", [False, True])
@pytest.mark.parametrize("abroad", [False, True])
async def test_whatever_shows_that_the_server_lives_ends_an_outage(
    status: int, bulk: bool, abroad: bool
) -> None:
    gate, log = Gate(Limits()), list[str]()
    outage(gate)
    task = start(waiting(gate, log, "b", bulk=True, kind="file"))
    await settle()
    tell(gate, 429, bulk=bulk)
    tell(gate, status, bulk=False, kind="page")
    await settle()
    assert log == []
    tell(gate, status, bulk=bulk, abroad=abroad)
    await asyncio.sleep(0.25)  # the pause of the 429
    assert log == ["b"]
    await task


@timeless
async def test_other_calls_and_other_kinds_pass_what_an_outage_holds() -> None:
    gate, log = Gate(Limits()), list[str]()
    outage(gate)
    held = [start(waiting(gate, log, "held", bulk=True, kind="file")) for _ in range(3)]
    await settle()
    assert await gate.enter() == 0.0
    assert await gate.enter(kind="file") == 0.0
    assert await gate.enter(bulk=True, kind="page") == 0.0
    assert log == []
    await ended(*held)
    assert alarms() == 0


@timeless
async def test_failures_of_single_calls_hold_nobody() -> None:
    gate = Gate(Limits())
    for _ in range(50):
        tell(gate, 503, kind="file")
    assert await gate.enter(bulk=True, kind="file") == 0.0


@timeless
async def test_what_does_not_adapt_holds_nobody_in_an_outage() -> None:
    gate = Gate(Limits(adaptive=False))
    outage(gate)
    assert await gate.enter(bulk=True, kind="file") == 0.0


@timeless
@pytest.mark.parametrize("waits", [0.1, 0.25, 0.3])
async def test_who_is_cancelled_in_an_outage_makes_room_for_the_next(waits: float) -> None:
    gate, log = Gate(Limits()), list[str]()
    outage(gate)

    async def call(name: str) -> None:
        await gate.enter(bulk=True, kind="file")
        began = clock()
        try:
            log.append(name)
            await asyncio.sleep(1000.0 if name == "first" else 0.0)
        finally:
            gate.unheard(kind="file", bulk=True, began=began)
            gate.leave(bulk=True)

    first, second = start(call("first")), start(call("second"))
    await settle()
    await asyncio.sleep(waits)
    first.cancel()
    began = clock()
    await second
    assert clock() - began <= 0.25
    assert "0 of 32 in flight" in repr(gate)


@timeless
async def test_a_cancelled_call_in_the_middle_of_the_line_is_never_let_in() -> None:
    gate, log = Gate(Limits()), list[str]()
    outage(gate, "page")
    outage(gate)
    names = ("page", "file", "file")
    tasks = [start(waiting(gate, log, kind, bulk=True, kind=kind)) for kind in names]
    await settle()
    tasks[1].cancel()
    tell(gate, 200, kind="file")
    await settle()
    assert log == ["file"]
    assert gate._bulk_taken == 1
    await ended(*tasks)


@timeless
async def test_failures_of_an_outage_do_not_make_the_limit_smaller() -> None:
    gate = Gate(Limits(concurrency=32))
    outage(gate)
    limit = gate._capacity.limit
    assert limit < 32
    for _ in range(10):
        await gate.enter(bulk=True, kind="file")
        tell(gate, 503, bulk=True)
        gate.leave(bulk=True)
    assert gate._capacity.limit == limit
    tell(gate, 200, bulk=True)
    assert gate._capacity.limit == 16


@timeless
async def test_a_closed_gate_holds_nobody() -> None:
    gate, log = Gate(Limits(rate=1)), list[str]()
    outage(gate)
    tell(gate, 429, retry_after=100.0)
    tasks = [start(waiting(gate, log, "b", bulk=True, kind="file")) for _ in range(3)]
    tasks += [start(waiting(gate, log, "o")) for _ in range(3)]
    await settle()
    gate.close()
    await settle()
    assert sorted(log) == ["b"] * 3 + ["o"] * 3
    assert await gate.enter(bulk=True, kind="file") == 0.0


@timeless
async def test_when_the_server_bears_more_those_who_wait_go_on() -> None:
    gate, log = Gate(Limits(concurrency=8)), list[str]()
    for _ in range(2):
        tell(gate, 503, bulk=True)
    tasks = [start(waiting(gate, log, "b", bulk=True)) for _ in range(20)]
    await settle()
    assert len(log) == 4
    for _ in range(4):
        tell(gate, 200, bulk=True)
    await settle()
    assert len(log) == 5
    await ended(*tasks)


@timeless
async def test_how_long_an_error_takes_is_no_measure_for_answers() -> None:
    gate = Gate(Limits(concurrency=8))
    for _ in range(8):
        await gate.enter(bulk=True)
    for status, seconds in [*[(404, 0.01)] * 64, *[(200, 5.0)] * 56]:
        tell(gate, status, bulk=True, began=clock() - seconds)
    assert repr(gate) == "<Gate 8 of 8 in flight>"


@timeless
@pytest.mark.parametrize("bulk", [False, True])
@pytest.mark.parametrize("limits", [Limits(), Limits(rate=1000), Limits(adaptive=False)])
async def test_after_a_429_everybody_pauses_until_the_servers_time(
    bulk: bool, limits: Limits
) -> None:
    gate = Gate(limits)
    await gate.enter()
    tell(gate, 429, retry_after=30.0)
    assert "paused for 30.0 s" in repr(gate)
    assert await gate.enter(bulk=bulk) == pytest.approx(30.0, abs=0.01)
    assert await gate.enter() == pytest.approx(0.0, abs=0.01)
    assert "paused" not in repr(gate)


@timeless
async def test_a_pause_that_begins_holds_for_those_who_wait_for_a_slot() -> None:
    gate = Gate(Limits(concurrency=1))
    await gate.enter()
    waits = start(waiting(gate, [], "late"))
    await asyncio.sleep(3)
    tell(gate, 429, retry_after=20.0)
    gate.leave()
    began = clock()
    await waits
    assert clock() - began == pytest.approx(20.0)


@timeless
async def test_a_pause_that_grows_holds_for_those_who_wait_for_its_end() -> None:
    gate = Gate(Limits())
    tell(gate, 429, retry_after=10.0)
    began = clock()
    asyncio.get_running_loop().call_later(9.0, tell, gate, 429)
    asyncio.get_running_loop().call_later(9.5, lambda: tell(gate, 429, retry_after=40.0))
    await gate.enter()
    assert clock() - began == pytest.approx(49.5)


@timeless
async def test_a_server_that_names_no_time_is_left_alone_for_a_moment() -> None:
    gate = Gate(Limits())
    tell(gate, 429)
    assert await gate.enter() == pytest.approx(0.25)


@timeless
async def test_an_answer_ends_a_row_of_refusals() -> None:
    gate = Gate(Limits())
    for pause, status in [(0.25, 200), (0.25, 404), (0.25, None), (0.5, None), (1.0, 500)]:
        tell(gate, 429)
        assert await gate.enter() == pytest.approx(pause)
        tell(gate, status)


@timeless
@pytest.mark.parametrize("bulk", [False, True])
async def test_nobody_slips_in_before_those_who_wait(bulk: bool) -> None:
    gate, log = Gate(Limits(rate=1)), list[str]()
    await gate.enter()
    tasks = [start(waiting(gate, log, "early")), start(waiting(gate, log, "early"))]
    await settle()
    loop = asyncio.get_running_loop()
    assert isinstance(loop, IdleClockLoop)
    loop.oversleep(1.0)
    tasks.append(start(waiting(gate, log, "late", bulk=bulk)))
    await asyncio.gather(*tasks)
    assert log == ["early", "early", "late"]


@timeless
async def test_a_rate_spreads_the_calls_over_time() -> None:
    gate, begun = Gate(Limits(rate=10, burst=2)), list[float]()
    began = clock()

    async def call() -> None:
        await gate.enter()
        begun.append(clock() - began)
        gate.leave()

    await asyncio.gather(*(call() for _ in range(12)))
    assert begun == pytest.approx([0, 0, *(number / 10 for number in range(1, 11))], abs=0.01)


@timeless
async def test_who_waits_for_the_rate_holds_no_slot() -> None:
    gate, log = Gate(Limits(concurrency=1, rate=0.1)), list[str]()
    await gate.enter()
    gate.leave()
    task = start(waiting(gate, log, "late"))
    await settle()
    assert repr(gate) == "<Gate 0 of 1 in flight, 1 waiting, 0.1 of 0.1 a second>"
    await task
    assert log == ["late"]


@timeless
async def test_who_waits_for_a_slot_uses_up_no_rate() -> None:
    gate, log = Gate(Limits(concurrency=1, rate=1)), list[str]()
    await gate.enter()
    late = start(waiting(gate, log, "late"))
    await asyncio.sleep(10)
    late.cancel()
    await settle()
    gate.leave()
    assert await gate.enter() == 0.0
    gate.leave()


@timeless
async def test_who_is_cancelled_with_a_slot_in_hand_passes_it_on() -> None:
    gate, log = Gate(Limits(concurrency=1, rate=1, burst=2)), list[str]()
    await gate.enter()
    first, second = (start(waiting(gate, log, name)) for name in ("first", "second"))
    await settle()
    gate.leave()  # hands the slot to the first, which does not know it yet
    first.cancel()
    began = clock()
    await second
    assert (log, clock() - began) == (["second"], 0.0)
    gate.leave()
    assert "0 of 1 in flight" in repr(gate)


@timeless
@pytest.mark.parametrize("steps", range(12))
@pytest.mark.parametrize("limits", [Limits(concurrency=1), Limits(concurrency=1, rate=5)])
async def test_a_call_cancelled_at_any_step_leaves_nothing_behind(
    limits: Limits, steps: int
) -> None:
    gate, log = Gate(limits), list[str]()
    await gate.enter()

    async def call(name: str) -> None:
        await gate.enter()
        try:
            log.append(name)
            await asyncio.sleep(0.01)
        finally:
            gate.leave()

    cancelled, last = start(call("cancelled")), start(call("last"))
    for step in range(steps):
        if step == 3:
            gate.leave()
        await asyncio.sleep(0.0 if step < 8 else 0.1)
    cancelled.cancel()
    if steps <= 3:
        gate.leave()
    await last
    with suppress(asyncio.CancelledError):
        await cancelled
    assert log[-1] == "last"
    assert repr(gate).startswith("<Gate 0 of 1 in flight")
    assert "waiting" not in repr(gate)


@timeless
async def test_nothing_is_left_in_the_loop_when_everybody_went_away() -> None:
    gate = Gate(Limits())
    tell(gate, 429, retry_after=100.0)
    tasks = [start(waiting(gate, [], "late")) for _ in range(20)]
    await settle()
    assert alarms() == 1
    await ended(*tasks)
    assert alarms() == 0
    assert gate._timer is None


def alarms() -> int:
    """Count what the loop is to do later."""
    scheduled = asyncio.get_running_loop()._scheduled  # type: ignore[attr-defined]
    return sum(not alarm.cancelled() for alarm in scheduled)


def test_a_gate_made_outside_a_loop_serves_one_after_another() -> None:
    gate = Gate(Limits(concurrency=1, rate=5))

    async def use() -> None:
        await asyncio.gather(*(self_serving(gate) for _ in range(12)))

    for _ in range(2):
        in_no_time(use())
    assert repr(gate).startswith("<Gate 0 of 1 in flight,")


async def self_serving(gate: Gate) -> None:
    await gate.enter()
    await asyncio.sleep(0)
    gate.leave()


def test_who_waited_in_a_loop_that_is_gone_holds_nobody_up() -> None:
    gate = Gate(Limits(concurrency=1))
    gone = IdleClockLoop()
    gone.run_until_complete(gate.enter())
    abandoned = gone.create_task(waiting(gate, [], "never"))
    gone.run_until_complete(asyncio.sleep(0))
    gone.close()
    gate.leave()
    assert asyncio.run(gate.enter()) == 0.0
    abandoned._log_destroy_pending = False  # type: ignore[attr-defined]


class Crowd:
    """Calls that come, go and are cancelled as a script says, and what must hold meanwhile."""

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        self.gate = Gate(limits)
        self.tasks: list[asyncio.Task[None]] = []
        self.inside: list[tuple[asyncio.Event, bool]] = []
        self.paused = 0.0

    async def call(self, bulk: bool) -> None:
        await self.gate.enter(bulk=bulk)
        out = asyncio.Event()
        self.inside.append((out, bulk))
        try:
            assert clock() >= self.paused - 1e-9
            await out.wait()
        finally:
            self.inside.remove((out, bulk))
            self.gate.leave(bulk=bulk)

    async def play(self, step: str, number: int) -> None:
        if step in ("other", "bulk"):
            self.tasks.append(start(self.call(step == "bulk")))
        elif step == "go" and self.inside:
            self.inside[number % len(self.inside)][0].set()
        elif step == "cancel" and self.tasks:
            self.tasks[number % len(self.tasks)].cancel()
        elif step == "refuse":
            await settle()
            tell(self.gate, 429, bulk=bool(number % 2), retry_after=float(number % 4))
            self.paused = max(self.paused, clock() + number % 4)
        elif step == "wait":
            await asyncio.sleep(number / 7)
        elif step == "tick":
            await asyncio.sleep(0)

    async def see(self) -> None:
        """Everything that can happen has happened: nobody waits for a slot that is free."""
        await settle()
        gate = self.gate
        assert gate._taken == len(self.inside) <= self.limits.concurrency
        assert gate._bulk_taken == sum(bulk for _, bulk in self.inside)
        waits = len(gate._others) + len(gate._bulk)
        assert waits + len(self.inside) == sum(not task.done() for task in self.tasks)
        if gate._others and len(self.inside) < self.limits.concurrency:
            assert gate._timer is not None
            assert not gate._timer.cancelled()

    async def end(self) -> None:
        for _ in range(5000):
            for out, _bulk in self.inside:
                out.set()
            if all(task.done() for task in self.tasks):
                break
            await asyncio.sleep(0.1)
        for task in self.tasks:
            if not task.cancelled():
                task.result()
        assert repr(self.gate).startswith(f"<Gate 0 of {self.limits.concurrency} in flight")
        assert "waiting" not in repr(self.gate)


STEPS = ["other", "other", "bulk", "bulk", "bulk", "go", "go", "cancel", "refuse", "wait", "tick"]


@given(
    concurrency=st.integers(1, 4),
    rate=st.none() | st.floats(0.5, 50),
    script=st.lists(
        st.tuples(st.sampled_from(STEPS), st.integers(0, 12), st.booleans()), max_size=60
    ),
)
def test_no_script_of_calls_cancellations_and_refusals_loses_a_slot(
    concurrency: int, rate: float | None, script: list[tuple[str, int, bool]]
) -> None:
    async def played() -> None:
        crowd = Crowd(Limits(concurrency=concurrency, rate=rate))
        for step, number, see in script:
            await crowd.play(step, number)
            if see:
                await crowd.see()
        await crowd.end()

    in_no_time(played())
