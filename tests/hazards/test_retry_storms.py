"""A server in trouble is not asked again and again."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.conftest import Connect
from threekit_async import Limits, Retry, ServerError
from threekit_async.emulator import EmulatorThread

LAYER = "5b0f3f8e-1f0a-4d56-8d2e-3a1f6c7d8e02"
CALLS = 200
PATIENT = Retry(attempts=10, base=0.001, cap=0.01)


@pytest.fixture(autouse=True)
async def many_threads() -> AsyncIterator[None]:
    """Let as many synchronous calls run at once as a test begins, each on a thread of its own."""
    with ThreadPoolExecutor(CALLS) as threads:
        asyncio.get_running_loop().set_default_executor(threads)
        yield


async def test_as_many_threads_call_at_once_as_there_are_calls() -> None:
    together = threading.Barrier(CALLS, timeout=20)
    places = await asyncio.gather(*(asyncio.to_thread(together.wait) for _ in range(CALLS)))
    assert sorted(places) == list(range(CALLS))


async def failed_calls(tk: object) -> list[BaseException]:
    calls = (tk.layers.get(LAYER) for _ in range(CALLS))  # type: ignore[attr-defined]
    ended = await asyncio.gather(*calls, return_exceptions=True)
    return [one for one in ended if isinstance(one, BaseException)]


@pytest.mark.parametrize("budget", [0, 20, 100])
async def test_a_dead_server_sees_each_call_once_and_the_budget_once(
    connect: Connect, server: EmulatorThread, budget: int
) -> None:
    server.faults.add(effect="status", status=503)
    tk = connect(server, retry=PATIENT, limits=Limits(retry_budget=budget))
    errors = await failed_calls(tk)
    assert [type(error) for error in errors] == [ServerError] * CALLS
    assert len(server.journal()) == tk.stats.requests == CALLS + budget


async def test_connections_that_are_cut_spend_the_same_budget(
    connect: Connect, server: EmulatorThread
) -> None:
    server.faults.add(effect="reset_before")
    tk = connect(server, retry=PATIENT, limits=Limits(retry_budget=30))
    assert len(await failed_calls(tk)) == CALLS
    assert tk.stats.requests == CALLS + 30


async def test_clients_derived_from_one_share_its_budget(
    connect: Connect, server: EmulatorThread
) -> None:
    server.faults.add(effect="status", status=503)
    tk = connect(server, retry=PATIENT, limits=Limits(retry_budget=30))
    await failed_calls(tk)
    derived = tk.with_options(retry=Retry(attempts=10, base=0, cap=0))
    with pytest.raises(ServerError):
        await derived.layers.get(LAYER)
    assert tk.stats.requests == CALLS + 30 + 1


async def test_the_error_says_that_the_budget_is_spent(
    connect: Connect, server: EmulatorThread
) -> None:
    server.faults.add(effect="status", status=503)
    tk = connect(server, retry=PATIENT, limits=Limits(retry_budget=0))
    with pytest.raises(ServerError, match="retry budget") as failed:
        await tk.layers.get(LAYER)
    assert failed.value.attempts == 1


async def test_successes_pay_the_budget_back(connect: Connect, server: EmulatorThread) -> None:
    tk = connect(server, retry=PATIENT, limits=Limits(retry_budget=1))
    server.faults.add(effect="status", status=503, times=3)
    with pytest.raises(ServerError):
        await tk.layers.list().first()
    server.faults.clear()
    for _ in range(5):  # a fifth of a repetition each
        await tk.layers.list().first()
    server.faults.add(effect="status", status=503, times=1)
    await tk.layers.list().first()
    assert tk.stats.retries == 2
